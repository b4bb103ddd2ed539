"""mail-send into Dovecot over LMTP, by Unix socket and by TCP."""

from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.messages import TEXTS
from send_checks import headers_added


class DovecotLmtp(Case):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot().start()
        cls.addClassCleanup(cls.dovecot.stop)

    def check(self, *server):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.dovecot.messages("alice")
                receipt, = self.run_receipts("mail-send", "--server", *server, "-f", "carol@example.net",
                                             "alice@example.org", stdin=octets)
                self.assertEqual(len(receipt["recipients"]), 1)
                after = self.dovecot.messages("alice")
                self.assertEqual(len(after), len(before) + 1)
                added = [stored for stored in after if stored not in before][0]
                self.assertIsNotNone(headers_added(added, octets), added)
                self.assertIn(b"Return-Path: <carol@example.net>\n", added)

    def test_unix_socket(self):
        self.check(f"lmtp:{self.dovecot.lmtp_socket}")

    def test_tcp(self):
        self.check(f"lmtp://127.0.0.1:{self.dovecot.lmtp}", "--tls", "none")

    def test_crlf_input_is_the_same_message(self):
        octets = TEXTS["dots"]
        self.run_receipts("mail-send", "--server", f"lmtp:{self.dovecot.lmtp_socket}", "-f", "carol@example.net",
                          "bob@example.org", stdin=octets.replace(b"\n", b"\r\n"))
        self.assertTrue(any(stored.endswith(octets) for stored in self.dovecot.messages("bob")))

    def test_a_reply_for_each_recipient(self):
        outcome = self.run_error(67, r"nobody@example\.org", r"5\.1\.1", receipts=True, argv=[
            "mail-send", "--server", f"lmtp:{self.dovecot.lmtp_socket}", "-f", "carol@example.net",
            "alice@example.org", "nobody@example.org"], stdin=TEXTS["plain"])
        receipt, = outcome.receipts
        by_name = {entry["recipient"]: entry for entry in receipt["recipients"]}
        self.assertEqual(set(by_name), {"alice@example.org", "nobody@example.org"})
        self.assertEqual(by_name["alice@example.org"]["code"], 250)
        self.assertEqual((by_name["nobody@example.org"]["code"], by_name["nobody@example.org"]["enhanced"]),
                         (550, "5.1.1"))
        self.assertTrue(any(stored.endswith(TEXTS["plain"]) for stored in self.dovecot.messages("alice")))


if __name__ == "__main__":
    main()
