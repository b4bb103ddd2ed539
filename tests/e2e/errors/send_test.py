"""Every error a user of mail-send can meet: one line on stderr, its exit status, and nothing sent by halves."""

import base64
import json

from error_case import MISSING_HOST, ErrorCase, missing_host_status
from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf, message
from peers.process import free_port
from peers.scripted import ScriptedServer, smtp


def raw_record(octets):
    """A jsonl message whose octets are exactly these; the other formats take LF for a line end."""
    return json.dumps({"raw": base64.b64encode(octets).decode()}).encode() + b"\n"


class SendErrors(ErrorCase):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=("smtp://127.0.0.1:0", "smtps://127.0.0.1:0", "lmtp://127.0.0.1:0"),
                               certificate=Case.certificates().good)
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)
        cls.addClassCleanup(cls.server.stop)

    def send(self, server, *options, recipients=("alice@example.org",)):
        return ["mail-send", "--server", server, "-f", "carol@example.net", *options, *recipients]

    def refused(self, status, argv, *says, stdin=TEXTS["plain"], **arguments):
        """Fails before or at the server; a receipt may say so, but no recipient was accepted."""
        before = self.server.messages("alice")
        outcome = run(argv, self.directory, stdin=stdin, **arguments)
        self.assertEqual((outcome.status, len(outcome.error_lines)), (status, 1), str(outcome))
        line = outcome.error_lines[0]
        self.assertTrue(line.startswith("mail-send: "), line)
        for pattern in says:
            self.assertRegex(line, pattern)
        for receipt in schema.check_lines(outcome.stdout):
            self.assertFalse([entry for entry in receipt.get("recipients", []) if entry.get("code", 0) // 100 == 2])
        self.assertEqual(self.server.messages("alice"), before)
        return outcome

    def test_wrong_password(self):
        argv = self.send(f"smtp://alice@localhost:{self.server.port('smtp')}", "--tls-ca", self.certificates().ca,
                         *self.password("wrong"))
        self.refused(77, argv, r"smtp://alice@localhost:\d+", r"535|(?i:auth|log ?in|password)")

    def test_wrong_host(self):
        self.refused(missing_host_status(), self.send(f"smtp://{MISSING_HOST}"), MISSING_HOST)

    def test_no_server(self):
        self.refused(75, self.send(f"smtp://127.0.0.1:{free_port()}"), "(?i)refused")
        self.refused(66, self.send("lmtp:" + self.path("no-socket")), "no-socket")

    def test_wrong_ca(self):
        for scheme in ("smtp", "smtps"):
            self.refused(76, self.send(f"{scheme}://localhost:{self.server.port(scheme)}", "--tls-ca",
                                       self.certificates().other_ca), "(?i)certificate")

    def test_bad_certificates(self):
        for name, says in (("expired", "(?i)expired"), ("wrong_name", "(?i)name|localhost")):
            for scheme, tls in (("smtp", None), ("smtps", getattr(self.certificates(), name))):
                def talk(conversation, certificate=getattr(self.certificates(), name)):
                    conversation.send(b"220 mx\r\n")
                    while (line := conversation.read_line()) is not None:
                        conversation.send(b"250-mx\r\n250 STARTTLS\r\n" if line.startswith(b"EHLO") else b"220 go\r\n")
                        if line == b"STARTTLS":
                            conversation.start_tls(certificate)

                with self.subTest(name=name, scheme=scheme), ScriptedServer(talk, implicit_tls=tls) as server:
                    self.refused(76, self.send(f"{scheme}://localhost:{server.port}", "--tls-ca",
                                               self.certificates().ca), "(?i)certificate", says)
                    self.assertFalse([line for line in server.lines if line.startswith((b"AUTH", b"MAIL"))])

    def test_starttls_not_offered(self):
        with ScriptedServer(smtp()) as server:
            self.refused(69, self.send(f"smtp://alice@127.0.0.1:{server.port}", *self.password()), "(?i)starttls")
            self.assertFalse([line for line in server.lines if line.startswith((b"AUTH", b"MAIL"))])

    def test_responses_before_the_handshake(self):
        """threats.md: bytes between the STARTTLS reply and the handshake are an error."""
        with ScriptedServer(smtp(extensions=("STARTTLS", "AUTH PLAIN"), replies={
                b"STARTTLS": b"220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n"})) as server:
            self.refused(76, self.send(f"smtp://alice@127.0.0.1:{server.port}", *self.password()), "(?i)tls")
            self.assertFalse([line for line in server.lines if line.startswith((b"AUTH", b"MAIL"))])

    def test_auth_not_offered(self):
        with ScriptedServer(smtp(extensions=("PIPELINING",))) as server:
            self.refused(69, self.send(f"smtp://alice@127.0.0.1:{server.port}", "--tls", "none", *self.password()),
                         "(?i)auth")

    def test_eight_bit_not_offered(self):
        with ScriptedServer(smtp(extensions=("PIPELINING",))) as server:
            self.refused(69, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "8BITMIME",
                         stdin=TEXTS["umlauts"])
            self.assertFalse([line for line in server.lines if line.startswith(b"DATA")])

    def test_too_large_is_refused_before_it_is_sent(self):
        with ScriptedServer(smtp(extensions=("SIZE 1000",))) as server:
            self.refused(69, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "(?i)1000|size|large",
                         stdin=message("large", "x" * 70 + "\n" + "y" * 70 + "\n" * 1000))
            self.assertFalse([line for line in server.lines if line.startswith((b"MAIL", b"DATA"))])

    def test_truncated_reply(self):
        for replies in ({b"EHLO": None}, {b"DATA": None}, {b".": None}, {b"RCPT": b"250-and then\r\n"}):
            with self.subTest(replies=replies):
                extensions = ("8BITMIME",)

                def talk(conversation, replies=replies, extensions=extensions):
                    smtp(extensions, replies)(conversation)

                with ScriptedServer(talk, deadline=2) as server:
                    self.refused(76 if b"RCPT" not in replies else 75,
                                 self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none", "--timeout", "1"),
                                 "(?i)closed|truncated|ended|timed? ?out|silent|no answer")

    def test_malformed_replies(self):
        """threats.md: SMTP replies: multi-line, code without text, overlong."""
        for reply in (b"250-one\r\n251 two\r\n", b"2x0 what\r\n", b"250" + b"x" * 20000 + b"\r\n",
                      b"250-" + b"more\r\n250-" * 2000 + b"\r\n250 end\r\n", b"\r\n"):
            with self.subTest(reply=reply[:20]), ScriptedServer(smtp(replies={b"MAIL": reply})) as server:
                self.refused(76, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "(?i)reply|line|code")

    def test_temporary_and_permanent(self):
        for replies, status in (({b"MAIL": b"451 4.3.0 later\r\n"}, 75), ({b"RCPT": b"450 4.2.1 later\r\n"}, 75),
                                ({b"RCPT": b"550 5.1.1 unknown\r\n"}, 67), ({b"RCPT": b"550 5.7.1 no relay\r\n"}, 69),
                                ({b"DATA": b"554 5.5.1 no\r\n"}, 69), ({b".": b"552 5.2.2 full\r\n"}, 69),
                                ({b".": b"452 4.3.1 disk full\r\n"}, 75)):
            with self.subTest(replies=replies), ScriptedServer(smtp(replies=replies)) as server:
                text = list(replies.values())[0].decode().split()[-1]
                self.refused(status, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), text)

    def test_refusing_greeting(self):
        with ScriptedServer(smtp(greeting=b"554 5.3.2 no service\r\n")) as server:
            self.refused(69, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "no service")
        with ScriptedServer(smtp(greeting=b"421 4.3.2 busy\r\n")) as server:
            self.refused(75, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "busy")

    def local(self, *options, **arguments):
        return self.send(f"smtp://127.0.0.1:{self.server.port('smtp')}", "--tls", "none", *options, **arguments)

    def test_nul(self):
        for octets in (message("nul", "a\0b\n"), raw_record(crlf(message("nul", "a\0b\n")))):
            self.refused(65, self.local(), "(?i)nul", stdin=octets)

    def test_bare_cr_and_lf(self):
        """threats.md: SMTP smuggling, out."""
        for octets, says in ((raw_record(b"Subject: a\r\n\r\none\ntwo\r\n"), "(?i)bare LF|repair"),
                             (raw_record(b"Subject: a\r\n\r\none\rtwo\r\n"), "(?i)bare CR|repair"),
                             (b"Subject: a\n\none\rtwo\n", "(?i)bare CR|repair"),
                             (raw_record(b"Subject: a\r\n\r\nx\r\n.\nMAIL FROM:<e@example.net>\r\n"), "(?i)bare LF")):
            with self.subTest(octets=octets):
                self.refused(65, self.local(), says, stdin=octets)

    def test_repair(self):
        before = self.server.messages("alice")
        self.run_receipts(*self.local("--repair"), stdin=raw_record(b"Subject: mended\r\n\r\none\ntwo\rthree"))
        added, = [stored for stored in self.server.messages("alice") if stored not in before]
        self.assertTrue(added.endswith(b"Subject: mended\n\none\ntwo\nthree\n"), added)

    def test_line_of_1_mb(self):
        """RFC 5321 section 4.5.3.1.6: servers may cut such a line, which would change the message."""
        self.refused(65, self.local(), "(?i)line .*998", stdin=message("long line", "z" * 1_000_000 + "\n"))

    def test_no_message(self):
        self.refused(65, self.local(), "(?i)no message|empty", stdin=b"")
        self.refused(65, self.local(), "(?i)json|line 1", stdin=b"{\"raw\": \n")

    def test_no_recipient_in_the_header(self):
        self.refused(65, ["mail-send", "--server", f"smtp://127.0.0.1:{self.server.port('smtp')}", "--tls", "none",
                          "-f", "carol@example.net", "-t"], "(?i)recipient", stdin=b"Subject: to nobody\n\nhello\n")

    def test_bad_recipients(self):
        """threats.md: CR, LF, NUL in addresses; addresses that begin with a hyphen."""
        for recipient in ("alice@example.org\r\nRCPT TO:<bob@example.org>", "a b@example.org", "alice@", "<>",
                          "alice@example.org>", "alice@example.org\n"):
            with self.subTest(recipient):
                self.refused(64, self.local(recipients=(recipient,)), "(?i)recipient|address")

    def test_header_cannot_inject_recipients(self):
        with ScriptedServer(smtp(extensions=("PIPELINING",))) as server:
            run(["mail-send", "--server", f"smtp://127.0.0.1:{server.port}", "--tls", "none", "-f", "c@example.net",
                 "-t"], self.directory, stdin=b'To: "a\r\nDATA\r\n"@example.org, b@example.org\n\nx\n')
            self.assertFalse([line for line in server.lines if line.startswith(b"RCPT") and b"DATA" in line])

    def test_full_disk_of_the_server_is_told(self):
        with ScriptedServer(smtp(replies={b".": b"452 4.3.1 Insufficient system storage\r\n"})) as server:
            self.refused(75, self.send(f"smtp://127.0.0.1:{server.port}", "--tls", "none"), "4.3.1.*storage")

    def test_usage(self):
        for argv, says in (
                (["mail-send", "--no-such-option"], "no-such-option"),
                (["mail-send", "alice@example.org"], "--server"),
                (["mail-send", "--server", "smtp://localhost"], "RCPT"),
                (["mail-send", "--server", "imap://localhost", "alice@example.org"], "imap"),
                (["mail-send", "--server", "smtps://localhost", "--tls", "none", "alice@example.org"], "(?i)tls"),
                (["mail-send", "--server", "smtp://carol:pa55@localhost", "alice@example.org"], "(?i)password"),
                (["mail-send", "--server", "smtp://localhost", "-f", "not an address", "alice@example.org"],
                 "(?i)address|reverse-path|from")):
            with self.subTest(argv=argv):
                outcome = self.fails(64, argv, says, stdin=TEXTS["plain"])
                self.assertNotIn("pa55", outcome.error_lines[0])

    def test_dovecot_refuses_an_unknown_user(self):
        with Dovecot() as dovecot:
            outcome = self.fails(67, self.send(f"lmtp:{dovecot.lmtp_socket}", recipients=("nobody@example.org",)),
                                 r"nobody@example\.org", receipts=True, stdin=TEXTS["plain"])
            self.assertEqual(outcome.receipts[0]["recipients"][0]["code"], 550)


if __name__ == "__main__":
    main()
