"""mail-send --server mx: with real mail hosts, Postfix and mail-serve, one of them dead."""

from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS
from peers.nameserver import NameServer
from peers.postfix import Postfix

from send_checks import headers_added

_ZONES = {"test": "mx1 IN A 127.0.0.1\nmx2 IN A 127.0.0.2\n",
          "example.org": "@ IN MX 10 mx2.test.\n@ IN MX 20 mx1.test.\n"}


class Peers(Case):
    """mx2.test, the better one, is dead."""

    @classmethod
    def setUpClass(cls):
        cls.names = NameServer(_ZONES).start()
        cls.addClassCleanup(cls.names.stop)

    def send(self, port, octets, *recipients):
        receipt, = self.run_receipts("mail-send", "--server", "mx:", "--mx-port", port, "--dns-server",
                                     self.names.address, "--helo", "sender.example.net", "-f", "carol@example.net",
                                     *recipients, stdin=octets)
        self.assertEqual({entry["server"] for entry in receipt["recipients"]}, {"mx1.test"})
        self.assertRegex(receipt["tls"], "^TLSv1")

    def test_postfix(self):
        with Postfix(certificate=self.certificates().wrong_name) as postfix:
            for octets in TEXTS.values():
                self.send(postfix.port, octets, "alice@example.org", "bob@example.org")
            for user in ("alice", "bob"):
                stored = postfix.wait_messages(user, len(TEXTS))
                for octets in TEXTS.values():
                    self.assertTrue(any(headers_added(one, octets) for one in stored), octets)

    def test_mail_serve(self):
        with MailServe(listen=("smtp://127.0.0.1:0",), certificate=self.certificates().expired) as server:
            port = server.urls["smtp"].rpartition(":")[2]
            self.send(port, TEXTS["umlauts"], "alice@example.org")
            event = server.wait_event(lambda event: event["event"] == "delivery", "a delivery")
            self.assertEqual(event["tls"][:4], "TLSv", event)


if __name__ == "__main__":
    main()
