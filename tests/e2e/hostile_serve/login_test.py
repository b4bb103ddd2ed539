"""Logins that mean harm, over SMTP and POP3: hostile SASL, other people's names, guessing, and what a refusal tells."""

import base64
import re

from peers.case import main
from serve_rows import (DATA, END, ENVELOPE, HANG_UP, HELLO, MAIL, PASSWORD, QUIT, RCPT, TEXT, TLS, HostileServeCase,
                        Row, Talk)

_SASL = "hostile SASL"
_AUTHZID = "authorisation identity"
_NUL = "NUL, empty quoted local part"
_PATH = "path traversal"
_CONTROLS = "CR, LF, NUL in addresses"
_LOG = "logging of overlong"
_NESTING = "nesting and sets"
_RIGHT = f"\0alice\0{PASSWORD}"


def _b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode())


def _auth(name, threat, line, says, *more, **rest):
    """AUTH of SMTP; `more` are the lines that follow. What comes behind shows whether it is a login: it would relay."""
    steps = (HELLO, 2, b"AUTH " + line + b"\r\n") + tuple(part for each in more for part in (1, each + b"\r\n")) + (
        1, MAIL + b"RCPT TO:<victim@other.example>\r\n" + QUIT)
    return Row(f"AUTH: {name}", threat, steps, f"220 250 (?:{says}) 250 550 221", **rest)


def _plain(name, threat, message, says="535|501", **more):
    return _auth(f"PLAIN {name}", threat, b"PLAIN " + _b64(message), says, **more)


_PROOF = b"p=" + _b64(b"p" * 32)
_SCRAM = b"SCRAM-SHA-256 " + _b64("n,,n=alice,r=abc")
# What the client of SCRAM says first, with the replies of SMTP.
_FIRST = [("nothing at all", _SASL, b"", "501"), ("no name", _SASL, b"n,,n=,r=abc", "501"),
          ("no nonce", _SASL, b"n,,n=alice,r=", "501"), ("an extension", _SASL, b"n,,m=x,n=alice,r=abc", "501"),
          ("half an escape", _SASL, b"n,,n=al=2ice,r=abc", "501"), ("a NUL", _NUL, b"n,,n=al\0ice,r=abc", "501"),
          ("bad UTF-8", _NUL, b"n,,n=\xff,r=abc", "501"), ("a line end", _CONTROLS, b"n,,n=al\r\nice,r=abc", "501"),
          ("for another", _AUTHZID, b"n,a=bob,n=alice,r=abc", "535")]
# What it says then, with a nonce that is none of the server.
_FINAL = [("another nonce", b"c=biws,r=abc," + _PROOF, "535"), ("no proof", b"c=biws,r=abc", "501"),
          ("a short proof", b"c=biws,r=abc,p=AAAA", "501"), ("another channel", b"c=eSws,r=abc," + _PROOF, "535"),
          ("nothing", b"", "501"), ("the first again", b"n,,n=alice,r=abc", "501")]

AUTH_ROWS = [
    _auth("nothing", _SASL, b"", "501"), _auth("unknown", _SASL, b"X-UNKNOWN", "504"),
    _auth("a path", _PATH, b"../PLAIN", "504"),
    _auth("three words", _SASL, b"PLAIN a b", "501"), _auth("a long name", _LOG, b"P" * 5000, "504"),
    _auth("CRAM-MD5 unasked", _SASL, b"CRAM-MD5", "504"), _auth("GSSAPI", _SASL, b"GSSAPI", "504"),
    _auth("no base64", _SASL, b"PLAIN !!!!", "501"), _auth("half of base64", _SASL, b"PLAIN AGE", "501"),
    _auth("base64 with padding inside", _SASL, b"PLAIN AA==AA==", "501"),
    _auth("an empty response", _SASL, b"PLAIN =", "501|535"),
    _auth("abandoned", _SASL, b"PLAIN", "334 501", b"*"), _auth("LOGIN abandoned", _SASL, b"LOGIN", "334 501", b"*"),
    _auth("LOGIN abandoned later", _SASL, b"LOGIN", "334 334 501", _b64("alice"), b"*"),
    _auth("no base64 in a response", _SASL, b"LOGIN", "334 501", b"alice"),
    _auth("LOGIN with an empty password", _SASL, b"LOGIN", "334 334 (535|501)", _b64("alice"), b""),
    *(_auth(f"SCRAM, {name}", threat, b"SCRAM-SHA-256 " + (_b64(first) or b"="), says)
      for name, threat, first, says in _FIRST),
    *(_auth(f"SCRAM, then {name}", _SASL, _SCRAM, f"334 {says}", _b64(final)) for name, final, says in _FINAL),
    _auth("SCRAM abandoned", _SASL, _SCRAM, "334 501", b"*"),
    _auth("SCRAM, a long name", _LOG, b"SCRAM-SHA-256 " + _b64(b"n,,n=" + b"a" * 5000 + b",r=abc"), "334 501", b"*"),
    _auth("SCRAM, then a NUL", _NUL, _SCRAM, "334 501", _b64("\0")),
    _auth("SCRAM of nobody looks the same", _SASL, b"SCRAM-SHA-256 " + _b64("n,,n=nobody,r=abc"), "334 535",
          _b64(b"c=biws,r=abc," + _PROOF), text=rb"334 [A-Za-z0-9+/=]{60}"),
    _auth("-PLUS without TLS", _SASL, b"SCRAM-SHA-256-PLUS " + _b64("p=tls-exporter,,n=alice,r=abc"), "504"),
    Row("AUTH: -PLUS was taken out of the list", _SASL,
        (TLS, HELLO, 2, b"AUTH SCRAM-SHA-256 " + _b64("y,,n=alice,r=abc") + b"\r\n" + QUIT,), "220 250 535 221",
        scheme="smtps"),
    _auth("a response of 64 KB", _SASL, b"PLAIN", "334 500", _b64("\0alice\0" + "w" * 65000)),
    _auth("a command for a response", _SASL, b"PLAIN", "334 501", b"QUIT"),
    Row("AUTH: bare LF in a response", _SASL, (HELLO, 2, b"AUTH LOGIN\r\n", 1, b"YWxpY2U=\nKg==\r\n" + QUIT),
        "220 250 334 500"),
    _plain("without NULs", _SASL, "alice"), _plain("with one", _SASL, "alice\0secret"),
    _plain("with three", _SASL, _RIGHT + "\0"), _plain("with a NUL and more", _NUL, _RIGHT + "\0x"),
    _plain("without a name", _SASL, f"\0\0{PASSWORD}"), _plain("without a password", _SASL, "\0alice\0"),
    _plain("right password, other case", _SASL, f"\0alice\0{PASSWORD.upper()}"),
    _plain("a password with a tail", _SASL, f"\0alice\0{PASSWORD} "),
    _plain("a prefix", _SASL, f"\0alice\0{PASSWORD[:-1]}"),
    _plain("bad UTF-8", _NUL, b"\0\xff\xfe\0secret"), _plain("overlong UTF-8", _NUL, b"\0\xc0\xafalice\0secret"),
    _plain("a path", _PATH, f"\0../alice\0{PASSWORD}"), _plain("an absolute path", _PATH, "\0/etc/passwd\0x"),
    _plain("dot", _PATH, "\0.\0x"), _plain("a line end", _CONTROLS, "\0alice\r\nMAIL\0x"),
    _plain("escape", _CONTROLS, "\0\x1b[2J\0x"),
    _plain("a long name", _LOG, "\0" + "a" * 5000 + "\0x"), _plain("JSON", _LOG, '\0","ok":true,"x":"\0x',
        event={"event": "login", "ok": False}),
    _plain("formats", _LOG, "\0%n%s%x\0%n"),
    _plain("for another", _AUTHZID, f"bob\0alice\0{PASSWORD}", "535"),
    _plain("for an empty other", _AUTHZID, f" \0alice\0{PASSWORD}", "535"),
    _plain("for root", _AUTHZID, f"root\0alice\0{PASSWORD}", "535"),
    _plain("for another case", _AUTHZID, f"BOB\0alice\0{PASSWORD}", "535"),
    _plain("for another with a NUL", _AUTHZID, f"bob\0alice\0{PASSWORD}\0", "535|501"),
    _plain("of another, with the own password", _AUTHZID, f"\0bob\0{PASSWORD}", "535"),
    Row("AUTH: for oneself", _AUTHZID, (HELLO, 2, b"AUTH PLAIN " + _b64(f"alice{_RIGHT}") + b"\r\n", 1, QUIT),
        "220 250 235 221"),
    Row("AUTH: twice", _SASL, (HELLO + (b"AUTH PLAIN " + _b64(_RIGHT) + b"\r\n") * 2 + QUIT,), "220 250 235 503 221"),
    Row("AUTH: in a transaction", _SASL, (HELLO + MAIL + b"AUTH PLAIN " + _b64(_RIGHT) + b"\r\n" + QUIT,),
        "220 250 250 503 221"),
    Row("AUTH: before EHLO", _SASL, (b"AUTH PLAIN " + _b64(_RIGHT) + b"\r\n" + QUIT,), "220 503 221"),
    Row("AUTH: after HELO", _SASL, (b"HELO x\r\nAUTH PLAIN " + _b64(_RIGHT) + b"\r\n" + QUIT,), "220 250 503 221"),
    Row("AUTH: guessing", _SASL, (HELLO + b"".join(b"AUTH PLAIN " + _b64(f"\0alice\0guess{n}") + b"\r\n"
        for n in range(50)),),
        "220 250( 535){3} 421"),
    Row("AUTH: guessing with RSET and EHLO between", _SASL,
        (b"".join(HELLO + b"AUTH PLAIN " + _b64(f"\0alice\0guess{n}") + b"\r\nRSET\r\n" for n in range(50)),),
        "220( 250 535 250){2} 250 535 421"),
    Row("AUTH: beginning and abandoning without end", _SASL, (HELLO + b"AUTH LOGIN\r\n*\r\n" * 500,),
        "220 250( 334 501){20} 421"),
    Row("AUTH: cut off in it", _SASL, (HELLO + b"AUTH LOGIN\r\n", HANG_UP), "220 250 334"),
    Row("AUTH: a failed one lets nothing through", _SASL,
        (ENVELOPE + DATA + TEXT + END + b"AUTH PLAIN " + _b64("\0alice\0no") + b"\r\n" + MAIL + RCPT + QUIT,),
        "220 250 250 250 354 250 535 250 250 221", 1),
]


def _pop(name, threat, lines, says, **more):
    return Row(f"POP3: {name}", threat, (b"".join(line + b"\r\n" for line in lines) + QUIT,), says, scheme="pop3",
        **more)


def _pop_sasl(name, threat, first, *more, says="\\+ -( [-+])?", **rest):
    steps = (b"AUTH " + first + b"\r\n",) + tuple(part for each in more for part in (2, each + b"\r\n"))
    return Row(f"POP3 AUTH: {name}", threat, steps + (b"STAT\r\n" + QUIT,), says, scheme="pop3", **rest)


_NAMES = [b"../bob", b"alice/../bob", b"/etc/passwd", b".", b"..", b"%u", b"alice/", b"alice/.", b".alice",
    b"alice:2,S",
          b"alice%2f..", b"\\..\\alice", b"alice/new", b"~", b"~alice", b"alice.", b"-rf", b"$(id)", b"|id", b"a;b"]
POP3_ROWS = [_pop(f"name {name!r}", _PATH, [b"USER " + name, b"PASS " + PASSWORD.encode()],
    r"\+ (\+|-) - \+") for name in _NAMES] + [
    _pop("NUL in a name", _NUL, [b"USER alice\0x", b"PASS x"], r"\+ - - \+"),
    _pop("NUL behind the right password", _NUL, [b"USER alice", b"PASS " + PASSWORD.encode() + b"\0"], r"\+ \+ - \+"),
    _pop("escape in a name", _CONTROLS, [b"USER \x1b[2J"], r"\+ - \+", never=b"\x1b"),
    _pop("bad UTF-8 in a name", _NUL, [b"USER \xff\xfe", b"PASS x"], r"\+ - - \+"),
    _pop("no name", _NUL, [b"USER", b"USER ", b"PASS x"], r"\+ - - - \+"),
    _pop("PASS first", _NESTING, [b"PASS " + PASSWORD.encode()], r"\+ - \+"),
    _pop("an empty password", _SASL, [b"USER alice", b"PASS", b"PASS "], r"\+ \+ - - \+"),
    _pop("a space behind the password", _SASL, [b"USER alice", b"PASS " + PASSWORD.encode() + b" "], r"\+ \+ - \+"),
    _pop("a long name", _LOG, [b"USER " + b"a" * 8000, b"PASS x"], r"\+ \+ - \+|\+ - - \+"),
    _pop("a name that is JSON", _LOG, [b'USER ","ok":true,"x":"', b"PASS x"], r"\+ \+ - \+",
        event={"event": "login", "ok": False}),
    _pop("formats", _LOG, [b"USER %n%s%x", b"PASS %n"], r"\+ \+ - \+"),
    _pop("APOP without words", _SASL, [b"APOP", b"APOP alice"], r"\+ - - \+"),
    _pop("APOP with a bad digest", _SASL, [b"APOP alice " + b"g" * 32, b"APOP alice " + b"0" * 31], r"\+ - - \+"),
    _pop("APOP with a NUL", _NUL, [b"APOP alice\0 " + b"0" * 32], r"\+ - \+"),
    _pop("commands before the login", _NESTING, [b"STAT", b"LIST", b"RETR 1", b"DELE 1", b"UIDL", b"TOP 1 0", b"RSET"],
         r"\+ - - - - - - - \+"),
    Row("POP3: guessing", _SASL, (b"".join(b"USER alice\r\nPASS guess%d\r\n" % n for n in range(50)),),
        r"\+( \+ -){3}( -)?",
        scheme="pop3"),
    Row("POP3: guessing by APOP", _SASL, ((b"APOP alice " + b"0" * 32 + b"\r\n") * 50,), r"\+( -){3,4}", scheme="pop3"),
    Row("POP3: unknown commands", _NESTING, (b"XYZZY\r\n" * 1000,), r"\+( -){20,21}", scheme="pop3"),
    Row("POP3: CAPA without end", _NESTING, (b"CAPA\r\n" * 3000 + QUIT,), r"\+( \+){100} -", scheme="pop3"),
    Row("POP3: a bare LF", "SMTP smuggling", (b"USER alice\nPASS x\r\n" + QUIT,), r"\+ -( -| \+)?", scheme="pop3"),
    Row("POP3: a bare CR", _CONTROLS, (b"USER alice\rPASS x\r\n" + QUIT,), r"\+ - \+", scheme="pop3"),
    Row("POP3: a line of 1 MB", _LOG, (b"USER " + b"a" * (1 << 20) + b"\r\n",), r"\+ -", scheme="pop3"),
    Row("POP3: HTTP", "SMTP smuggling", (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER alice\r\n" + QUIT,),
        r"\+( -)+( \+){0,2}", scheme="pop3"),
    Row("POP3: SMTP", "SMTP smuggling", (ENVELOPE + DATA + TEXT + END + QUIT,), r"\+( -)+ \+", scheme="pop3"),
    _pop_sasl("unknown", _SASL, b"X-UNKNOWN", says=r"\+ - - \+"),
    _pop_sasl("a path", _PATH, b"../PLAIN", says=r"\+ - - \+"),
    _pop_sasl("abandoned", _SASL, b"PLAIN", b"*", says=r"\+ > - - \+"),
    _pop_sasl("no base64", _SASL, b"PLAIN", b"!!!", says=r"\+ > - - \+"),
    _pop_sasl("LOGIN abandoned", _SASL, b"LOGIN", b"*", says=r"\+ > - - \+"),
    _pop_sasl("SCRAM abandoned", _SASL, _SCRAM, b"*", says=r"\+ > - - \+"),
    _pop_sasl("SCRAM with another nonce", _SASL, _SCRAM, _b64(b"c=biws,r=abc," + _PROOF), says=r"\+ > - - \+"),
    _pop_sasl("SCRAM for another", _AUTHZID, b"SCRAM-SHA-256 " + _b64("n,a=bob,n=alice,r=abc"), says=r"\+ - - \+"),
    _pop_sasl("for another", _AUTHZID, b"PLAIN " + _b64(f"bob\0alice\0{PASSWORD}"), says=r"\+ - - \+"),
    _pop_sasl("NULs", _NUL, b"PLAIN " + _b64(_RIGHT + "\0x"), says=r"\+ - - \+"),
    _pop_sasl("bad UTF-8", _NUL, b"PLAIN " + _b64(b"\0\xff\0x"), says=r"\+ - - \+"),
    _pop_sasl("a path in a name", _PATH, b"PLAIN " + _b64(f"\0../alice\0{PASSWORD}"), says=r"\+ - - \+"),
]


def all_rows():
    return AUTH_ROWS + POP3_ROWS


class Login(HostileServeCase):
    def test_rows(self):
        self.run_rows(all_rows())

    def test_a_refusal_does_not_tell_who_exists(self):
        said = {}
        for name in ("alice", "nobody-of-that-name"):
            smtp = Talk(self.server.port("smtp"), 10)
            smtp.run((HELLO, 2, b"AUTH PLAIN " + _b64(f"\0{name}\0wrong") + b"\r\n" + QUIT,))
            pop3 = Talk(self.server.port("pop3"), 10)
            pop3.run((b"USER " + name.encode() + b"\r\nPASS wrong\r\n" + QUIT,))
            said[name] = (smtp.said, re.sub(rb"<[^>]*>", b"", pop3.said))
        self.assertEqual(*said.values())


if __name__ == "__main__":
    main()
