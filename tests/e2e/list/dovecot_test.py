"""mail-list of Dovecot's mailboxes over IMAP and POP3, searched by the server."""

from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.messages import crlf, message


class DovecotList(Case):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.messages = [message("lunch", "the usual place\n", sender="Bob <bob@example.net>"),
                        message("Grüße aus Köln", "schön\n", sender="Carol <carol@example.net>"),
                        message("report", "x" * 900 + "\n", sender="Bob <bob@example.net>")]
        for number, octets in enumerate(cls.messages):
            cls.dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.x", seen=number == 0)

    def list(self, scheme, *options):
        return self.run_receipts("mail-list", f"{scheme}://alice@localhost:{getattr(self.dovecot, scheme)}", "--json",
                                 "--tls-ca", self.certificates().ca, *self.password(), *options)

    def test_imap(self):
        for scheme in ("imap", "imaps"):
            records = self.list(scheme)
            self.assertEqual([record["subject"] for record in records], ["lunch", "Grüße aus Köln", "report"])
            self.assertEqual([record["size"] for record in records], [len(crlf(octets)) for octets in self.messages])
            self.assertEqual([record["uid"] for record in records], [1, 2, 3])
            self.assertEqual({record["mailbox"] for record in records}, {"INBOX"})
            self.assertEqual([record["keywords"] for record in records], [{"$seen": True}, {}, {}])
            self.assertTrue(records[0]["ref"].startswith(f"{scheme}://alice@localhost:"), records[0]["ref"])

    def test_pop3(self):
        for scheme in ("pop3", "pop3s"):
            records = self.list(scheme)
            self.assertEqual([record["subject"] for record in records], ["lunch", "Grüße aus Köln", "report"])
            self.assertEqual([record["size"] for record in records], [len(crlf(octets)) for octets in self.messages])
            self.assertEqual(len({record["uidl"] for record in records}), 3)

    def test_search(self):
        for scheme in ("imap", "pop3"):
            for keys, subjects in (("FROM bob", ["lunch", "report"]), ("FROM bob LARGER 900", ["report"]),
                                   ('SUBJECT "Köln"', ["Grüße aus Köln"]), ("TEXT usual", ["lunch"]),
                                   ("NOT FROM bob", ["Grüße aus Köln"]), ("SINCE 1-Jan-2040", [])):
                with self.subTest(scheme=scheme, keys=keys):
                    self.assertEqual([record["subject"] for record in self.list(scheme, "--search", keys)], subjects)
        self.assertEqual([record["subject"] for record in self.list("imap", "--search", "SEEN")], ["lunch"])
        self.assertEqual(self.list("imap", "--search", "OLDER 3600"), [])
        self.assertEqual(len(self.list("imap", "--search", "YOUNGER 3600")), 3)

    def test_show_by_ref(self):
        for scheme in ("imaps", "pop3s"):
            record = self.list(scheme)[1]
            shown = self.run_ok("mail-show", record["ref"], "--text", "--tls-ca", self.certificates().ca,
                                *self.password()).stdout.decode()
            self.assertIn("Grüße aus Köln", shown)
            self.assertIn("schön", shown)

    def test_nothing_becomes_seen(self):
        self.list("imap", "--search", "TEXT usual")
        self.assertEqual(len(self.list("imap", "--search", "UNSEEN")), 2)


if __name__ == "__main__":
    main()
