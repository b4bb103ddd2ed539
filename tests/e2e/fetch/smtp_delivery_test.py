"""mail-fetch --to a server: Dovecot over LMTP, Postfix over SMTP, and scripted servers that refuse."""

from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import TEXTS, message, numbered
from peers.postfix import Postfix
from peers.process import free_port
from peers.scripted import ScriptedServer, pop3, smtp


def wire(messages):
    return [octets.replace(b"\n", b"\r\n") for octets in messages]


class SmtpDelivery(Case):
    def command(self, port, to, *options, user="alice"):
        return ["mail-fetch", f"pop3://{user}@127.0.0.1:{port}", "--tls", "none", *self.password(), "--to", to,
                *options]

    def fetch(self, messages, to, *options, **arguments):
        with ScriptedServer(pop3(wire(messages))) as source:
            return self.run_receipts(*self.command(source.port, to, *options, **arguments))

    def test_dovecot_lmtp(self):
        """The default recipient is the user of the source; the text arrives octet for octet, once."""
        with Dovecot() as dovecot, ScriptedServer(pop3(wire(TEXTS.values()))) as source:
            for to, options in ((f"lmtp:{dovecot.lmtp_socket}", []),
                                (f"lmtp://127.0.0.1:{dovecot.lmtp}",
                                 ["--to-tls", "none", "--rcpt", "bob@example.org"])):
                user = "bob" if options else "alice"
                command = self.command(source.port, to, *options)
                receipts = self.run_receipts(*command)
                self.assertEqual([receipt["to"] for receipt in receipts], [to] * len(TEXTS))
                stored = dovecot.messages(user)
                self.assertEqual(len(stored), len(TEXTS))
                for octets in TEXTS.values():
                    match, = [one for one in stored if one.endswith(octets)]
                    self.assertIn(b"Return-Path: <>\n", match)
                    self.assertRegex(match, rb"(?m)^Delivered-To: %s(@example.org)? \(mail-fetch from 127.0.0.1\)$"
                                     % user.encode())
                self.assertEqual(self.run_receipts(*command), [])
                self.assertEqual(len(dovecot.messages(user)), len(TEXTS))

    def test_postfix(self):
        """Return-Path becomes the envelope and goes; Postfix's own loop detection is not set off."""
        octets = message("with a path", "Hello\n.\n")
        certificate = self.certificates().good
        with Postfix(certificate=certificate, tls_needed=True) as postfix:
            with ScriptedServer(pop3(wire([b"Delivered-To: alice@example.org\nReturn-Path: <carol@example.net>\n"
                                           + octets]))) as source:
                self.run_receipts(*self.command(source.port, f"smtp://localhost:{postfix.port}", "--tls-ca",
                                                self.certificates().ca, "--delete", user="alice%40example.org"))
                self.assertIn(b"DELE 1", source.lines)
            stored, = postfix.wait_messages("alice", 1)
        self.assertTrue(stored.startswith(b"Return-Path: <carol@example.net>\n"), stored)
        self.assertEqual(stored.count(b"Return-Path"), 1)
        self.assertTrue(stored.endswith(octets), stored)

    def test_one_session_for_all(self):
        with ScriptedServer(smtp()) as server:
            receipts = self.fetch(numbered(20), f"smtp://127.0.0.1:{server.port}", "--to-tls", "none", "--rcpt",
                                  "a@example.org", "--rcpt", "b@example.org")
            self.assertEqual(len(receipts), 20)
            self.assertEqual(len(server.conversations), 1)
            lines = server.lines
        self.assertEqual(sum(line.startswith(b"MAIL FROM:<> SIZE=") for line in lines), 20)
        self.assertEqual(lines.count(b"RCPT TO:<b@example.org>"), 20)
        self.assertEqual(lines[-1], b"QUIT")

    def refused(self, messages, server_script, *says, count, status=69, options=()):
        """The run reports, records nothing of the refused as done and deletes nothing of it."""
        with ScriptedServer(server_script) as server, ScriptedServer(pop3(wire(messages))) as source:
            command = self.command(source.port, f"smtp://127.0.0.1:{server.port}", "--to-tls", "none", "--rcpt",
                                   "alice@example.org", "--delete", *options)
            outcome = run(command, self.directory)
            self.assertEqual(outcome.status, status, str(outcome))
            self.assertEqual(len(outcome.error_lines), count, str(outcome))
            for pattern in says:
                self.assertRegex(outcome.error_lines[0], pattern)
            return outcome, server.lines, [line for line in source.lines if line.startswith(b"DELE")]

    def test_refused_for_good_and_for_now(self):
        for reply, status in ((b"550 5.7.1 no thanks\r\n", 69), (b"452 4.2.2 full\r\n", 75)):
            with self.subTest(reply):
                _, lines, deleted = self.refused(numbered(2), smtp(replies={b"MAIL": reply}),
                                                 r"UIDL=uid-1: .*" + reply.decode()[4:].strip(), count=2, status=status,
                                                 options=["--state", self.path(f"state-{status}")])
                self.assertEqual(deleted, [])
                self.assertEqual(sum(line.startswith(b"MAIL") for line in lines), 2)

    def test_loops(self):
        """threats.md: mail that is fetched from where it was delivered to."""
        octets = message("loop", "x\n")
        marked = b"Delivered-To: alice@example.org\n (mail-fetch from 127.0.0.1)\n" + octets
        _, lines, deleted = self.refused([marked, b"Received: x\n" * 50 + octets, b"Received: x\n" * 49 + octets,
                                          b"Delivered-To: alice@example.org\n" + octets], smtp(), "loop", count=2)
        self.assertEqual(deleted, [b"DELE 3", b"DELE 4"])
        self.assertEqual(sum(line.startswith(b"MAIL") for line in lines), 2)

    def test_what_smtp_cannot_carry(self):
        octets = message("odd", "one\rtwo\n")
        long_line = message("long", "x" * 2000 + "\n")
        _, lines, deleted = self.refused([octets, long_line], smtp(), "bare CR, which SMTP forbids", count=1, status=65)
        self.assertEqual(deleted, [b"DELE 2"])
        self.assertIn(b"x" * 2000, lines)

    def test_partly_delivered(self):
        """Dovecot knows one of two: it has the message, and nobody gets it twice."""
        with Dovecot() as dovecot, ScriptedServer(pop3(wire(numbered(1)))) as source:
            command = self.command(source.port, f"lmtp:{dovecot.lmtp_socket}", "--rcpt", "alice@example.org", "--rcpt",
                                   "nobody@example.org", "--delete")
            self.run_error(67, r"uid-1: not delivered to nobody@example\.org", r"5\.1\.1", argv=command, receipts=True)
            self.assertEqual(source.lines.count(b"DELE 1"), 1)
            self.assertEqual(self.run_receipts(*command), [])
            self.assertEqual(len(dovecot.messages("alice")), 1)

    def test_server_that_is_gone(self):
        """An error of the destination: 75, said once, and nothing is fetched for nothing."""
        with ScriptedServer(pop3(wire(numbered(3)))) as source:
            command = self.command(source.port, f"lmtp://127.0.0.1:{free_port()}", "--to-tls", "none")
            outcome = self.run_error(75, r"lmtp://127.*refused", argv=command)
            self.assertFalse(outcome.stdout)
            # Nothing was recorded against the messages.
            with Dovecot() as dovecot:
                receipts = self.run_receipts(*self.command(source.port, f"lmtp:{dovecot.lmtp_socket}"))
                self.assertEqual(len(receipts), 3)

    def test_cut_before_the_answer(self):
        """Sent again: at least once."""
        messages = numbered(2)
        with ScriptedServer(pop3(wire(messages))) as source, ScriptedServer(smtp(replies={b".": None})) as server:
            command = self.command(source.port, f"smtp://127.0.0.1:{server.port}", "--to-tls", "none", "--rcpt",
                                   "alice@example.org", "--delete")
            outcome = run(command, self.directory)
            self.assertIn(outcome.status, (75, 76), str(outcome))
            self.assertEqual(outcome.stdout, b"")
            self.assertFalse(any(line.startswith(b"DELE") for line in source.lines))

    def test_password_of_the_source_stays_with_it(self):
        """threats.md: no server is shown the password of another."""
        netrc = self.write("netrc", b"machine localhost login carol password hunter2\n")
        with ScriptedServer(smtp()) as server, ScriptedServer(pop3(wire(numbered(1)))) as source:
            command = self.command(source.port, f"smtp://carol@127.0.0.1:{server.port}", "--to-tls", "none", "--rcpt",
                                   "alice@example.org")
            for environment in ({"MAILPIPE_PASSWORD": "secret"}, {}):
                self.run_error(78, r"no password for carol.*netrc", argv=command, environment=environment)
            self.assertEqual(server.lines, [])
            command[command.index("--to") + 1] = f"smtp://carol@localhost:{server.port}"
            self.run_receipts(*command, environment={"NETRC": netrc})
            self.assertIn(b"AUTH PLAIN AGNhcm9sAGh1bnRlcjI=", server.lines)

    def test_usage(self):
        for says, to, *options in ((r"alice.*--rcpt", "smtp://localhost"),
                                   (r"--rcpt a b", "smtp://localhost", "--rcpt", "a b"),
                                   (r"Unix socket has no TLS", "lmtp:/x", "--to-tls", "starttls"),
                                   (r"give maildir", "pop3://localhost")):
            with self.subTest(to=to, options=options):
                self.run_error(64, says, argv=self.command(1, to, *options))


if __name__ == "__main__":
    main()
