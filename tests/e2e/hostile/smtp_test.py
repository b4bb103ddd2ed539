"""SMTP and LMTP servers that mean harm against mail-send."""

import base64
import dataclasses
import json

from hostile_case import PASSWORD, HostileCase, Row, run_watched
from peers import schema
from peers.case import Case, main
from peers.messages import TEXTS
from peers.scripted import ScriptedServer, smtp
from talks import drip, endless, reset, says, silence

_HANDSHAKE = "responses before the handshake"
_OFFER = "PREAUTH or a missing offer"
_DRIP = "login was not done within 4 s|octets came in 4 s"
_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_SASL = "hostile SASL"
_REPLIES = "SMTP replies"
_TERMINAL = "terminal escapes"
_LOGGING = "logging of overlong"
_CERTIFICATE = "wrong host name"
_CRLF = "CR, LF, NUL"
_SMUGGLING = "SMTP smuggling"
_TLS = ("--tls", "starttls")
_NO_LOGIN = rb"^(AUTH|MAIL)"
_PLAIN = base64.b64encode(f"\0alice\0{PASSWORD}".encode())
_RECIPIENTS = ("bob@example.org", "carol@example.org")


@dataclasses.dataclass
class SendRow(Row):
    accepted: tuple = ()  # of _RECIPIENTS, by index
    recipients: tuple = _RECIPIENTS
    message: bytes = TEXTS["dots"]
    sender: str = "alice@example.org"


def server(extensions=("PIPELINING", "8BITMIME", "SIZE", "AUTH PLAIN"), greeting=b"220 mx ESMTP\r\n", **replies):
    replies = {("." if verb == "end" else verb).encode(): reply for verb, reply in replies.items()}
    return smtp(extensions, replies, greeting)


def each(*replies):
    """One reply for each command of this verb, the last for all further ones."""
    left = list(replies)

    def talk(conversation, *_):
        conversation.send(left.pop(0) if len(left) > 1 else left[0])
    return talk


def challenges(*answers):
    def talk(conversation, _):
        for octets in answers[:-1]:
            conversation.send(octets)
            if conversation.read_line() is None:
                return False
        conversation.send(answers[-1])
        return None
    return talk


def _raw(octets):
    """A message of exactly these octets; the other formats take LF for a line end."""
    return json.dumps({"raw": base64.b64encode(octets).decode()}).encode() + b"\n"


GREETING_ROWS = [
    SendRow("greeting: nothing", _ENDLESS, silence, 75, "timed out", never=_NO_LOGIN),
    SendRow("greeting: closes", _ENDLESS, lambda c: None, 76, "ended.*greeting"),
    SendRow("greeting: RST", _ENDLESS, reset(), 75, "lost|reset"),
    SendRow("greeting: drip", _ENDLESS, drip(b"220 " + b"x" * 1000), 75, _DRIP, deadline=12),
    SendRow("greeting: endless line", _REPLIES, endless(b"x", b"220 "), 76, "kReplyLine"),
    SendRow("greeting: endless lines", _REPLIES, endless(b"220-x\r\n"), 76, "kReplyLines"),
    SendRow("greeting: 554", _REPLIES, says(b"554 no\r\n"), 69, "554 no"),
    SendRow("greeting: 421", _REPLIES, says(b"421 later\r\n"), 75, "421 later"),
    SendRow("greeting: 250", _REPLIES, says(b"250 hi\r\n"), 76, "not 220"),
    SendRow("greeting: two", _HANDSHAKE, says(b"220 a\r\n220 b\r\n", silence),
            76, "more than one reply|nothing was sent"),
    SendRow("greeting: no code", _REPLIES, says(b"hello\r\n"), 76, "malformed reply"),
    SendRow("greeting: code of two", _REPLIES, says(b"22 hello\r\n"), 76, "malformed reply"),
    SendRow("greeting: code of four", _REPLIES, says(b"2200 hello\r\n"), 76, "malformed reply"),
    SendRow("greeting: code 999", _REPLIES, says(b"999 hello\r\n"), 76, "malformed reply"),
    SendRow("greeting: negative code", _REPLIES, says(b"-20 hello\r\n"), 76, "malformed reply"),
    SendRow("greeting: code without text", _REPLIES, server(greeting=b"220\r\n"), 0, accepted=(0, 1)),
    SendRow("greeting: other code in line 2", _REPLIES, says(b"220-a\r\n250 b\r\n"), 76, "differs"),
    SendRow("greeting: escapes", _TERMINAL, says(b"554 \x1b[2J\x1b]0;owned\x07 \x9b\xe2\x80\xae\r\n"), 69, "554"),
    SendRow("greeting: format string", _LOGGING, says(b"554 %s%n {} {0}\r\n"), 69, r"%s%n \{\} \{0\}"),
    SendRow("greeting: overlong", _LOGGING, says(b"554-" + b"A" * 4000 + b"\r\n554 " + b"B" * 4000 + b"\r\n"),
            69, "AAA"),
    SendRow("greeting: NUL", _CRLF, says(b"554 a\0b\r\n"), 69, "554 a"),
]

LOGIN_ROWS = [
    SendRow("EHLO: refused", _OFFER, server(EHLO=b"502 what\r\n"), 69, "EHLO refused", never=_NO_LOGIN),
    SendRow("EHLO: no AUTH", _OFFER, server(("PIPELINING",)), 69, "AUTH", never=_NO_LOGIN),
    SendRow("EHLO: endless", _REPLIES, server(EHLO=endless(b"250-X\r\n")), 76, "kReplyLines"),
    SendRow("EHLO: never the last line", _ENDLESS, server(EHLO=says(b"250-x\r\n", silence)), 75, "timed out"),
    SendRow("EHLO: SIZE of 2^64", _LITERALS, server(("8BITMIME", "SIZE 18446744073709551616", "AUTH PLAIN")), 0,
            accepted=(0, 1)),
    SendRow("EHLO: SIZE negative", _LITERALS, server(("8BITMIME", "SIZE -1", "AUTH PLAIN")), 0, accepted=(0, 1)),
    SendRow("EHLO: drip", _ENDLESS, server(EHLO=drip(b"250-" + b"x" * 999)), 75, _DRIP, deadline=12),
    SendRow("AUTH: 535", _SASL, server(AUTH=b"535 5.7.8 wrong\r\n"), 77, "wrong", never=rb"^MAIL"),
    SendRow("AUTH: echoed", _LOGGING, server(AUTH=b"535 5.7.8 " + _PLAIN + b" is wrong\r\n"), 77, r"\*\*\* is wrong"),
    SendRow("AUTH: password echoed", _LOGGING, server(AUTH=b"535 5.7.8 not " + PASSWORD.encode() + b"\r\n"), 77,
            r"not \*\*\*"),
    SendRow("AUTH: echoed in receipts", _LOGGING, server(
        RCPT=b"550 5.1.1 " + PASSWORD.encode() + b" " + _PLAIN + b"\r\n"), 67, r"\*\*\* \*\*\*"),
    SendRow("AUTH: echoed in the trace", _LOGGING, server(NOOP=b"250\r\n", MAIL=b"250 " + _PLAIN + b"\r\n"), 0,
            accepted=(0, 1), options=("--tls", "none", "--trace"), lines=-1),
    SendRow("AUTH: base64 rubbish", _SASL, server(("AUTH CRAM-MD5",), AUTH=challenges(b"334 !!!\r\n", b"501 x\r\n")),
            76,
            "not base64"),
    SendRow("AUTH: challenges without end", _SASL,
            server(("AUTH LOGIN",), AUTH=challenges(*[b"334 VXNlcm5hbWU6\r\n"] * 9)), 76, "third challenge|AUTH"),
    SendRow("AUTH: success before the end", _SASL, server(("AUTH LOGIN",), AUTH=b"235 in\r\n"), 76, "before the AUTH"),
    SendRow("AUTH: 250", _SASL, server(AUTH=b"354 go\r\n"), 76, "unexpected reply to AUTH"),
    SendRow("AUTH: nothing", _ENDLESS, server(AUTH=silence), 75, "timed out"),
    SendRow("STARTTLS: not offered", _OFFER, server(), 69, "STARTTLS", options=_TLS, never=_NO_LOGIN),
    SendRow("STARTTLS: refused", _OFFER, server(("STARTTLS",), STARTTLS=b"502 no\r\n"), 69, "STARTTLS", options=_TLS,
            never=_NO_LOGIN),
    SendRow("STARTTLS: later", _OFFER, server(("STARTTLS",), STARTTLS=b"454 no\r\n"), 75, "STARTTLS", options=_TLS,
            never=_NO_LOGIN),
    SendRow("STARTTLS: plain text behind it", _HANDSHAKE,
            server(("STARTTLS",), STARTTLS=says(b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 in\r\n", silence)), 76,
            "STARTTLS", options=_TLS, never=_NO_LOGIN),
    SendRow("STARTTLS: then silence", _ENDLESS, server(("STARTTLS",), STARTTLS=says(b"220 go\r\n", silence)), 75,
            "handshake.*timed out", options=_TLS, never=_NO_LOGIN),
    SendRow("STARTTLS: 250", _HANDSHAKE, server(("STARTTLS",), STARTTLS=b"250 go\r\n"), 76, "unexpected reply",
            options=_TLS, never=_NO_LOGIN),
]

TRANSACTION_ROWS = [
    SendRow("all is well", _SMUGGLING, server(), 0, accepted=(0, 1)),
    SendRow("MAIL: 550", _REPLIES, server(MAIL=b"550 no\r\n"), 69, "refused: 550 no"),
    SendRow("MAIL: 354", _REPLIES, server(MAIL=b"354 go\r\n"), 76, "unexpected reply to MAIL"),
    SendRow("MAIL: two replies", _REPLIES, server(("AUTH PLAIN", "8BITMIME"), MAIL=b"250 a\r\n250 b\r\n"), 76,
            "more than one reply|nothing was sent"),
    SendRow("RCPT: one refused", _REPLIES, server(RCPT=each(b"550 5.1.1 no\r\n", b"250 ok\r\n")), 67, "5.1.1",
            accepted=(1,)),
    SendRow("RCPT: 354", _REPLIES, server(RCPT=b"354 go\r\n"), 76, "unexpected reply to RCPT"),
    SendRow("RCPT: nothing", _ENDLESS, server(RCPT=silence), 75, "timed out"),
    SendRow("RCPT: drip", _ENDLESS, server(RCPT=drip(b"250-" + b"x" * 999)), 75, "only \\d+ octets came in 4 s",
            deadline=12),
    SendRow("RCPT: endless", _REPLIES, server(RCPT=endless(b"250-x\r\n")), 76, "kReplyLines"),
    SendRow("RCPT: all replies at once", _REPLIES,
            server(("AUTH PLAIN", "8BITMIME"), RCPT=b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n"), 76,
            "more than one reply|nothing was sent"),
    SendRow("DATA: 250", _REPLIES, server(DATA=b"250 ok\r\n"), 76, "unexpected reply to DATA"),
    SendRow("DATA: 554", _REPLIES, server(DATA=b"554 no\r\n"), 69, "DATA refused"),
    SendRow("DATA: accepted already", _SMUGGLING, server(DATA=b"354 go\r\n250 queued\r\n"), 76,
            "nothing was sent|more than one", never=rb"^QUIT"),
    SendRow("DATA: closes", _ENDLESS, server(DATA=None), 76, "ended"),
    SendRow("end: 550", _REPLIES, server(end=b"550 spam\r\n"), 69, "spam"),
    SendRow("end: 354", _REPLIES, server(end=b"354 more\r\n"), 76, "unexpected reply to the message"),
    SendRow("end: nothing", _ENDLESS, server(end=silence), 75, "timed out"),
    SendRow("end: closes", _ENDLESS, server(end=None), 76, "ended"),
    SendRow("end: RST", _ENDLESS, server(end=reset()), 75, "lost|reset"),
    SendRow("end: half a reply", _REPLIES, server(end=says(b"250-and then\r\n")), 76, "ended"),
    SendRow("end: two replies", _REPLIES, server(end=b"250 a\r\n550 b\r\n"), 0, accepted=(0, 1)),
    SendRow("end: text with escapes", _TERMINAL, server(end=b"250 \x1b[2J ok\r\n"), 0, accepted=(0, 1)),
    SendRow("QUIT: nothing", _ENDLESS, server(QUIT=silence), 0, accepted=(0, 1), timeout=3),
    SendRow("QUIT: endless", _ENDLESS, server(QUIT=endless(b"221-x\r\n")), 0, accepted=(0, 1)),
    SendRow("message with LF dot LF", _SMUGGLING, server(), 65, "bare",
            message=_raw(b"A: b\r\n\r\nx\n.\nMAIL FROM:<>\r\n"),
            never=rb"^(\.|MAIL FROM:<>)$"),
    SendRow("message with CR dot CR", _SMUGGLING, server(), 65, "bare",
            message=_raw(b"A: b\r\n\r\nx\r.\rMAIL FROM:<>\r\n"),
            never=rb"^(\.|MAIL FROM:<>)$"),
    SendRow("message with NUL", _CRLF, server(), 65, "NUL", message=_raw(b"A: b\r\n\r\nx\0y\r\n")),
    SendRow("message with a lone dot", _SMUGGLING, server(), 0, accepted=(0, 1), message=b"A: b\n\n.\nQUIT\n.\n",
            never=rb"(?s)\n\.\n.*\n\.\n"),
    SendRow("recipient with a line end", _CRLF, server(), 64, "address", recipients=("bob@example.org\r\nDATA",),
            never=rb"^(DATA|MAIL)"),
    SendRow("recipient with angle brackets", _CRLF, server(), 64, "address",
            recipients=("bob@example.org> NOTIFY=NEVER",),
            never=rb"^(DATA|MAIL)"),
    SendRow("sender with a line end", _CRLF, server(), 64, "address", sender="alice@example.org>\r\nRCPT TO:<x@y.org",
            never=rb"^(DATA|MAIL)"),
    SendRow("user with a line end", _CRLF, server(), 64, "control character", user="alice%0D%0AMAIL",
            never=rb"^(DATA|MAIL)"),
]


def tls_rows():
    """Those that need certificates, which are made when the tests run."""
    trusted = (*_TLS, "--tls-ca", Case.certificates().ca)

    def with_certificate(name, extensions=("8BITMIME", "AUTH PLAIN"), first=b""):
        def talk(conversation, _):
            conversation.send(b"220 go\r\n")
            conversation.start_tls(getattr(Case.certificates(), name))
            server(extensions, greeting=first)(conversation)
            return False
        return server(("STARTTLS", "AUTH PLAIN"), STARTTLS=talk)

    return [
        SendRow("TLS: fine", _CERTIFICATE, with_certificate("good"), 0, options=trusted, accepted=(0, 1)),
        SendRow("TLS: unknown authority", _CERTIFICATE, with_certificate("good"), 76, "certificate", never=_NO_LOGIN,
                options=(*_TLS, "--tls-ca", Case.certificates().other_ca)),
        SendRow("TLS: expired", _CERTIFICATE, with_certificate("expired"), 76, "expired", options=trusted,
                never=_NO_LOGIN),
        SendRow("TLS: wrong name, right CN", _CERTIFICATE, with_certificate("wrong_name"), 76, "certificate",
                options=trusted, never=_NO_LOGIN),
        SendRow("TLS: no AUTH within", _OFFER, with_certificate("good", ("8BITMIME",)), 69, "AUTH", options=trusted,
                never=_NO_LOGIN),
        SendRow("TLS: a reply unasked behind the handshake", _HANDSHAKE,
                with_certificate("good", first=b"250-x\r\n250 AUTH LOGIN\r\n"), 76, "reply|sent|before the AUTH",
                options=trusted,
                never=rb"^MAIL"),
    ]


def all_rows():
    return GREETING_ROWS + LOGIN_ROWS + TRANSACTION_ROWS + tls_rows()


class HostileSmtp(HostileCase):
    def run_row(self, row, home, again):
        with ScriptedServer(row.talk, deadline=row.deadline) as scripted:
            argv = self.argv(row, home, scripted.port)
            outcome = run_watched(argv, home, self.limit(row), row.message)
            self.check(row, home, outcome, scripted)

    def argv(self, row, home, port):
        return ["mail-send", "--server", f"smtp://{row.user}@localhost:{port}", "--password-file",
                self.password_file(home), "--timeout", str(row.timeout), "-4", "--json", "-f", row.sender, *row.options,
                *row.recipients]

    def check_result(self, row, home, outcome, scripted):
        receipts = schema.check_lines(outcome.stdout, "mail-send")
        accepted = [entry["recipient"] for receipt in receipts for entry in receipt.get("recipients", [])
                    if entry["accepted"]]
        self.assertEqual(accepted, [_RECIPIENTS[n] for n in row.accepted], str(outcome))
        for receipt in receipts:
            self.assertLess(len(json.dumps(receipt)), 30000, str(outcome))

    def test_login(self):
        self.run_rows(GREETING_ROWS + LOGIN_ROWS)

    def test_tls(self):
        self.run_rows(tls_rows())

    def test_transaction(self):
        self.run_rows(TRANSACTION_ROWS)


if __name__ == "__main__":
    main()
