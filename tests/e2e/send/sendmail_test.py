"""mail-send as sendmail: its options, aliases, what is added and what is taken away, and what is refused."""

import os
import re

from peers.case import main

from sendmail_case import SendmailCase

_TEXT = b"To: bob@example.org\nSubject: hello\n\nHello\n"


class Sendmail(SendmailCase):
    def test_missing_fields_are_added(self):
        self.program(self.sendmail, "-i", "bob@example.org", stdin=_TEXT)
        message = self.one("bob")
        self.assertRegex(message, rb"Message-ID: <[0-9a-f]{32}@example\.org>\n")
        self.assertRegex(message, rb"\nDate: [A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\n")
        self.assertRegex(message, rb"\nFrom: .*<?%s@example\.org>?\n" % self.me().encode())
        self.assertTrue(message.startswith(b"Return-Path: <%s@example.org>\n" % self.me().encode()), message)

    def test_names(self):
        self.program(self.sendmail, "-F", "Grün", "-f", "carol@example.net", "bob", stdin=_TEXT)
        message = self.one("bob")
        self.assertRegex(message, rb"\nFrom: =\?utf-8\?.*\?= <carol@example\.net>\n")
        self.assertTrue(message.startswith(b"Return-Path: <carol@example.net>\n"), message)

    def test_null_reverse_path(self):
        for empty in ("", "<>"):
            self.program(self.sendmail, "-f", empty, "bob", stdin=_TEXT)
        self.assertEqual([message.split(b"\n")[0] for message in self.received("bob")], [b"Return-Path: <>"] * 2)

    def test_a_text_without_header(self):
        self.program(self.sendmail, "bob", stdin=b"just text\n")
        self.assertTrue(self.one("bob").endswith(b"\n\njust text\n"))
        self.program(self.sendmail, "alice", stdin=b"")
        self.assertTrue(self.one("alice").endswith(b"\n\n"))

    def test_bcc_is_seen_by_nobody(self):
        text = b"To: bob@example.org\nBcc: alice@example.org,\n Alice <alice@example.org>\nSubject: hello\n\nHello\n"
        self.program(self.sendmail, "-t", stdin=text)
        self.program(self.sendmail, "bob", "alice", stdin=text)
        self.program(self.sendmail, "-bs", stdin=b"EHLO x\r\nMAIL FROM:<a@x.example>\r\n"
                     b"RCPT TO:<bob@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n" +
                     text.replace(b"\n", b"\r\n") + b".\r\nQUIT\r\n")
        for user in ("alice", "bob"):
            messages = self.received(user)
            self.assertEqual(len(messages), 3)
            for message in messages:
                self.assertNotIn(b"Bcc", message)
                self.assertNotIn(b"Alice", message)

    def test_recipients_of_header_and_command_line(self):
        self.program(self.sendmail, "-t", "alice", stdin=b"To: Bob <bob>\n\nx\n")
        self.assertIn(b"To: Bob <bob>\n", self.one("alice"))
        self.one("bob")
        self.program(self.sendmail, "Alice <alice@example.org>, bob", stdin=b"\nx\n")
        self.assertEqual((len(self.received("alice")), len(self.received("bob"))), (2, 2))

    def test_aliases(self):
        self.program(self.sendmail, "postmaster", stdin=_TEXT)
        self.program(self.sendmail, "-t", stdin=b"To: team\nCc: bob\n\nx\n")
        self.assertEqual((len(self.received("alice")), len(self.received("bob"))), (2, 2))
        self.write("aliases", b"pipe: |cat\nlost:\n")
        for name, says in (("pipe", b"command"), ("lost", b"nobody")):
            self.assertIn(says, self.program(self.sendmail, name, stdin=_TEXT, status=78).stderr)

    def test_a_dot_ends_the_message(self):
        self.program(self.sendmail, "bob", stdin=b"\none\n.\ntwo\n")
        self.assertTrue(self.one("bob").endswith(b"\n\none\n"))
        for option in ("-i", "-oi", "-ti"):
            self.program(self.sendmail, option, "alice", stdin=b"\none\n.\ntwo\n")
        self.assertTrue(all(message.endswith(b"\n\none\n.\ntwo\n") for message in self.received("alice")))

    def test_line_ends_are_mended(self):
        self.program(self.sendmail, "bob", stdin=b"Subject: x\r\n\r\ncrlf\r\nlf\nbare\rcr\n")
        self.assertTrue(self.one("bob").endswith(b"Subject: x\n\ncrlf\nlf\nbare\ncr\n"), self.received("bob"))

    def test_injection(self):
        """CR, LF and NUL, and options in the place of addresses."""
        for argv in (["-f", "a@b.example\nRCPT TO:<alice@example.org>", "bob"],
                     ["-f", "a@b.example\r\nDATA", "bob"],
                     ["-F", "x\nBcc: alice@example.org", "bob"],
                     ["bob@example.org\nalice"],
                     ["bob", "-oQ/tmp"],
                     ["bob", "-X/tmp/log"],
                     ["-f", "-oQ", "bob"]):
            with self.subTest(argv):
                done = self.program(self.sendmail, *argv, stdin=_TEXT, status=65 if argv[0] == "-F" else 64)
                self.assertEqual(len(done.stderr.splitlines()), 1, done)
        self.assertEqual(self.received("alice") + self.received("bob"), [])
        self.program(self.sendmail, "--", "-bob@example.org", stdin=_TEXT, status=67)

    def test_wrong_options(self):
        for argv, says in ((["-Z"], b"unknown option -Z"), (["-bd"], b"mail-serve"), (["-f"], b"missing"),
                           ([], b"no recipient")):
            self.assertIn(says, self.program(self.sendmail, *argv, stdin=_TEXT, status=64).stderr)

    def test_queue(self):
        """Without a server, or with queue = true, mail waits."""
        self.configure(send="")
        self.program(self.sendmail, "bob", stdin=_TEXT)
        url = self.server.urls["smtp"]
        self.configure(send=f'server = "{url}"\nqueue = true\n')
        self.program(self.sendmail, "team", stdin=_TEXT)
        self.program(self.sendmail, "-bs", stdin=b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<bob@example.org>\r\n"
                     b"DATA\r\nSubject: queued\r\n\r\nx\r\n.\r\nQUIT\r\n")
        self.assertEqual(self.received("bob"), [])
        listed = self.program(self.path("bin", "mailq")).stdout
        self.assertEqual(listed.count(b"bob@example.org"), 3, listed)
        self.program(self.sendmail, "-q")
        self.assertEqual((len(self.received("bob")), len(self.received("alice"))), (3, 1))
        self.assertEqual(self.program(self.sendmail, "-bp").stdout.count(b"bob@example.org"), 0)

    def test_an_account(self):
        self.configure(send='account = "work"\n', rest='[account.work]\nserver = "smtp://%s"\nfrom = "w@example.net"\n'
                       % self.server.urls["smtp"].removeprefix("smtp://"))
        self.program(self.sendmail, "bob", stdin=_TEXT)
        self.assertIn(b"Return-Path: <w@example.net>\n", self.one("bob"))

    def test_refused_recipient(self):
        done = self.program(self.sendmail, "nobody@example.org", stdin=_TEXT, status=67)
        self.assertIn(b"nobody@example.org", done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_smtp_on_stdin(self):
        done = self.program(self.sendmail, "-bs", "-odb", "-oem", stdin=b"EHLO pine\r\nMAIL FROM:<a@x.example>\r\n"
                            b"RCPT TO:<team@example.org>\r\nDATA\r\nSubject: one\r\n\r\n..dot\r\n.\r\nMAIL FROM:<>\r\n"
                            b"RCPT TO:<bob@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n"
                            b"Subject: two\r\n\r\nx\r\n.\r\nQUIT\r\n", status=67)
        codes = [line[:3] for line in done.stdout.splitlines() if re.match(rb"\d{3} ", line)]
        self.assertEqual(codes, [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"250", b"354", b"554",
                                 b"221"])
        self.assertIn(b"Sent, but not to nobody@example.org", done.stdout)
        self.assertEqual(len(self.received("bob")), 2)
        self.assertTrue(self.one("alice").endswith(b"Subject: one\n\n.dot\n"))

    def test_other_names(self):
        self.assertEqual(self.program(self.path("bin", "newaliases")).stdout, b"")
        self.program(self.path("bin", "mailq"))
        os.rename(self.path("bin", "sendmail"), self.path("bin", "other"))
        self.program(self.path("bin", "other"), "sendmail", "bob", stdin=_TEXT)
        self.one("bob")


if __name__ == "__main__":
    main()
