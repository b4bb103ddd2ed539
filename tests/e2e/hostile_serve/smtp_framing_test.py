"""Where commands and messages end: peers that disagree with mail-serve about it, on purpose."""

from peers.case import main
from serve_rows import DATA, END, ENVELOPE, HANG_UP, HELLO, MAIL, QUIT, RCPT, TEXT, TOKEN, HostileServeCase, Row

_SMUGGLING = "SMTP smuggling"
_LITERALS = "literals"
_CONTROLS = "CR, LF, NUL in addresses"
_NUL = "NUL, empty quoted local part"
_NESTING = "nesting and sets"
_STARTED = "220 250 250 250 354"
_INNER = MAIL + RCPT + DATA + b"Subject: " + TOKEN + b" smuggled\r\n\r\nx\r\n.\r\n"


def _smuggled(name, ends, says, stored=0):
    """A second message behind what some server takes for the end of the first."""
    return Row(f"{name}: {ends!r}", _SMUGGLING, (ENVELOPE + DATA + TEXT + b"last" + ends + _INNER + QUIT,), says,
        stored)


# None is an end: the message goes on to the CRLF.CRLF of the inner one, and is refused for what it has.
FALSE_ENDS = [_smuggled("false end", ends, f"{_STARTED} 550 221") for ends in (
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r.\n", b"\n.\r", b"\r\n.\r", b"\r\r\n.\r\r\n",
    b"\r\n.\r\r\n", b"\n\n.\n\n", b"\r\n.\0\r\n", b"\r\n\0.\r\n", b"\0\r\n.\n", b"\n.\n\r\n", b"\n\r.\n\r",
    b"\r\n.\n\n", b"\r\n\r.\r\n", b"\n.\r\r\n")]
# Nothing but CR and LF ends a line: these are text, and the message that has them is one message.
TEXT_ENDS = [_smuggled("no line end", ends, f"{_STARTED} 250 221", 1) for ends in (
    b"\r\n. \r\n", b"\r\n.\t\r\n", b"\r\n .\r\n", b"\x0b.\x0b", b"\x0c.\x0c", b"\xc2\x85.\xc2\x85", b"\x85.\x85",
    b"\xe2\x80\xa8.\xe2\x80\xa8", b"\\r\\n.\\r\\n", b"%0d%0a.%0d%0a", b"\r\n..\r\n", b"\r\n.x\r\n")]

SMUGGLING_ROWS = FALSE_ENDS + TEXT_ENDS + [
    Row("a real end, then commands", _SMUGGLING, (ENVELOPE + DATA + TEXT + END + _INNER.replace(TOKEN, b"x") + QUIT,),
        f"{_STARTED} 250 250 250 354 250 221", 1),
    Row("a message that ends at once", _SMUGGLING, (ENVELOPE + DATA + END + QUIT,), f"{_STARTED} 250 221"),
    Row("a refused message swallows what is behind a false end only", _SMUGGLING,
        (ENVELOPE + DATA + b"a\nb\r\n.\r\n" + QUIT,), f"{_STARTED} 550 221"),
    Row("cut off behind a false end", _SMUGGLING, (ENVELOPE + DATA + TEXT + b"\n.\n" + MAIL, HANG_UP), _STARTED),
    Row("cut off behind CRLF.", _SMUGGLING, (ENVELOPE + DATA + TEXT + b".", HANG_UP), _STARTED),
    Row("cut off behind CRLF.CR", _SMUGGLING, (ENVELOPE + DATA + TEXT + b".\r", HANG_UP), _STARTED),
    Row("LMTP: a false end", _SMUGGLING, (b"LHLO c.example\r\n" + MAIL + RCPT + DATA + TEXT + b"\n.\n" + _INNER + QUIT,
        ),
        f"{_STARTED} 550 221", scheme="lmtp"),
    Row("a bare LF in a header", _SMUGGLING, (ENVELOPE + DATA + b"A: b\nBcc: x\r\n\r\n.\r\n" + QUIT,),
        f"{_STARTED} 550 221"),
    Row("a bare CR in a header", _SMUGGLING, (ENVELOPE + DATA + b"A: b\rBcc: x\r\n\r\n.\r\n" + QUIT,),
        f"{_STARTED} 550 221"),
]


def _bdat(octets, last=True, size=None):
    return b"BDAT %d%s\r\n" % (len(octets) if size is None else size, b" LAST" if last else b"") + octets


CHUNK_ROWS = [
    Row("BDAT: an end of DATA is text", _SMUGGLING, (ENVELOPE + _bdat(TEXT + END + MAIL) + QUIT,),
        "220 250 250 250 250 221", 1),
    Row("BDAT: bare LF", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\n.\n\r\n") + QUIT,), "220 250 250 250 550 221"),
    Row("BDAT: bare CR", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\r.\r\r\n") + QUIT,), "220 250 250 250 550 221"),
    Row("BDAT: NUL", _NUL, (ENVELOPE + _bdat(b"A: b\0\r\n") + QUIT,), "220 250 250 250 550 221"),
    Row("BDAT: CR at the end of the last chunk", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\r\n\r\nx\r") + QUIT,),
        "220 250 250 250 550 221"),
    Row("BDAT: CR and LF in two chunks", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\r", False) + _bdat(b"\n" + TEXT) + QUIT,),
        "220 250 250 250 250 250 221", 1),
    Row("BDAT: CR and MAIL in two chunks", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\r", False) + _bdat(b"B: c\r\n") + QUIT,
        ),
        "220 250 250 250 250 550 221"),
    Row("BDAT: huge", _LITERALS, (ENVELOPE + _bdat(b"x", size=99999999999999) + QUIT, HANG_UP), "220 250 250 250"),
    Row("BDAT: 2^64 - 1", _LITERALS, (ENVELOPE + _bdat(b"x", size=2**64 - 1) + QUIT, HANG_UP), "220 250 250 250"),
    Row("BDAT: 2^64", _LITERALS, (ENVELOPE + _bdat(b"x", size=2**64) + QUIT,), "220 250 250 250 501"),
    Row("BDAT: negative", _LITERALS, (ENVELOPE + _bdat(b"x", size=-1) + QUIT,), "220 250 250 250 501"),
    Row("BDAT: signed", _LITERALS, (ENVELOPE + b"BDAT +1 LAST\r\nx" + QUIT,), "220 250 250 250 501"),
    Row("BDAT: hexadecimal", _LITERALS, (ENVELOPE + b"BDAT 0x1 LAST\r\nx" + QUIT,), "220 250 250 250 501"),
    Row("BDAT: no size", _LITERALS, (ENVELOPE + b"BDAT LAST\r\n" + QUIT,), "220 250 250 250 501"),
    Row("BDAT: junk behind the size", _LITERALS, (ENVELOPE + b"BDAT 1 FIRST\r\nx" + QUIT,), "220 250 250 250 501"),
    Row("BDAT: announced and not sent", _LITERALS, (ENVELOPE + _bdat(TEXT, size=1000), HANG_UP),
        "220 250 250 250"),
    Row("BDAT: the last chunk never comes", _LITERALS, (ENVELOPE + _bdat(TEXT, False), HANG_UP),
        "220 250 250 250( 250)?"),
    Row("BDAT without MAIL swallows its chunk", _SMUGGLING, (HELLO + b"BDAT 6 LAST\r\n" + QUIT + QUIT,),
        "220 250 503 221"),
    Row("BDAT without a recipient swallows its chunk", _SMUGGLING, (HELLO + MAIL + b"BDAT 6 LAST\r\n" + QUIT + QUIT,),
        "220 250 250 554 221"),
    Row("BDAT, then DATA", _SMUGGLING, (ENVELOPE + _bdat(b"A: b\r\n", False) + DATA + QUIT,),
        "220 250 250 250 250 503 221"),
    Row("BDAT, then RSET, then LAST", _LITERALS,
        (ENVELOPE + _bdat(TEXT, False) + b"RSET\r\n" + _bdat(b"x") + QUIT,),
        "220 250 250 250 250 250 503 221"),
]

COMMAND_ROWS = [
    Row("command: bare LF", _SMUGGLING, (HELLO + b"NOOP\n" + QUIT,), "220 250 500"),
    Row("command: bare LF after CR", _SMUGGLING, (HELLO + b"NOOP\r\r\n" + QUIT,), "220 250 500 221"),
    Row("command: bare CR", _CONTROLS, (HELLO + b"NOOP\rMAIL FROM:<>\r\n" + QUIT,), "220 250 500 221"),
    Row("command: NUL", _NUL, (HELLO + b"NO\0OP\r\n" + QUIT,), "220 250 500 221"),
    Row("command: NUL in an argument", _NUL, (HELLO + b"NOOP a\0b\r\n" + QUIT,), "220 250 50[01] 221"),
    Row("command: eight bits", _NUL, (HELLO + b"\xc3\x84HLO x\r\n" + QUIT,), "220 250 500 221"),
    Row("command: eight bits in a verb we know", _NUL, (b"EHL\xcf x\r\n" + QUIT,), "220 500 221"),
    Row("command: empty", _NUL, (b"\r\n" + QUIT,), "220 500 221"),
    Row("command: spaces", _NUL, (b"   \r\n" + QUIT,), "220 500 221"),
    Row("command: escape sequence", _CONTROLS, (b"\x1b[2JNOOP\r\n" + QUIT,), "220 500 221", never=b"\x1b"),
    Row("line: at the limit", "logging of overlong", (b"NOOP " + b"x" * 8185 + b"\r\n" + QUIT,), "220 250 221"),
    Row("line: beyond the limit", "logging of overlong", (b"NOOP " + b"x" * 9000 + b"\r\n" + QUIT,), "220 500 221"),
    Row("line: ten megabytes", "logging of overlong", (b"NOOP " + b"x" * (10 << 20) + b"\r\n" + QUIT,), "220 500 221"),
    Row("line: never ends", "logging of overlong", (b"x" * (1 << 20), HANG_UP), "220"),
    Row("line: of NULs", _NUL, (b"\0" * (1 << 20) + b"\r\n" + QUIT,), "220 500 221"),
    Row("flood: unknown commands", _NESTING, (b"BLAH\r\n" * 10000,), "220( 500){20} 421"),
    Row("flood: overlong lines", _NESTING, ((b"x" * 9000 + b"\r\n") * 1000,), "220( 500){20} 421"),
    Row("flood: NOOP", _NESTING, (b"NOOP\r\n" * 10000 + QUIT,), "220( 250){500} 421"),
    Row("flood: RSET", _NESTING, (HELLO + (MAIL + b"RSET\r\n") * 3000 + QUIT,), "220( 250){500} 421"),
    Row("flood: EHLO", _NESTING, (HELLO * 3000 + QUIT,), "220( 250){500} 421"),
    Row("flood: MAIL inside MAIL", _NESTING, (HELLO + MAIL * 1000,), "220 250 250( 503){20} 421"),
    Row("flood: empty lines", _NESTING, (b"\r\n" * 1000,), "220( 500){20} 421"),
    Row("order: DATA first", _NESTING, (DATA + TEXT + END + QUIT,), "220( 50[0-9])+ 221"),
    Row("order: RCPT before MAIL", _NESTING, (HELLO + RCPT + QUIT,), "220 250 503 221"),
    Row("order: MAIL before EHLO", _NESTING, (MAIL + RCPT + DATA + QUIT,), "220 503 503 503 221"),
    Row("order: DATA without a recipient", _NESTING, (HELLO + MAIL + DATA + TEXT + END + QUIT,),
        "220 250 250 554( 50[0-9])+ 221"),
    Row("order: what EHLO ends is gone", _NESTING, (ENVELOPE + HELLO + DATA + QUIT,), "220 250 250 250 250 503 221"),
    Row("protocol: HTTP", _SMUGGLING, (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + ENVELOPE + DATA,), "220 554"),
    Row("protocol: HTTP, proxied", _SMUGGLING, (b"CONNECT x:25 HTTP/1.1\r\n\r\n" + ENVELOPE,), "220 554"),
    Row("protocol: HTTP with a body", _SMUGGLING, (b"PUT /x HTTP/1.0\r\n\r\n" + ENVELOPE + DATA + TEXT + END,),
        "220 554"),
    Row("protocol: TLS without STARTTLS", _SMUGGLING, (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", HANG_UP), "220"),
    Row("protocol: PROXY of nobody", _CONTROLS, (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + QUIT,), "220 500 221"),
    Row("protocol: PROXY version 2", _CONTROLS,
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + b"\x7f\0\0\1" * 2 + b"\0\1\0\1", HANG_UP), "220( 50[0-9])+"),
    Row("protocol: XCLIENT of nobody", "relay tricks", (HELLO + b"XCLIENT ADDR=127.0.0.1 LOGIN=alice\r\n" + QUIT,),
        "220 250 5[05][0-9] 221"),
    Row("protocol: POP3", _SMUGGLING, (b"USER alice\r\nPASS x\r\n" + QUIT,), "220 500 500 221"),
    Row("protocol: LMTP to SMTP", _SMUGGLING, (b"LHLO x\r\n" + QUIT,), "220 500 221"),
    Row("protocol: SMTP to LMTP", _SMUGGLING, (HELLO + MAIL + QUIT,), "220 500 503 221", scheme="lmtp"),
]


def all_rows():
    return SMUGGLING_ROWS + CHUNK_ROWS + COMMAND_ROWS


class SmtpFraming(HostileServeCase):
    def test_rows(self):
        self.run_rows(all_rows())


if __name__ == "__main__":
    main()
