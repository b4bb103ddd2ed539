"""mail-send into Postfix: STARTTLS, -t, pipelining, refusals."""

from peers.case import Case, main
from peers.messages import TEXTS, message
from peers.postfix import Postfix
from send_checks import headers_added


class PostfixSubmission(Case):
    @classmethod
    def setUpClass(cls):
        cls.postfix = Postfix(certificate=Case.certificates().good, tls_needed=True).start()
        cls.addClassCleanup(cls.postfix.stop)

    def command(self, *rest):
        return ["mail-send", "--server", f"smtp://localhost:{self.postfix.port}", "--tls-ca", self.certificates().ca,
                *rest]

    def new_messages(self, user, before, count=1):
        self.postfix.wait_messages(user, len(before) + count)
        return [stored for stored in self.postfix.messages(user) if stored not in before]

    def test_octets(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.postfix.messages("alice")
                receipt, = self.run_receipts(*self.command("-f", "carol@example.net", "alice@example.org"),
                                             stdin=octets)
                self.assertEqual(receipt["recipients"][0]["code"], 250)
                stored, = self.new_messages("alice", before)
                self.assertIsNotNone(headers_added(stored, octets), stored)
                self.assertRegex(stored, rb"\(Postfix\) with (UTF8SMTPS|ESMTPS) id ")

    def test_recipients_from_the_header(self):
        before = {user: self.postfix.messages(user) for user in ("alice", "bob")}
        octets = (b"Date: Mon, 2 Nov 2026 10:00:00 +0100\nFrom: carol@example.net\nTo: Alice <alice@example.org>\n"
                  b"Bcc: bob@example.org,\n  Bob Again <bob@example.org>\nSubject: both\n"
                  b"Message-ID: <t@example.net>\n\nhello\n")
        expected = octets.replace(b"Bcc: bob@example.org,\n  Bob Again <bob@example.org>\n", b"")
        receipt, = self.run_receipts(*self.command("-f", "carol@example.net", "-t"), stdin=octets)
        self.assertEqual(sorted(entry["recipient"] for entry in receipt["recipients"]),
                         ["alice@example.org", "bob@example.org"])
        for user in ("alice", "bob"):
            stored, = self.new_messages(user, before[user])
            self.assertIsNotNone(headers_added(stored, expected), stored)
            self.assertNotIn(b"Bcc", stored)

    def test_null_sender(self):
        before = self.postfix.messages("alice")
        octets = message("null sender", "hello\n")
        self.run_receipts(*self.command("-f", "<>", "alice@example.org"), stdin=octets)
        stored, = self.new_messages("alice", before)
        self.assertTrue(stored.startswith(b"Return-Path: <>\n"), stored)

    def test_one_of_two_recipients_is_unknown(self):
        before = self.postfix.messages("alice")
        octets = message("partly", "hello\n")
        outcome = self.run_error(67, r"nobody@example\.org", r"5\.1\.1", receipts=True, stdin=octets,
                                 argv=self.command("-f", "carol@example.net", "nobody@example.org",
                                                   "alice@example.org"))
        codes = {entry["recipient"]: entry["code"] for entry in outcome.receipts[0]["recipients"]}
        self.assertEqual(codes, {"nobody@example.org": 550, "alice@example.org": 250})
        stored, = self.new_messages("alice", before)
        self.assertIsNotNone(headers_added(stored, octets), stored)

    def test_only_recipient_is_unknown(self):
        self.run_error(67, r"nobody@example\.org", receipts=True, stdin=TEXTS["plain"],
                       argv=self.command("-f", "carol@example.net", "nobody@example.org"))

    def test_several_messages_in_one_run(self):
        before = self.postfix.messages("bob")
        first, second = message("first", "1\n", recipient="bob@example.org"), message("second", "From 2\n")
        box = b"From a@b Mon Nov  2 10:00:00 2026\n" + first + b"\nFrom a@b Mon Nov  2 10:00:00 2026\n" + \
            second.replace(b"\nFrom 2", b"\n>From 2") + b"\n"
        receipts = self.run_receipts(*self.command("-f", "carol@example.net", "bob@example.org"), stdin=box)
        self.assertEqual(len(receipts), 2)
        stored = self.new_messages("bob", before, 2)
        for octets in (first, second):
            self.assertTrue(any(found.endswith(octets) for found in stored), stored)


if __name__ == "__main__":
    main()
