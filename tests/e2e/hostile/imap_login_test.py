"""IMAP servers that mean harm against mail-fetch, before a mailbox is selected."""

import base64

from hostile_case import PASSWORD, Row
from imap_scripts import CAPABILITIES, NO_LOGIN, TLS, HostileImap, selected, server
from peers.case import Case, main
from talks import answer, drip, endless, reset, says, silence

_HANDSHAKE = "responses before the handshake"
_OFFER = "PREAUTH or a missing offer"
_DRIP = "login was not done within 4 s|octets came in 4 s"
_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_SASL = "hostile SASL"
_UNASKED = "unexpected APPENDUID"
_REPLIES = "SMTP replies"
_TERMINAL = "terminal escapes"
_LOGGING = "logging of overlong"
_CERTIFICATE = "wrong host name"
_CRLF = "CR, LF, NUL"
_PLAIN = base64.b64encode(f"\0alice\0{PASSWORD}".encode())


def starttls(injected=b""):
    def talk(conversation, tag, _):
        conversation.send(tag + b" OK go\r\n" + injected)
        conversation.silence()
        return False
    return talk


def _challenge(*answers):
    def auth(conversation, tag, _):
        for octets in answers:
            conversation.send(octets.replace(b"%T", tag))
            if octets.startswith(b"+") and conversation.read_line() is None:
                return False
        if answers[-1].startswith(b"+"):
            conversation.send(tag + b" NO enough\r\n")
        return None
    return auth


def _scram(first, last=None):
    def auth(conversation, tag, line):
        words = line.split()
        if len(words) < 4:
            conversation.send(b"+ \r\n")
            words.append(conversation.read_line())
        nonce = base64.b64decode(words[3]).partition(b",r=")[2]
        conversation.send(b"+ " + base64.b64encode(first(nonce)) + b"\r\n")
        if conversation.read_line() is None:
            return False
        conversation.send((last or b"%T NO enough\r\n").replace(b"%T", tag))
        if last and last.startswith(b"+") and conversation.read_line() is not None:
            conversation.send(tag + b" NO enough\r\n")
        return None
    return auth


_SALT = b",s=" + base64.b64encode(b"saltsaltsalt") + b",i="
_SCRAM = (*CAPABILITIES, "AUTH=SCRAM-SHA-256", "SASL-IR")


GREETING_ROWS = [
    Row("greeting: nothing", _ENDLESS, silence, 75, "timed out", never=NO_LOGIN),
    Row("greeting: closes", _ENDLESS, lambda c: None, 76, "truncated.*greeting"),
    Row("greeting: RST", _ENDLESS, reset(), 75, "lost|reset"),
    Row("greeting: half a line", _ENDLESS, says(b"* OK rea"), 76, "truncated"),
    Row("greeting: drip", _ENDLESS, drip(b"* OK " + b"x" * 1000), 75, _DRIP, deadline=12),
    Row("greeting: endless line", _LITERALS, endless(b"x", b"* OK "), 76, "kImapLine"),
    Row("greeting: endless NUL", _LITERALS, endless(b"\0"), 76, "kImapLine"),
    Row("greeting: BYE", _REPLIES, says(b"* BYE overloaded\r\n"), 69, "overloaded"),
    Row("greeting: NO", _REPLIES, says(b"* NO\r\n"), 76, "greeting"),
    Row("greeting: POP3", _REPLIES, says(b"+OK ready\r\n"), 76, "not the greeting"),
    Row("greeting: SMTP", _REPLIES, says(b"220 ready\r\n"), 76, "not the greeting"),
    Row("greeting: a listing", _REPLIES, endless(b" 1", b"* SEARCH"), 76, "not the greeting"),
    Row("greeting: escapes", _TERMINAL, says(b"* BYE \x1b[2J\x1b]0;owned\x07\xe2\x80\xae\x9b2J\r\n"),
        69, "BYE|refuses"),
    Row("greeting: format string", _LOGGING, says(b"* BYE %s%n {} {0}\r\n"), 69, r"%s%n \{\} \{0\}"),
    Row("greeting: overlong BYE", _LOGGING, says(b"* BYE " + b"A" * 500000 + b"\r\n"), 69, "AAAA"),
    Row("greeting: a literal in it", _LITERALS, says(b"* BYE {9999999}\r\n"), 69, "9999999"),
    Row("greeting: PREAUTH, TLS required", _OFFER, says(b"* PREAUTH hello\r\n", silence), 69, "PREAUTH", options=TLS,
        never=rb".", again=None),
    Row("greeting: PREAUTH as somebody", _OFFER, says(b"* PREAUTH hello\r\n", silence), 77, "PREAUTH"),
    Row("greeting: PREAUTH in lower case", _OFFER, says(b"* preauth hello\r\n", silence), 69, "PREAUTH", options=TLS,
        again=None),
    Row("greeting: capabilities and TLS", _OFFER, server(("IMAP4rev1",)), 69, "STARTTLS", options=TLS, never=NO_LOGIN,
        again=None),
    Row("user with a line end", _CRLF, server(), 64, "control character", user="alice%0D%0AA9%20DELETE",
        never=rb"DELETE|LOGIN", again=None),
]

LOGIN_ROWS = [
    Row("CAPABILITY: BAD", _REPLIES, server(greeting=b"* OK hi\r\n", CAPABILITY=answer(b"%T BAD what\r\n")),
        76, "what"),
    Row("CAPABILITY: none listed", _REPLIES, server(greeting=b"* OK hi\r\n", CAPABILITY=b""), 76,
        "without a list"),
    Row("CAPABILITY: too many", _LITERALS,
        server(greeting=b"* OK hi\r\n", CAPABILITY=b"* CAPABILITY" + b" X" * 2000 + b"\r\n"), 76, "kCapabilities"),
    Row("CAPABILITY: endless line", _LITERALS,
        server(greeting=b"* OK hi\r\n", CAPABILITY=endless(b" X", b"* CAPABILITY")), 76, "kImapLine"),
    Row("CAPABILITY: endless lines", _LITERALS,
        server(greeting=b"* OK hi\r\n", CAPABILITY=endless(b"* CAPABILITY IMAP4rev1\r\n")), 76, "kImapUnasked"),
    Row("CAPABILITY: drip", _ENDLESS, server(greeting=b"* OK hi\r\n", CAPABILITY=drip(b"* CAPABILITY" + b" X" * 99)),
        75,
        _DRIP, deadline=12),
    Row("LOGIN: NO", _SASL, server(LOGIN=answer(b"%T NO [AUTHENTICATIONFAILED] wrong\r\n")),
        77, "wrong", once=NO_LOGIN),
    Row("LOGIN: BAD", _SASL, server(LOGIN=answer(b"%T BAD what\r\n")), 76, "what"),
    Row("LOGIN: NO [UNAVAILABLE]", _SASL, server(LOGIN=answer(b"%T NO [UNAVAILABLE] later\r\n")), 75, "later"),
    Row("LOGIN: nothing", _ENDLESS, server(LOGIN=silence), 75, "timed out"),
    Row("LOGIN: closes", _ENDLESS, server(LOGIN=says(b"")), 76, "truncated.*LOGIN"),
    Row("LOGIN: BYE", _REPLIES, server(LOGIN=says(b"* BYE go\r\n")), 75, "go"),
    Row("LOGIN: RST", _ENDLESS, server(LOGIN=reset()), 75, "lost|reset"),
    Row("LOGIN: echoed", _LOGGING, server(LOGIN=answer(b"%T BAD LOGIN alice \"" + PASSWORD.encode() + b"\"\r\n")), 76,
        r"\*\*\*"),
    Row("LOGIN: echoed in a BYE later", _LOGGING, server(SELECT=says(b"* BYE " + PASSWORD.encode() + b"\r\n")), 75,
        r"\*\*\*"),
    Row("LOGIN: echoed in an alert", _LOGGING,
        server(SELECT=b"* OK [ALERT] use " + PASSWORD.encode() + b"\r\n" + selected()), 0, r"says: use \*\*\*",
        delivered=(0, 1, 2), lines=1),
    Row("LOGIN: echoed in the trace", _LOGGING, server(SELECT=b"* OK " + PASSWORD.encode() + b"\r\n" + selected()), 0,
        options=("--tls", "none", "--trace"), delivered=(0, 1, 2), lines=-1),
    Row("LOGIN: another tag", _UNASKED, server(LOGIN=answer(b"B7 OK in\r\n")), 76, "not sent"),
    Row("LOGIN: a tag to come", _UNASKED, server(LOGIN=answer(b"%T OK in\r\nA2 OK\r\nA3 OK\r\n")), 76,
        "without a list|not sent"),
    Row("LOGIN: OK twice", _UNASKED, server(LOGIN=answer(b"%T OK in\r\n%T OK in\r\n")), 76, "not sent"),
    Row("LOGIN: endless alerts", _LOGGING, server(LOGIN=endless(b"* OK [ALERT] look\r\n")), 76, "kImapAlerts",
        lines=101),
    Row("LOGIN: endless OK", _UNASKED, server(LOGIN=endless(b"* OK still here\r\n")), 76, "kImapUnasked"),
    Row("LOGIN: a continuation", _SASL, server(LOGIN=answer(b"+ go on\r\n")), 76, "unexpected continuation"),
    Row("LOGIN: LOGINDISABLED", _OFFER, server(("IMAP4rev1", "LOGINDISABLED")), 77, "disabled", never=NO_LOGIN,
        again=None),
    Row("LOGIN: PREAUTH late", _OFFER, server(LOGIN=says(b"* PREAUTH in\r\n", silence)), 76, "PREAUTH"),
    Row("LOGIN: capabilities gone", _OFFER, server(LOGIN=answer(b"%T OK [CAPABILITY X] in\r\n")), 0,
        delivered=(0, 1, 2), lines=1, again=None),
    Row("AUTHENTICATE: base64 rubbish", _SASL,
        server((*CAPABILITIES, "AUTH=CRAM-MD5"), AUTHENTICATE=_challenge(b"+ !!!!\r\n")), 76, "base64"),
    Row("AUTHENTICATE: overlong challenge", _SASL,
        server((*CAPABILITIES, "AUTH=CRAM-MD5"), AUTHENTICATE=_challenge(b"+ " + b"QUFB" * 30000 + b"\r\n")), 76,
        "kSaslMessage"),
    Row("AUTHENTICATE: endless challenge", _SASL,
        server((*CAPABILITIES, "AUTH=CRAM-MD5"), AUTHENTICATE=endless(b"QUFB", b"+ ")), 76, "kImapLine"),
    Row("AUTHENTICATE: challenges without end", _SASL,
        server((*CAPABILITIES, "AUTH=LOGIN"), AUTHENTICATE=_challenge(*[b"+ VXNlcm5hbWU6\r\n"] * 9)), 76,
        "third challenge"),
    Row("AUTHENTICATE: goes on after the abort", _SASL,
        server((*CAPABILITIES, "AUTH=PLAIN"), AUTHENTICATE=_challenge(b"+ YWJj\r\n", b"+ YWJj\r\n", b"%T NO x\r\n")),
        76, "challenge", never=_PLAIN),
    Row("AUTHENTICATE: success before the end", _SASL,
        server((*CAPABILITIES, "AUTH=LOGIN"), AUTHENTICATE=answer(b"%T OK in\r\n")), 76, "before the exchange"),
    Row("AUTHENTICATE: echoed", _LOGGING,
        server((*CAPABILITIES, "AUTH=PLAIN", "SASL-IR"), AUTHENTICATE=answer(b"%T NO " + _PLAIN + b"\r\n")), 77,
        r"refused: \*\*\*"),
    Row("SCRAM: one iteration", _SASL, server(_SCRAM, AUTHENTICATE=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"1")),
        76, "too few iterations", again=None),
    Row("SCRAM: 2^31 iterations", _SASL,
        server(_SCRAM, AUTHENTICATE=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"2147483648")), 76, "kScramIterations",
        again=None),
    Row("SCRAM: nothing added to the nonce", _SASL,
        server(_SCRAM, AUTHENTICATE=_scram(lambda n: b"r=" + n + _SALT + b"4096")), 76, "added nothing", again=None),
    Row("SCRAM: wrong signature", _SASL,
        server(_SCRAM, AUTHENTICATE=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"4096",
                                           b"+ " + base64.b64encode(b"v=" + base64.b64encode(b"x" * 32)) + b"\r\n")),
        77, "SCRAM", again=None),
    Row("SCRAM: success without a signature", _SASL,
        server(_SCRAM, AUTHENTICATE=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"4096", b"%T OK in\r\n")), 76,
        "before the exchange", again=None),
]

_STARTTLS = ("STARTTLS", *CAPABILITIES)
TLS_ROWS = [
    Row("STARTTLS: NO", _OFFER, server(_STARTTLS, STARTTLS=answer(b"%T NO no\r\n")), 69, "STARTTLS refused",
        options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: BAD", _OFFER, server(_STARTTLS, STARTTLS=answer(b"%T BAD no\r\n")), 76, "STARTTLS refused",
        options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: plain text behind it", _HANDSHAKE, server(_STARTTLS, STARTTLS=starttls(b"* OK injected\r\n")), 76,
        "STARTTLS", options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: a login behind it", _HANDSHAKE,
        server(_STARTTLS, STARTTLS=starttls(b"* CAPABILITY IMAP4rev1\r\nA2 OK\r\nA3 OK in\r\n")), 76, "STARTTLS",
        options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: half a line behind it", _HANDSHAKE, server(_STARTTLS, STARTTLS=starttls(b"*")), 76, "STARTTLS",
        options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: an alert before it", _HANDSHAKE,
        server(_STARTTLS, STARTTLS=says(b"* OK [ALERT] call 555\r\n%T OK go\r\n")), 76, "TLS|closed", options=TLS,
        never=NO_LOGIN, again=None, check=lambda test, outcome, _: test.assertNotIn("555", outcome.stderr)),
    Row("STARTTLS: then silence", _ENDLESS, server(_STARTTLS, STARTTLS=starttls()), 75, "TLS handshake.*timed out",
        options=TLS, never=NO_LOGIN, again=None),
    Row("STARTTLS: RST", _ENDLESS, server(_STARTTLS, STARTTLS=reset()), 75, "lost|reset", options=TLS,
        never=NO_LOGIN, again=None),
    Row("imaps://: plain text", _HANDSHAKE, server(), 76, "plain text|not speak TLS", options=("--tls", "implicit"),
        never=NO_LOGIN,
        again=None),
]


def tls_rows():
    """Those that need certificates, which are made when the tests run."""
    good, expired, wrong = (getattr(Case.certificates(), name) for name in ("good", "expired", "wrong_name"))
    trusted = (*TLS, "--tls-ca", Case.certificates().ca)

    def with_certificate(certificate, inner):
        def talk(conversation, tag, _):
            conversation.send(tag + b" OK go\r\n")
            conversation.start_tls(certificate)
            inner(conversation)
            return False
        return server(_STARTTLS, STARTTLS=talk)

    def within(capabilities=CAPABILITIES, before=b"", **replies):
        script = server(capabilities, greeting=lambda conversation: conversation.send(before), **replies)
        return script

    return [
        Row("TLS: fine", _CERTIFICATE, with_certificate(good, within()), 0, options=trusted, delivered=(0, 1, 2),
            again=None),
        Row("TLS: unknown authority", _CERTIFICATE, with_certificate(good, within()), 76, "certificate",
            options=(*TLS, "--tls-ca", Case.certificates().other_ca), never=NO_LOGIN, again=None),
        Row("TLS: expired", _CERTIFICATE, with_certificate(expired, within()), 76, "expired", options=trusted,
            never=NO_LOGIN, again=None),
        Row("TLS: wrong name, right CN", _CERTIFICATE, with_certificate(wrong, within()), 76, "certificate",
            options=trusted, never=NO_LOGIN, again=None),
        Row("TLS: LOGINDISABLED within", _OFFER, with_certificate(good, within(("IMAP4rev1", "LOGINDISABLED"))), 77,
            "disabled", options=trusted, never=NO_LOGIN, again=None),
        Row("TLS: PREAUTH within", _OFFER, with_certificate(good, within(before=b"* PREAUTH in\r\n")), 76, "PREAUTH",
            options=trusted, never=NO_LOGIN, again=None),
        Row("TLS: other capabilities within", _OFFER,
            with_certificate(good, within((*CAPABILITIES, "AUTH=CRAM-MD5", "LOGINDISABLED"),
                                          AUTHENTICATE=_challenge(b"+ \r\n"))), 77, "refused|CRAM", options=trusted,
            never=rb" LOGIN ", again=None),
        Row("TLS: silence within", _ENDLESS, with_certificate(good, silence), 75, "timed out", options=trusted,
            never=NO_LOGIN, again=None),
        Row("TLS: cut within", _ENDLESS, with_certificate(good, lambda c: c.read_line()), 76, "truncated|closed",
            options=trusted,
            never=NO_LOGIN, again=None),
    ]


def all_rows():
    return GREETING_ROWS + LOGIN_ROWS + TLS_ROWS + tls_rows()


class ImapLogin(HostileImap):
    def test_login(self):
        self.run_rows(GREETING_ROWS + LOGIN_ROWS, again=False)

    def test_tls(self):
        self.run_rows(TLS_ROWS + tls_rows())


if __name__ == "__main__":
    main()
