"""POP3 servers that mean harm against mail-fetch."""

import base64
import re

from hostile_case import MESSAGES, PASSWORD, HostileCase, Row
from peers.case import Case, main
from peers.scripted import pop3
from talks import drip, endless, reset, says, silence

_CAPABILITIES = ("USER", "UIDL", "TOP", "PIPELINING")
_HANDSHAKE = "responses before the handshake"
_OFFER = "PREAUTH or a missing offer"
_DRIP = "login was not done within 4 s|octets came in 4 s"
_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_SASL = "hostile SASL"
_UIDL = "empty, duplicate, endless UIDL"
_UNASKED = "unexpected APPENDUID"
_REPLIES = "SMTP replies"
_TERMINAL = "terminal escapes"
_LOGGING = "logging of overlong"
_PATHS = "path traversal"
_CERTIFICATE = "wrong host name"
_CRLF = "CR, LF, NUL"
_SMUGGLING = "SMTP smuggling"

_SIZES = b"+OK\r\n" + b"".join(b"%d %d\r\n" % (n + 1, len(octets)) for n, octets in enumerate(MESSAGES)) + b".\r\n"
_PLAIN = base64.b64encode(f"\0alice\0{PASSWORD}".encode())


def server(capabilities=_CAPABILITIES, greeting=b"+OK ready\r\n", messages=None, **replies):
    return pop3(MESSAGES if messages is None else messages, capabilities,
                {verb.encode(): reply for verb, reply in replies.items()}, greeting)


def body(n):
    stuffed = re.sub(rb"(?m)^\.", b"..", MESSAGES[n])
    return b"+OK\r\n" + stuffed + b".\r\n"


def retr(number, reply):
    """RETR of this message is answered so, the others are as they should be."""
    def talk(conversation, line):
        n = int(line.split()[1])
        if n != number:
            conversation.send(body(n - 1))
            return None
        if callable(reply):
            return reply(conversation)
        conversation.send(reply)
        return None
    return talk


def uidls(*names):
    return b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n + 1, name) for n, name in enumerate(names)) + b".\r\n"


def starttls(injected=b"", before_reply=b"", after=None):
    """A server with STLS; `injected` goes out in one piece with its answer."""
    def stls(conversation, _):
        conversation.send(before_reply + b"+OK go\r\n" + injected)
        if injected:
            conversation.silence()
            return False
        conversation.start_tls(Case.certificates().good)
        if after:
            conversation.send(after)
        return None
    return stls


def _challenge(*answers):
    """AUTH is answered by these challenges, one for each line of the client; then -ERR."""
    def auth(conversation, _):
        for answer in answers:
            conversation.send(answer)
            if conversation.read_line() is None:
                return False
        conversation.send(b"-ERR enough\r\n")
        return None
    return auth


def _scram(first, last=None):
    """SCRAM whose server-first-message is first(nonce of the client); `last` is what follows."""
    def auth(conversation, _):
        conversation.send(b"+ \r\n")
        line = conversation.read_line()
        if line is None:
            return False
        message = base64.b64decode(line)
        nonce = message.partition(b",r=")[2]
        conversation.send(b"+ " + base64.b64encode(first(nonce)) + b"\r\n")
        if conversation.read_line() is None:
            return False
        conversation.send(last or b"-ERR enough\r\n")
        return None
    return auth


_SALT = b",s=" + base64.b64encode(b"saltsaltsalt") + b",i="
_STLS = ("STLS", *_CAPABILITIES)
_TLS = ("--tls", "starttls")


def _ca(row_options=_TLS):
    return (*row_options, "--tls-ca", Case.certificates().ca)


_NO_LOGIN = rb"(?i)^(USER|PASS|AUTH|APOP)"

GREETING_ROWS = [
    Row("greeting: nothing", _ENDLESS, silence, 75, "timed out", never=_NO_LOGIN),
    Row("greeting: closes", _ENDLESS, lambda c: None, 76, "truncated.*greeting"),
    Row("greeting: RST", _ENDLESS, reset(), 75, "connection lost|reset"),
    Row("greeting: half a line", _ENDLESS, says(b"+OK rea"), 76, "truncated.*greeting"),
    Row("greeting: drip", _ENDLESS, drip(b"+OK " + b"x" * 1000), 75, _DRIP, deadline=12),
    Row("greeting: endless line", _LITERALS, endless(b"x", b"+OK "), 76, "kReplyLine"),
    Row("greeting: endless NUL", _LITERALS, endless(b"\0"), 76, "kReplyLine"),
    Row("greeting: endless lines", _LITERALS, endless(b"+OK hello\r\n"), 76, "more than was asked"),
    Row("greeting: -ERR", _REPLIES, says(b"-ERR go away\r\n"), 69, "go away"),
    Row("greeting: -ERR [SYS/TEMP]", _REPLIES, says(b"-ERR [SYS/TEMP] later\r\n"), 75, "later"),
    Row("greeting: HTTP", _REPLIES, says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 76, "neither"),
    Row("greeting: SMTP", _REPLIES, says(b"220 mx ESMTP\r\n"), 76, "neither"),
    Row("greeting: IMAP", _REPLIES, says(b"* OK [CAPABILITY IMAP4rev1] x\r\n"), 76, "neither"),
    Row("greeting: TLS alert", _REPLIES, says(b"\x15\x03\x01\x00\x02\x02\x28\r\n"), 76, "neither"),
    Row("greeting: escapes", _TERMINAL, says(b"\x1b]0;owned\x07\x1b[2J\xe2\x80\xae-ERR\r\n"), 76, "neither"),
    Row("greeting: escapes in -ERR", _TERMINAL, says(b"-ERR \x1b[31mred\x1b[0m \x9b2J\r\n"), 69, "red"),
    Row("greeting: format string", _LOGGING, says(b"-ERR %s%s%s%n%n {} {0}\r\n"), 69, r"%s%s%s%n%n \{\} \{0\}"),
    Row("greeting: overlong -ERR", _LOGGING, says(b"-ERR " + b"A" * 8000 + b"\r\n"), 69, "AAAA"),
    Row("greeting: -ERR beyond the limit", _LOGGING, says(b"-ERR " + b"A" * 9000 + b"\r\n"), 76, "kReplyLine"),
    Row("greeting: two lines", _HANDSHAKE, says(b"+OK one\r\n+OK two\r\n", silence), 76, "more than was asked"),
    Row("greeting: with the answer to CAPA", _HANDSHAKE, says(b"+OK\r\n+OK\r\nUSER\r\n.\r\n", silence), 76,
        "more than was asked"),
    Row("greeting: bare LF", _SMUGGLING, server(greeting=b"+OK ready\n"), 0, delivered=(0, 1, 2)),
    Row("greeting: +OKAY", _REPLIES, says(b"+OKAY ready\r\n"), 76, "neither"),
    Row("user with a line end", _CRLF, server(), 64, "control character", user="alice%0D%0ADELE%201",
        never=rb"DELE|USER", again=None),
]

LOGIN_ROWS = [
    Row("CAPA: -ERR", _OFFER, server(CAPA=b"-ERR what\r\n"), 0, delivered=(0, 1, 2)),
    Row("CAPA: nothing", _ENDLESS, server(CAPA=silence), 75, "timed out"),
    Row("CAPA: endless", _LITERALS, server(CAPA=endless(b"X-CAPABILITY\r\n", b"+OK\r\n")), 76, "kCapabilities"),
    Row("CAPA: endless line", _LITERALS, server(CAPA=endless(b"x", b"+OK\r\n")), 76, "kReplyLine"),
    Row("CAPA: no end", _ENDLESS, server(CAPA=says(b"+OK\r\nUSER\r\n")), 76, "truncated"),
    Row("CAPA: more behind the end", _HANDSHAKE, server(CAPA=b"+OK\r\nUSER\r\nUIDL\r\n.\r\n+OK in\r\n"), 76,
        "more than was asked", never=rb"PASS"),
    Row("CAPA: LOGIN-DELAY huge", _LITERALS,
        server(("USER", "UIDL", "PIPELINING", "LOGIN-DELAY 99999999999999999999", "EXPIRE -5")), 0,
        delivered=(0, 1, 2)),
    Row("CAPA: drip", _ENDLESS, server(CAPA=drip(b"+OK\r\nUSER\r\nUIDL" + b"x" * 999)), 75, _DRIP,
        deadline=12),
    Row("USER: -ERR", _SASL, server(USER=b"-ERR no such user\r\n"), 77, "no such user", never=rb"PASS"),
    Row("PASS: -ERR", _SASL, server(PASS=b"-ERR wrong\r\n"), 77, "wrong", once=rb"PASS"),
    Row("PASS: -ERR [IN-USE]", _SASL, server(PASS=b"-ERR [IN-USE] busy\r\n"), 75, "busy"),
    Row("PASS: echoed", _LOGGING, server(PASS=b"-ERR PASS " + PASSWORD.encode() + b" is wrong\r\n"), 77,
        r"PASS \*\*\* is wrong"),
    Row("PASS: echoed in upper case", _LOGGING, server(PASS=b"-ERR " + PASSWORD.upper().encode() + b"\r\n"), 77,
        r"\*\*\*"),
    Row("PASS: echoed in the trace", _LOGGING, server(PASS=b"+OK " + PASSWORD.encode() + b"\r\n"), 0,
        options=("--tls", "none", "--trace"), delivered=(0, 1, 2), lines=-1),
    Row("PASS: nothing", _ENDLESS, server(PASS=silence), 75, "timed out"),
    Row("PASS: closes", _ENDLESS, server(PASS=None), 76, "truncated.*PASS"),
    Row("PASS: neither", _REPLIES, server(PASS=b"OK\r\n"), 76, "neither"),
    Row("PASS: +OK and -ERR", _UNASKED, server(PASS=b"+OK in\r\n-ERR out\r\n"), 69, "ends the session.*out"),
    Row("PASS: +OK twice", _UNASKED, server(PASS=b"+OK in\r\n+OK in\r\n"), 76, "nothing was asked"),
    Row("AUTH: a challenge to PLAIN", _SASL, server(("SASL PLAIN", *_CAPABILITIES), AUTH=_challenge(b"+ YWJj\r\n")), 76,
        "PLAIN: the server sent a challenge"),
    Row("AUTH: base64 rubbish", _SASL, server(("SASL PLAIN", *_CAPABILITIES), AUTH=_challenge(b"+ !!!!\r\n")), 76,
        "not base64"),
    Row("AUTH: echoed", _LOGGING,
        server(("SASL PLAIN", *_CAPABILITIES), AUTH=_challenge(b"+ \r\n", b"-ERR " + _PLAIN + b"\r\n")), 77,
        r"refused: \*\*\*"),
    Row("AUTH: challenges without end", _SASL,
        server(("SASL LOGIN", "UIDL"), AUTH=_challenge(*[b"+ VXNlcm5hbWU6\r\n"] * 9)), 76, "third challenge"),
    Row("AUTH: success before the end", _SASL, server(("SASL LOGIN", "UIDL"), AUTH=b"+OK in\r\n"), 76,
        "before the exchange is complete"),
    Row("AUTH: overlong challenge", _SASL,
        server(("SASL CRAM-MD5", "UIDL"), AUTH=_challenge(b"+ " + b"QUFB" * 3000 + b"\r\n")), 76, "kReplyLine"),
    Row("AUTH: rubbish for CRAM-MD5", _SASL, server(("SASL CRAM-MD5", "UIDL"), AUTH=_challenge(b"+ \r\n")), 77,
        "enough|CRAM", again=None),
    Row("SCRAM: one iteration", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"), AUTH=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"1")), 76,
        "too few iterations", again=None),
    Row("SCRAM: 2^31 iterations", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"), AUTH=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"2147483648")), 76,
        "kScramIterations", again=None),
    Row("SCRAM: negative iterations", _SASL,
        server(("SASL SCRAM-SHA-1", "UIDL"), AUTH=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"-4096")), 76,
        "too few iterations", again=None),
    Row("SCRAM: another nonce", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"), AUTH=_scram(lambda n: b"r=other" + _SALT + b"4096")), 77,
        "SCRAM", again=None),
    Row("SCRAM: nothing added to the nonce", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"), AUTH=_scram(lambda n: b"r=" + n + _SALT + b"4096")), 76,
        "added nothing to the nonce", again=None),
    Row("SCRAM: wrong signature", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"),
               AUTH=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"4096",
                           b"+ " + base64.b64encode(b"v=" + base64.b64encode(b"x" * 32)) + b"\r\n")), 77,
        "SCRAM", again=None),
    Row("SCRAM: success without a signature", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"),
               AUTH=_scram(lambda n: b"r=" + n + b"x" + _SALT + b"4096", b"+OK in\r\n")), 76,
        "before the exchange is complete", again=None),
    Row("SCRAM: e= from the server", _SASL,
        server(("SASL SCRAM-SHA-256", "UIDL"), AUTH=_scram(lambda n: b"e=other-error")), 76, "SCRAM", again=None),
]

TLS_ROWS = [
    Row("STLS: not offered", _OFFER, server(), 69, "STLS", options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: refused", _OFFER, server(_STLS, STLS=b"-ERR no\r\n"), 69, "STLS refused", options=_TLS,
        never=_NO_LOGIN, again=None),
    Row("STLS: CAPA refused", _OFFER, server(CAPA=b"-ERR\r\n"), 69, "STLS", options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: plain text behind it", _HANDSHAKE, server(_STLS, STLS=starttls(b"+OK injected\r\n")), 76,
        "behind its answer to STLS|STARTTLS reply", options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: a whole dialogue behind it", _HANDSHAKE,
        server(_STLS, STLS=starttls(b"+OK\r\nUSER\r\n.\r\n+OK\r\n+OK in\r\n")), 76, "STLS|STARTTLS", options=_TLS,
        never=_NO_LOGIN, again=None),
    Row("STLS: one octet behind it", _HANDSHAKE, server(_STLS, STLS=starttls(b"\x16")), 76, "STLS|STARTTLS",
        options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: then plain text", _HANDSHAKE, server(_STLS, STLS=says(b"+OK\r\n", lambda c: (
        c.pause(0.2), c.send(b"+OK hello\r\n"), c.silence()))), 76, "TLS", options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: then silence", _ENDLESS, server(_STLS, STLS=says(b"+OK\r\n", silence)), 75, "TLS handshake.*timed out",
        options=_TLS, never=_NO_LOGIN, again=None),
    Row("STLS: then closes", _ENDLESS, server(_STLS, STLS=says(b"+OK\r\n")), 76, "TLS|closed|truncated",
        options=_TLS, never=_NO_LOGIN, again=None),
]


def tls_rows():
    """Those that need certificates, which are made when the tests run."""
    good, expired, wrong = (getattr(Case.certificates(), name) for name in ("good", "expired", "wrong_name"))

    def with_certificate(certificate, after=None, capabilities=_CAPABILITIES):
        inner = server(capabilities, greeting=after or b"")

        def stls(conversation, _):
            conversation.send(b"+OK go\r\n")
            conversation.start_tls(certificate)
            inner(conversation)
            return False
        return server(_STLS, STLS=stls)

    return [
        Row("TLS: fine", _CERTIFICATE, with_certificate(good), 0, options=_ca(), delivered=(0, 1, 2), again=None),
        Row("TLS: unknown authority", _CERTIFICATE, with_certificate(good), 76, "certificate",
            options=(*_TLS, "--tls-ca", Case.certificates().other_ca), never=_NO_LOGIN, again=None),
        Row("TLS: expired", _CERTIFICATE, with_certificate(expired), 76, "expired", options=_ca(), never=_NO_LOGIN,
            again=None),
        Row("TLS: wrong name, right CN", _CERTIFICATE, with_certificate(wrong), 76, "certificate", options=_ca(),
            never=_NO_LOGIN, again=None),
        Row("TLS: wrong pin", _CERTIFICATE, with_certificate(good), 76, "pin",
            options=(*_TLS, "--pin-sha256", "A" * 43 + "="), never=_NO_LOGIN, again=None),
        # It answers CAPA then, and comes from the server itself.
        Row("TLS: a line unasked behind the handshake", _HANDSHAKE, with_certificate(good, b"+OK unasked\r\n"), 0,
            options=_ca(), delivered=(0, 1, 2), again=None),
        Row("TLS: other capabilities within", _OFFER, with_certificate(good, capabilities=("UIDL", "SASL CRAM-MD5")),
            76,
            "before the exchange is complete", options=_ca(), never=rb"^(USER|PASS)", again=None),
        Row("pop3s://: plain text", _HANDSHAKE, server(), 76, "plain text|not speak TLS", options=("--tls", "implicit"),
            never=_NO_LOGIN, again=None),
    ]


LISTING_ROWS = [
    Row("LIST: -ERR", _REPLIES, server(LIST=b"-ERR no\r\n"), 69, "LIST refused: no"),
    Row("LIST: nothing", _ENDLESS, server(LIST=silence), 75, "timed out"),
    Row("LIST: drip", _ENDLESS, server(LIST=drip(b"+OK\r\n1 " + b"1" * 999)), 75, "only \\d+ octets came in 4 s",
        deadline=12),
    Row("LIST: no end", _ENDLESS, server(LIST=says(b"+OK\r\n1 100\r\n")), 76, "truncated.*LIST"),
    Row("LIST: number 0", _LITERALS, server(LIST=b"+OK\r\n0 100\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: negative number", _LITERALS, server(LIST=b"+OK\r\n-1 100\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: negative size", _LITERALS, server(LIST=b"+OK\r\n1 -100\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: number of 2^32", _LITERALS, server(LIST=b"+OK\r\n4294967296 1\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: number of 2^64", _LITERALS, server(LIST=b"+OK\r\n18446744073709551616 1\r\n.\r\n"), 76, "malformed"),
    Row("LIST: size of 2^64", _LITERALS, server(LIST=b"+OK\r\n1 18446744073709551616\r\n.\r\n"), 76, "malformed"),
    Row("LIST: huge sizes", _LITERALS,
        server(LIST=b"+OK\r\n1 18446744073709551615\r\n2 18446744073709551615\r\n3 9\r\n.\r\n"), 0,
        delivered=(0, 1, 2)),
    Row("LIST: twice the same", _LITERALS, server(LIST=b"+OK\r\n1 10\r\n1 10\r\n.\r\n"), 76, "twice"),
    Row("LIST: backwards", _LITERALS, server(LIST=b"+OK\r\n3 9\r\n2 9\r\n1 9\r\n.\r\n"), 0, delivered=(0, 1, 2)),
    Row("LIST: empty lines", _REPLIES, server(LIST=b"+OK\r\n\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: words", _REPLIES, server(LIST=b"+OK\r\none two\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: escapes", _TERMINAL, server(LIST=b"+OK\r\n\x1b[2J\x1b]0;x\x07\r\n.\r\n"), 76, "malformed line"),
    Row("LIST: endless", _LITERALS, server(LIST=endless(b"1 1\r\n", b"+OK\r\n")), 76, "kMaildropMessages",
        deadline=60, memory=100_000),
    Row("LIST: endless line", _LITERALS, server(LIST=endless(b"9", b"+OK\r\n1 ")), 76, "kReplyLine"),
    Row("LIST: says +OK with 3, lists none", _REPLIES, server(LIST=b"+OK 3 messages\r\n.\r\n"), 0, delivered=()),
    Row("LIST: messages that are not there", _REPLIES,
        server(LIST=_SIZES.replace(b".\r\n", b"7 100\r\n8 100\r\n.\r\n"),
               UIDL=uidls(b"uid-1", b"uid-2", b"uid-3").replace(b".\r\n", b"7 g\r\n8 h\r\n.\r\n"),
               RETR=lambda c, line: c.send(body(int(line.split()[1]) - 1) if int(line.split()[1]) < 4
                                           else b"-ERR no such message\r\n")), 69, "no such message",
        delivered=(0, 1, 2), lines=2),
    Row("UIDL: -ERR", _UIDL, server(UIDL=b"-ERR no\r\n"), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: empty", _UIDL, server(UIDL=b"+OK\r\n1\r\n2 \r\n3  \r\n.\r\n"), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: all the same", _UIDL, server(UIDL=uidls(b"same", b"same", b"same")), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: all the same, kept", _UIDL, server(UIDL=uidls(b"same", b"same", b"same")), 0, delivered=(0, 1, 2),
        options=("--tls", "none", "--keep"), again=None),
    Row("UIDL: of 70", _UIDL, server(UIDL=uidls(b"a" * 70, b"b" * 70, b"c" * 70)), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: of 1024", _UIDL, server(UIDL=uidls(b"a" * 1024, b"b" * 1024, b"c")), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: of 1025", _UIDL, server(UIDL=uidls(b"a" * 1025, b"b", b"c")), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: of 1025, kept", _UIDL, server(UIDL=uidls(b"a" * 1025, b"b", b"c")), 69, "usable UIDL",
        options=("--tls", "none", "--keep"), delivered=(1, 2), again=None),
    Row("UIDL: beyond a line", _UIDL, server(UIDL=uidls(b"a" * 9000)), 76, "kReplyLine"),
    Row("UIDL: with spaces", _UIDL, server(UIDL=uidls(b"a b", b"a  b", b"a b ")), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: of octets", _UIDL, server(UIDL=uidls(b"\xff\xfe", b"\0", b"\x1b[2J")), 0,
        delivered=(0, 1, 2), again=None),
    Row("UIDL: endless", _UIDL, server(UIDL=endless(b"1 x\r\n", b"+OK\r\n")), 76,
        "kMaildropMessages", deadline=60, memory=100_000),
    Row("UIDL: of other messages", _UIDL, server(UIDL=b"+OK\r\n7 a\r\n8 b\r\n.\r\n"), 0,
        delivered=(0, 1, 2), again=None),
    Row("UIDL: number 0", _UIDL, server(UIDL=b"+OK\r\n0 a\r\n.\r\n"), 76, "malformed line"),
    Row("UIDL: one number twice", _UIDL, server(UIDL=b"+OK\r\n1 a\r\n1 b\r\n.\r\n"), 76, "twice"),
    Row("UIDL: numbers of the session", _UIDL, server(messages=MESSAGES[:1], UIDL=uidls(b"1")), 0, delivered=(0,),
        then=server(messages=MESSAGES[1:], UIDL=uidls(b"1", b"2"))),
    Row("UIDL: numbers of the session, no TOP", _UIDL,
        server(("USER", "UIDL"), messages=MESSAGES[:1], UIDL=uidls(b"1")), 0, delivered=(0,),
        then=server(("USER", "UIDL"), messages=MESSAGES[1:], UIDL=uidls(b"1", b"2"),
                    LIST=b"+OK\r\n1 7\r\n2 7\r\n.\r\n")),
    Row("UIDL: numbers of the session, QUIT cut", _UIDL, server(messages=MESSAGES[:1], UIDL=uidls(b"1"), QUIT=None), 76,
        "truncated", delivered=(0,), then=server(messages=MESSAGES[1:], UIDL=uidls(b"1", b"2"))),
    Row("UIDL: listed behind its removal", _UIDL, server(), 0, delivered=(0, 1, 2), then=server()),
    Row("UIDL: a path", _PATHS, server(UIDL=uidls(b"../../../etc/passwd", b"/etc/passwd", b"..")), 0,
        delivered=(0, 1, 2), again=None),
    Row("UIDL: JSON", _PATHS, server(UIDL=uidls(b'","to":"x', b"\\u0000", b"{}")), 0, delivered=(0, 1, 2), again=None),
    Row("UIDL: no end", _ENDLESS, server(UIDL=says(b"+OK\r\n1 a\r\n")), 76, "truncated.*UIDL"),
]

BODY_ROWS = [
    Row("RETR: -ERR to one", _REPLIES, server(RETR=retr(2, b"-ERR damaged\r\n")), 69, "damaged", delivered=(0, 2),
        again=None),
    Row("RETR: nothing", _ENDLESS, server(RETR=retr(2, silence)), 75, "timed out", delivered=(0,)),
    Row("RETR: closes", _ENDLESS, server(RETR=retr(2, lambda c: False)), 76, "truncated.*RETR 2", delivered=(0,)),
    Row("RETR: RST within", _ENDLESS, server(RETR=retr(2, reset(body(1)[:100]))), 75, "lost|reset", delivered=(0,)),
    Row("RETR: cut behind +OK", _ENDLESS, server(RETR=retr(2, says(b"+OK\r\n"))), 76, "truncated", delivered=(0,)),
    Row("RETR: cut in the header", _ENDLESS, server(RETR=retr(2, says(body(1)[:60]))), 76, "truncated", delivered=(0,)),
    Row("RETR: cut in the body", _ENDLESS, server(RETR=retr(2, says(body(1)[:-30]))), 76, "truncated", delivered=(0,)),
    Row("RETR: cut before the dot", _ENDLESS, server(RETR=retr(2, says(body(1)[:-3]))), 76, "truncated",
        delivered=(0,)),
    Row("RETR: cut in the dot", _ENDLESS, server(RETR=retr(2, says(body(1)[:-1]))), 76, "truncated", delivered=(0,)),
    Row("RETR: a dot with bare LF", _SMUGGLING, server(RETR=retr(2, says(body(1)[:-3] + b".\n"))), 76, "truncated",
        delivered=(0,)),
    Row("RETR: LF dot CRLF within", _SMUGGLING, server(
        RETR=retr(1, b"+OK\r\nSubject: a\r\n\r\nb\n.\r\n-ERR smuggled\r\n.\r\n")), 0, delivered=(1, 2),
        also_delivered=(b"Subject: a\r\n\r\nb\r\n.\r\n-ERR smuggled\r\n",), again=None),
    Row("RETR: dots not stuffed", _SMUGGLING, server(RETR=retr(1, b"+OK\r\nA: b\r\n\r\n.dot\r\n..two\r\n.\r\n")), 0,
        delivered=(1, 2), also_delivered=(b"A: b\r\n\r\ndot\r\n.two\r\n",), again=None),
    Row("RETR: a lone dot within", _SMUGGLING, server(RETR=retr(1, b"+OK\r\nA: b\r\n\r\nx\r\n.\r\ny\r\n.\r\n")), 76,
        "neither", also_delivered=(b"A: b\r\n\r\nx\r\n",), again=None),
    Row("RETR: empty", _UNASKED, server(RETR=retr(1, b"+OK\r\n.\r\n")), 0, delivered=(1, 2), also_delivered=(b"",),
        again=None),
    Row("RETR: no header", _UNASKED, server(RETR=retr(1, b"+OK\r\n\r\nonly a body\r\n.\r\n")), 0, delivered=(1, 2),
        also_delivered=(b"\r\nonly a body\r\n",), again=None),
    # Nobody can tell that from a message that begins so.
    Row("RETR: unasked between", _UNASKED, server(RETR=retr(1, body(0) + b"+OK unasked\r\n")), 0, delivered=(0, 2),
        also_delivered=(b"+OK\r\n" + MESSAGES[1],), again=None),
    Row("RETR: drip without end", _ENDLESS, server(RETR=retr(2, drip(b"+OK\r\n" + b"x" * 999))), 75,
        "only \\d+ octets came in 4 s", delivered=(0,), deadline=12),
    Row("RETR: drip", _ENDLESS, server(RETR=retr(3, lambda c: (c.drip(body(2), 0.005), None)[1])), 0,
        delivered=(0, 1, 2)),
    Row("RETR: neither", _REPLIES, server(RETR=retr(2, b"OK\r\n")), 76, "neither", delivered=(0,)),
    Row("DELE: -ERR", _REPLIES, server(DELE=b"-ERR no\r\n"), 69, "DELE.*refused", delivered=(0, 1, 2), lines=3),
    Row("DELE: closes", _ENDLESS, server(DELE=None), 76, "truncated.*DELE", delivered=(0, 1, 2)),
    Row("DELE: nothing", _ENDLESS, server(DELE=silence), 75, "timed out", delivered=(0, 1, 2)),
    Row("QUIT: -ERR", _REPLIES, server(QUIT=b"-ERR some messages not removed\r\n"), 69, "not removed",
        delivered=(0, 1, 2)),
    Row("QUIT: closes", _ENDLESS, server(QUIT=None), 76, "truncated.*QUIT", delivered=(0, 1, 2)),
    Row("QUIT: nothing", _ENDLESS, server(QUIT=silence), 75, "timed out", delivered=(0, 1, 2)),
    Row("QUIT: rubbish", _REPLIES, server(QUIT=b"\x00\xff\r\n"), 76, "neither", delivered=(0, 1, 2)),
    Row("LIST: slow, in time", _ENDLESS, server(LIST=lambda c, _: (c.drip(_SIZES, 0.02), None)[1]), 0,
        delivered=(0, 1, 2)),
]

def all_rows():
    return GREETING_ROWS + LOGIN_ROWS + TLS_ROWS + LISTING_ROWS + BODY_ROWS + tls_rows()


class HostilePop3(HostileCase):
    scheme = "pop3"
    honest = staticmethod(server())

    def deleted(self, lines):
        return [int(line.split()[1]) - 1 for line in lines if re.fullmatch(rb"DELE \d+", line)]

    def test_login(self):
        self.run_rows(GREETING_ROWS + LOGIN_ROWS, again=False)

    def test_tls(self):
        self.run_rows(TLS_ROWS + tls_rows())

    def test_listing(self):
        self.run_rows(LISTING_ROWS)

    def test_messages(self):
        self.run_rows(BODY_ROWS)


if __name__ == "__main__":
    main()
