"""Every error a user of mail-fetch can meet: one line on stderr, its exit status, and nothing lost."""

import os

from error_case import MISSING_HOST, ErrorCase, missing_host_status
from peers.case import Case, main
from peers.commands import run
from peers.disk import SmallDisk, unwritable
from peers.dovecot import Dovecot
from peers.messages import message, numbered
from peers.process import free_port
from peers.scripted import ScriptedServer, pop3


class FetchErrors(ErrorCase):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)
        for number, octets in enumerate(numbered(3)):
            cls.dovecot.deliver("alice", octets, f"100000000{number}.M1P1.x")

    def fetch(self, location, *options, to="mail"):
        return ["mail-fetch", location, *self.password(), *options, "--to", "maildir:" + self.path(to)]

    def each_protocol(self):
        for scheme in ("pop3", "imap"):
            yield scheme, f"{scheme}://alice@localhost:{getattr(self.dovecot, scheme)}"

    def nothing_delivered(self, name="mail"):
        self.assertEqual(self.maildir(name), [])

    def test_wrong_password(self):
        for scheme, location in self.each_protocol():
            self.fails(77, ["mail-fetch", location, "--tls-ca", self.certificates().ca,
                            *self.password("wrong"), "--to", "maildir:" + self.path("mail")],
                       rf"^mail-fetch: {scheme}://alice@localhost:\d+.*: .*(?i:auth|log ?in|password)")
        self.nothing_delivered()

    def test_wrong_host(self):
        self.fails(missing_host_status(), self.fetch(f"imaps://alice@{MISSING_HOST}"), MISSING_HOST)

    def test_no_server(self):
        port = free_port()
        for scheme in ("pop3", "imaps"):
            self.fails(75, self.fetch(f"{scheme}://alice@127.0.0.1:{port}"), str(port), "(?i)refused")

    def test_wrong_ca(self):
        for _, location in self.each_protocol():
            self.fails(76, self.fetch(location, "--tls-ca", self.certificates().other_ca), "(?i)certificate")
        self.fails(76, self.fetch(f"imaps://alice@localhost:{self.dovecot.imaps}"), "(?i)certificate")

    def test_expired_certificate(self):
        with Dovecot(certificate=self.certificates().expired) as dovecot:
            self.fails(76, self.fetch(f"pop3s://alice@localhost:{dovecot.pop3s}", "--tls-ca", self.certificates().ca),
                       "(?i)certificate.*expired|expired.*certificate")

    def test_wrong_name_in_the_certificate(self):
        with Dovecot(certificate=self.certificates().wrong_name) as dovecot:
            for location in (f"imap://alice@localhost:{dovecot.imap}", f"pop3s://alice@localhost:{dovecot.pop3s}"):
                self.fails(76, self.fetch(location, "--tls-ca", self.certificates().ca),
                           "(?i)certificate.*localhost|name")

    def test_wrong_pin(self):
        self.fails(76, self.fetch(f"imaps://alice@localhost:{self.dovecot.imaps}", "--pin-sha256",
                                  self.certificates().expired.pin_sha256()), "(?i)pin")

    def test_starttls_not_offered(self):
        with Dovecot() as dovecot:
            for location in (f"imap://alice@localhost:{dovecot.imap}", f"pop3://alice@localhost:{dovecot.pop3}"):
                self.fails(69, self.fetch(location), "(?i)starttls|stls")
            self.assertNotIn("Login:", dovecot.log())

    def test_no_password_is_sent_when_starttls_is_not_offered(self):
        with ScriptedServer(pop3(numbered(1), replies={b"STLS": b"-ERR no\r\n"})) as server:
            self.fails(69, self.fetch(f"pop3://alice@127.0.0.1:{server.port}"), "(?i)stls|starttls")
            self.assertFalse([line for line in server.lines if line.startswith((b"USER", b"PASS", b"AUTH"))])

    def test_full_disk(self):
        large = [message(f"large {n}", ("y" * 70 + "\n") * 9000) for n in range(3)]
        with ScriptedServer(pop3([octets.replace(b"\n", b"\r\n") for octets in large])) as server, \
                SmallDisk(self.path("small"), 1000) as disk:
            argv = self.fetch(f"pop3://alice@127.0.0.1:{server.port}", "--tls", "none", "--delete", to="small/mail")
            outcome = self.fails(74, argv, "(?i)no space left", receipts=True)
            deleted = [line for line in server.lines if line.startswith(b"DELE")]
            self.assertEqual(len(deleted), len(outcome.receipts))
            delivered = self.maildir("small", "mail")
            self.assertEqual(len(delivered), len(outcome.receipts))
            self.assertTrue(set(delivered) <= set(large))
            disk.grow(10000)
            # The scripted server forgets deletions: what was delivered before must not come again.
            self.run_receipts(*argv)
            self.assertEqual(self.maildir("small", "mail"), sorted(large))

    def test_unwritable_maildir(self):
        top = unwritable(self, "locked")
        argv = ["mail-fetch", f"pop3s://alice@localhost:{self.dovecot.pop3s}", "--tls-ca", self.certificates().ca,
                *self.password(), "--to", f"maildir:{top}/mail"]
        self.fails(73, argv, r"locked/mail", "(?i)read-only|permission")

    def test_destination_is_a_file(self):
        path = self.write("file", b"not a mailbox\n")
        self.fails(65, self.fetch(f"pop3s://alice@localhost:{self.dovecot.pop3s}", "--tls-ca",
                                  self.certificates().ca, to="file"), "file")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"not a mailbox\n")

    def test_truncated_reply(self):
        whole = numbered(2)[0].replace(b"\n", b"\r\n")
        cut = b"+OK\r\n" + numbered(2)[1].replace(b"\n", b"\r\n")[:200]

        def talk(conversation):
            conversation.send(b"+OK\r\n")
            while (line := conversation.read_line()) is not None:
                if line.startswith(b"RETR 2"):
                    conversation.send(cut)
                    return
                if line.startswith(b"RETR 1"):
                    conversation.send(b"+OK\r\n" + whole + b".\r\n")
                elif line.startswith(b"CAPA"):
                    conversation.send(b"+OK\r\nUIDL\r\nUSER\r\nPIPELINING\r\n.\r\n")
                elif line.startswith(b"UIDL"):
                    conversation.send(b"+OK\r\n1 a\r\n2 b\r\n.\r\n")
                elif line.startswith(b"LIST"):
                    conversation.send(b"+OK\r\n1 500\r\n2 500\r\n.\r\n")
                elif line.startswith(b"STAT"):
                    conversation.send(b"+OK 2 1000\r\n")
                else:
                    conversation.send(b"+OK\r\n")

        with ScriptedServer(talk) as server:
            argv = self.fetch(f"pop3://alice@127.0.0.1:{server.port}", "--tls", "none")
            outcome = self.fails(76, argv, "(?i)truncated|closed|ended", receipts=True)
            # The whole one may have been delivered; the cut one never.
            self.assertEqual(self.maildir("mail"), [numbered(1)[0]] * len(outcome.receipts))

    def test_truncated_imap_literal(self):
        def talk(conversation):
            conversation.send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS] ready\r\n")
            while (line := conversation.read_line()) is not None:
                words = line.split(b" ", 2)
                tag, verb = words[0], b" ".join(words[1:]).upper()
                if verb.startswith(b"CAPABILITY"):
                    conversation.send(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS\r\n" + tag + b" OK\r\n")
                elif verb.startswith((b"SELECT", b"EXAMINE")):
                    conversation.send(b"* FLAGS ()\r\n* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                                      b"* OK [UIDNEXT 2] ok\r\n" + tag + b" OK [READ-WRITE] done\r\n")
                elif verb.startswith(b"UID SEARCH"):
                    conversation.send(b"* SEARCH 1\r\n" + tag + b" OK\r\n")
                elif verb.startswith(b"UID FETCH") and b"BODY" not in verb:
                    conversation.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9000 INTERNALDATE "
                                      b"\"02-Nov-2026 10:00:00 +0000\")\r\n" + tag + b" OK\r\n")
                elif verb.startswith(b"UID FETCH"):
                    conversation.send(b"* 1 FETCH (UID 1 FLAGS () BODY[] {9000}\r\nSubject: cut\r\n\r\nhalf of it")
                    return
                elif verb.startswith(b"LOGOUT"):
                    conversation.send(b"* BYE\r\n" + tag + b" OK\r\n")
                    return
                else:
                    conversation.send(tag + b" OK done\r\n")

        with ScriptedServer(talk) as server:
            self.fails(76, self.fetch(f"imap://alice@127.0.0.1:{server.port}", "--tls", "none"),
                       "(?i)truncated|closed|ended")
            self.nothing_delivered()

    def test_server_that_speaks_something_else(self):
        with ScriptedServer(lambda conversation: conversation.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            for scheme in ("pop3", "imap"):
                self.fails(76, self.fetch(f"{scheme}://alice@127.0.0.1:{server.port}", "--tls", "none"), scheme)

    def test_silent_server(self):
        """threats.md: a handshake or read that never ends."""
        def say_nothing(conversation):
            while conversation.read_line() is not None:
                pass

        with ScriptedServer(say_nothing) as server:
            for scheme in ("pop3", "imap", "imaps"):
                self.fails(75, self.fetch(f"{scheme}://alice@127.0.0.1:{server.port}", "--timeout", "0.5"),
                           "(?i)timed? ?out|silent|no answer")

    def test_responses_before_the_handshake(self):
        """threats.md: bytes between the STARTTLS reply and the handshake are an error."""
        def talk(conversation):
            conversation.send(b"+OK\r\n")
            while (line := conversation.read_line()) is not None:
                if line.startswith(b"CAPA"):
                    conversation.send(b"+OK\r\nSTLS\r\nUIDL\r\nUSER\r\n.\r\n")
                elif line.startswith(b"STLS"):
                    conversation.send(b"+OK go\r\n+OK injected\r\n")
                    conversation.read_line()
                    return
                else:
                    conversation.send(b"+OK\r\n")

        with ScriptedServer(talk) as server:
            self.fails(76, self.fetch(f"pop3://alice@127.0.0.1:{server.port}"), "(?i)tls|stls")
            self.assertFalse([line for line in server.lines if line.startswith((b"USER", b"PASS"))])

    def test_preauth_skips_no_tls(self):
        """threats.md: PREAUTH does not skip required TLS."""
        with ScriptedServer(lambda conversation: (conversation.send(b"* PREAUTH IMAP4rev1 hello\r\n"),
                                                  conversation.read_line())) as server:
            self.fails(69, self.fetch(f"imap://alice@127.0.0.1:{server.port}"), "(?i)preauth|starttls")

    def test_odd_octets_are_kept_and_never_block(self):
        odd = {
            "line of 1 MB": b"Subject: long\r\n\r\n" + b"z" * 1_000_000 + b"\r\nend\r\n",
            "NUL": b"Subject: nul\r\n\r\na\0b\0\r\n\0\r\n",
            "bare LF": b"Subject: lf\r\n\r\none\ntwo\r\n",
            "bare CR": b"Subject: cr\r\n\r\none\rtwo\r\r\nthree\r\n",
            "empty": b"",
        }
        with ScriptedServer(pop3(list(odd.values()))) as server:
            argv = self.fetch(f"pop3://alice@127.0.0.1:{server.port}", "--tls", "none")
            self.assertEqual(len(self.run_receipts(*argv)), len(odd))
        expected = [octets.replace(b"\r\n", b"\n") for octets in odd.values()]
        # An empty message has an empty line on the wire when the server ends it with CRLF.CRLF only.
        found = self.maildir("mail")
        self.assertEqual([octets for octets in found if octets.strip()],
                         sorted(octets for octets in expected if octets.strip()))
        self.assertEqual(len(found), len(odd))

    def test_missing_mailbox(self):
        self.fails(66, self.fetch(f"imaps://alice@localhost:{self.dovecot.imaps}/Nowhere", "--tls-ca",
                                  self.certificates().ca), "Nowhere")

    def test_two_messages_in_rfc822(self):
        argv = ["mail-fetch", f"pop3s://alice@localhost:{self.dovecot.pop3s}", "--tls-ca", self.certificates().ca,
                *self.password(), "--format", "rfc822"]
        outcome = run(argv, self.directory)
        self.assertEqual((outcome.status, len(outcome.error_lines)), (65, 1), str(outcome))
        self.assertIn("rfc822", outcome.error_lines[0])

    def test_no_password(self):
        self.fails(78, ["mail-fetch", f"imaps://alice@localhost:{self.dovecot.imaps}", "--to",
                        "maildir:" + self.path("mail")], "(?i)password")
        self.fails(78, ["mail-fetch", f"imaps://alice@localhost:{self.dovecot.imaps}", "--password-command", "false",
                        "--to", "maildir:" + self.path("mail")], "(?i)password-command|false")
        self.fails(78, ["mail-fetch", f"imaps://alice@localhost:{self.dovecot.imaps}", "--password-file",
                        self.path("missing"), "--to", "maildir:" + self.path("mail")], "missing")

    def test_missing_ca_file(self):
        self.fails(78, self.fetch(f"imaps://alice@localhost:{self.dovecot.imaps}", "--tls-ca", self.path("nope")),
                   "nope")

    def test_usage(self):
        to = ["--to", "maildir:" + self.path("mail")]
        for argv, says in (
                (["mail-fetch", "imaps://alice@localhost", "--no-such-option"], "no-such-option"),
                (["mail-fetch", "imaps://alice@localhost", "--tls-caa", "x"], "did you mean --tls-ca"),
                (["mail-fetch"], "SOURCE"),
                (["mail-fetch", "imaps://alice@localhost", "--delete"], "--to"),
                (["mail-fetch", "imaps://alice@localhost", "--delete", "--keep", *to], "--keep|--delete"),
                (["mail-fetch", "imaps://alice@localhost", "--tls", "none", *to], "(?i)tls"),
                (["mail-fetch", "imaps://alice:pass%77ord@localhost", *to], "(?i)password"),
                (["mail-fetch", "imaps://localhost", *to], "(?i)user"),
                (["mail-fetch", "http://localhost", *to], "http"),
                (["mail-fetch", "smtp://alice@localhost", *to], "smtp"),
                (["mail-fetch", "imaps://alice@localhost", "--timeout", "soon", *to], "--timeout"),
                (["mail-fetch", "imaps://alice@localhost", "--tls", "maybe", *to], "--tls.*maybe|maybe"),
                (["mail-fetch", "imaps://alice@localhost", "--to", "pop3s://bob@localhost"], "--to|imaps"),
                (["mail-fetch", "imaps://alice@localhost", "-4", "-6", *to], "-4|-6")):
            with self.subTest(argv=argv):
                outcome = self.fails(64, argv, says, environment={"MAILPIPE_PASSWORD": "secret"})
                self.assertFalse(outcome.error_lines[0].endswith("."))
                self.assertNotIn("pass%77ord", outcome.error_lines[0])
                self.assertNotIn("password:", outcome.error_lines[0])
        self.assertFalse(os.path.exists(self.path("mail")))

    def test_help_and_version(self):
        text = self.run_ok("mail-fetch", "--help").stdout.decode()
        for word in ("EXAMPLES", "--to", "--delete", "EXIT STATUS"):
            self.assertIn(word, text)
        self.assertRegex(self.run_ok("mail-fetch", "--version").stdout, rb"^mail-fetch .*\d+\.\d+")


if __name__ == "__main__":
    main()
