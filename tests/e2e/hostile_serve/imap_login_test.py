"""IMAP before the login: literals, nesting, STARTTLS, hostile SASL, guessing."""

import base64

from imap_rows import (BYE, CONTROLS, LITERALS, LOG, LOGIN, LOGOUT, NESTING, NUL, PATH, SASL, SMUGGLING,
    HostileImapCase,
                       before_login)
from peers.case import main
from serve_rows import HANG_UP, PASSWORD, TLS, Talk

_BEFORE = "commands before STARTTLS"
_AUTHZID = "authorisation identity"
_ENDED = "((NO|BAD|=BAD|=BYE) ?)+"
_RIGHT = f"\0alice\0{PASSWORD}"


def _b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode())


def _auth(name, threat, line, says, *more, **rest):
    steps = (b"a AUTHENTICATE " + line + b"\r\n",) + tuple(part for each in more for part in (2, each + b"\r\n"))
    return before_login(f"AUTHENTICATE: {name}", threat, steps + (b"s STATUS INBOX (MESSAGES)\r\n" + LOGOUT,),
                        f"{says} (BAD|NO){BYE}", **rest)


def _plain(name, threat, message, says="(NO|BAD)", **more):
    return _auth(f"PLAIN {name}", threat, b"PLAIN " + _b64(message), says, **more)


LITERAL_ROWS = [
    before_login("a literal of 1 GB", LITERALS, (b"a LOGIN {1000000000}\r\n", HANG_UP), "(NO|BAD)( =BYE)?"),
    before_login("a literal of 4 GB and more", LITERALS, (b"a LOGIN {4294967301}\r\n", HANG_UP), _ENDED),
    before_login("a literal of 2^64+1", LITERALS, (b"a LOGIN {18446744073709551617}\r\n", HANG_UP), _ENDED),
    before_login("a long number", LITERALS, (b"a LOGIN {" + b"9" * 5000 + b"}\r\n", HANG_UP), _ENDED),
    before_login("a literal of 1 GB that is not asked for", LITERALS,
                 (b"a LOGIN {1000000000+}\r\n" + b"x" * 300000, HANG_UP), _ENDED),
    before_login("a literal of 64 KB that is not asked for", LITERALS,
                 (b"a LOGIN {65536+}\r\n" + b"x" * 65536 + b" x\r\nb NOOP\r\n" + LOGOUT, HANG_UP),
                 f"((NO|BAD) OK{BYE}|{_ENDED})"),
    before_login("64 KB hold commands", LITERALS,
                 (b"a LOGIN {65536+}\r\n" + b"b NOOP\r\nc NOOP\r\n" * 4096 + b" x\r\n", HANG_UP),
                 f"((NO|BAD)|{_ENDED})"),
    before_login("negative", LITERALS, b"a LOGIN {-1}\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("no number", LITERALS, b"a LOGIN {}\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("not closed", LITERALS, b"a LOGIN {5\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("a tail", LITERALS, b"a LOGIN {5}x\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("hexadecimal", LITERALS, b"a LOGIN {0x5}\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("leading zeros", LITERALS, (b"a LOGIN {000005+}\r\nalice wrong\r\n" + LOGOUT, HANG_UP),
                 f"((NO|BAD){BYE}|{_ENDED})"),
    before_login("an empty one", LITERALS, b"a LOGIN {0+}\r\n {0+}\r\n\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    before_login("a thousand in a command", LITERALS, (b"a LOGIN" + b" {1+}\r\nx" * 1000 + b"\r\n", HANG_UP), _ENDED),
    before_login("a thousand commands with 8 KB each", LITERALS,
                 (b"".join(b"a%d LOGIN {8000+}\r\n" % n + b"x" * 8000 + b" y\r\n" for n in range(200)), HANG_UP),
                     _ENDED),
    before_login("announced and not sent", LITERALS, (b"a LOGIN {5}\r\n", HANG_UP), "?(>|BAD)?( ?=BYE)?"),
    before_login("announced, half sent", LITERALS, (b"a LOGIN {5+}\r\nal", HANG_UP), "?=BYE"),
    before_login("literal8 for a name", LITERALS, b"a LOGIN ~{5+}\r\nalice x\r\n" + LOGOUT,
                 f"(NO|BAD)( =?BAD)*{BYE}|{_ENDED}"),
    before_login("a literal where none can be", LITERALS, (b"a NOOP {5}\r\n", HANG_UP), "?>( BAD)?( =BYE)?"),
    before_login("a literal for a tag", LITERALS, (b"{5+}\r\nabcde NOOP\r\n" + LOGOUT, HANG_UP), f"=?BAD.*|{_ENDED}"),
    before_login("a line of 1 MB", LOG, (b"a LOGIN " + b"a" * (1 << 20) + b"\r\n", HANG_UP), _ENDED),
    before_login("a line without end", LOG, (b"a" * (4 << 20), HANG_UP), "?" + _ENDED),
    before_login("a tag of 900", LOG, (b"a" * 900 + b" NOOP\r\n" + LOGOUT, HANG_UP), f"(OK|=?BAD){BYE}|{_ENDED}"),
]

GRAMMAR_ROWS = [
    before_login("a NUL", NUL, b"a NO\0OP\r\n" + LOGOUT, f"=?BAD{BYE}"),
    before_login("a NUL in a quoted string", NUL, b"a LOGIN \"al\0ice\" x\r\n" + LOGOUT, f"=?BAD{BYE}"),
    before_login("a NUL in a literal", NUL, b"a LOGIN {6+}\r\nalic\0e x\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    before_login("a NUL behind the right password", NUL,
                 b"a LOGIN alice {%d+}\r\n%s\0\r\n" % (len(PASSWORD) + 1, PASSWORD.encode()) + LOGOUT,
                 f"(NO|BAD){BYE}"),
    before_login("bad UTF-8", NUL, b"a LOGIN \"\xff\xfe\" x\r\n" + LOGOUT, f"(NO|=?BAD){BYE}"),
    before_login("a bare LF", SMUGGLING, (b"a NOOP\nb NOOP\r\n" + LOGOUT, HANG_UP), f"=?BAD.*|{_ENDED}"),
    before_login("a bare CR", CONTROLS, b"a NOOP\rb NOOP\r\n" + LOGOUT, f"=?BAD{BYE}"),
    before_login("a quoted line end", CONTROLS, b"a LOGIN \"ali\r\nce\" x\r\n" + LOGOUT, f"=?BAD =?BAD{BYE}"),
    before_login("a line end in a literal", CONTROLS, b"a LOGIN {7+}\r\na\r\nlice x\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    before_login("an escape in a tag", CONTROLS, b"\x1b[2J NOOP\r\n" + LOGOUT, f"=?BAD{BYE}", never=b"\x1b"),
    before_login("a tag that would begin a response", CONTROLS, b"* NOOP\r\n+ NOOP\r\n" + LOGOUT, f"=?BAD =?BAD{BYE}"),
    before_login("no tag", NESTING, b"NOOP\r\n\r\n \r\n" + LOGOUT, f"=?BAD( =?BAD)*{BYE}"),
    before_login("parentheses", NESTING, (b"a LOGIN " + b"(" * 7000 + b"\r\n" + LOGOUT, HANG_UP), f"BAD{BYE}|{_ENDED}"),
    before_login("parentheses in ID", NESTING, b"a ID " + b"(" * 4000 + b")" * 4000 + b"\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("a long ID", NESTING, b"a ID (" + b" ".join(b'"k%d" "v"' % n for n in range(60)) + b")\r\n" + LOGOUT,
                 f"(OK|BAD){BYE}"),
    before_login("sets before the login", NESTING, b"a FETCH 1:4294967295 FLAGS\r\nb SEARCH 1:*\r\n" + LOGOUT,
                 f"(BAD|NO) (BAD|NO){BYE}"),
    before_login("commands before the login", NESTING,
                 b"".join(b"a%d %s\r\n" % (n, line) for n, line in enumerate(
                     (b"SELECT INBOX", b"LIST \"\" *", b"CREATE x", b"GETACL INBOX", b"NOTIFY NONE", b"IDLE"))) +
                         LOGOUT,
                 f"(BAD |NO ){{6}}=BYE OK"),
    before_login("unknown commands", NESTING, (b"a XYZZY\r\n" * 1000, HANG_UP), "(BAD ){3,25}=BYE"),
    before_login("commands without end", NESTING, (b"a CAPABILITY\r\n" * 3000, HANG_UP), "(OK ){10,200}(=BYE|BAD.*)"),
    before_login("HTTP", SMUGGLING, (b"POST / HTTP/1.1\r\nHost: x\r\n\r\na LOGOUT\r\n", HANG_UP), "(=?BAD ?)+.*"),
    before_login("SMTP", SMUGGLING, (b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<alice@example.org>\r\n", HANG_UP),
                 "(=?BAD ?)+.*"),
    before_login("a long name", LOG, b"a LOGIN " + b"a" * 4000 + b" x\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    before_login("a name that is JSON", LOG, b"a LOGIN {20+}\r\n\",\"ok\":true,\"x\":\"..  x\r\n" + LOGOUT,
                 f"(NO|BAD){BYE}"),
    before_login("formats", LOG, b"a LOGIN {6+}\r\n%n%s%x {2+}\r\n%n\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
]

TLS_ROWS = [
    before_login("STARTTLS with a command behind it", _BEFORE, (b"a STARTTLS\r\n" + LOGIN,), "?(OK|BAD|NO)?( ?=BYE)?"),
    before_login("STARTTLS with one octet behind it", _BEFORE, (b"a STARTTLS\r\nx",), "?(OK|BAD|NO)?( ?=BYE)?"),
    before_login("STARTTLS, then a command instead of a handshake", _BEFORE, (b"a STARTTLS\r\n", 2, LOGIN), "OK"),
    before_login("STARTTLS with an argument", _BEFORE, b"a STARTTLS now\r\n" + LOGOUT, f"BAD{BYE}"),
    before_login("STARTTLS twice", _BEFORE, (b"a STARTTLS\r\n", 2, TLS, b"b STARTTLS\r\n" + LOGOUT),
        f"OK (BAD|NO){BYE}"),
    before_login("STARTTLS after the login", _BEFORE, LOGIN + b"a STARTTLS\r\n" + LOGOUT, f"OK (BAD|NO){BYE}"),
    before_login("STARTTLS, with half of a command before it", _BEFORE, (b"a LOGIN {5+}\r\nalice\r\nb STARTTLS\r\n",
        3, TLS,
                                                                         LOGOUT), f"BAD OK{BYE}"),
]

AUTH_ROWS = [
    _auth("nothing", SASL, b"", "BAD"), _auth("unknown", SASL, b"X-UNKNOWN", "(NO|BAD)"),
    _auth("a path", PATH, b"../PLAIN", "(NO|BAD)"), _auth("three words", SASL, b"PLAIN a b", "BAD"),
    _auth("a long name", LOG, b"P" * 5000, "(NO|BAD)"), _auth("no base64", SASL, b"PLAIN !!!!", "(NO|BAD)"),
    _auth("half of base64", SASL, b"PLAIN AGE", "(NO|BAD)"), _auth("an empty response", SASL, b"PLAIN =", "(NO|BAD)"),
    _auth("abandoned", SASL, b"PLAIN", "> (NO|BAD)", b"*"), _auth("LOGIN abandoned", SASL, b"LOGIN", "> (NO|BAD)",
        b"*"),
    _auth("no base64 in a response", SASL, b"LOGIN", "> (NO|BAD)", b"al!ce"),
    _auth("a response of 64 KB", SASL, b"PLAIN", "> (NO|BAD)( =?BAD)*", _b64("\0alice\0" + "w" * 40000)),
    _auth("a command for a response", SASL, b"PLAIN", "> (NO|BAD)", b"b LOGOUT"),
    _plain("without NULs", SASL, "alice"), _plain("with one", SASL, "alice\0secret"),
    _plain("with a NUL and more", NUL, _RIGHT + "\0x"), _plain("a password with a tail", SASL, _RIGHT + " "),
    _plain("a prefix", SASL, _RIGHT[:-1]), _plain("bad UTF-8", NUL, b"\0\xff\xfe\0secret"),
    _plain("a path", PATH, f"\0../alice\0{PASSWORD}"), _plain("escape", CONTROLS, "\0\x1b[2J\0x"),
    _plain("for another", _AUTHZID, f"bob\0alice\0{PASSWORD}"),
    _plain("for an empty other", _AUTHZID, f" \0alice\0{PASSWORD}"),
    _plain("for root", _AUTHZID, f"root\0alice\0{PASSWORD}"),
    _plain("of another, with the own password", _AUTHZID, f"\0bob\0{PASSWORD}"),
    before_login("AUTHENTICATE: for oneself", _AUTHZID, b"a AUTHENTICATE PLAIN " + _b64("alice" + _RIGHT) + b"\r\n" +
        LOGOUT,
                 f"OK{BYE}"),
    before_login("AUTHENTICATE: twice", SASL, (b"a AUTHENTICATE PLAIN " + _b64(_RIGHT) + b"\r\n") * 2 + LOGOUT,
                 f"OK BAD{BYE}"),
    before_login("guessing", SASL, (b"".join(b"a%d LOGIN alice guess%d\r\n" % (n, n) for n in range(50)), HANG_UP),
                 "(NO ){2,5}=BYE"),
    before_login("guessing by AUTHENTICATE", SASL,
                 (b"".join(b"a%d AUTHENTICATE PLAIN %s\r\n" % (n, _b64(f"\0alice\0guess{n}")) for n in range(50)),
                     HANG_UP),
                 "(NO ){2,5}=BYE"),
    before_login("beginning and abandoning without end", SASL, (b"a AUTHENTICATE PLAIN\r\n*\r\n" * 500, HANG_UP),
                 "(> (NO|BAD) ){2,50}=BYE"),
    before_login("a login in a literal of another command", SASL,
                 b"a NOOP\r\nb LOGIN {4+}\r\nbob\0 x\r\n" + LOGOUT, f"OK (NO|BAD){BYE}"),
] + [before_login(f"name {name!r}", PATH, b"a LOGIN {%d+}\r\n%s x\r\n" % (len(name), name) + LOGOUT, f"(NO|BAD){BYE}")
     for name in (b"../bob", b"alice/../bob", b"/etc/passwd", b".", b"..", b"%u", b"alice/", b".alice", b"alice%2f..",
                  b"~alice", b"-rf", b"$(id)", b"|id")]


def all_rows():
    return LITERAL_ROWS + GRAMMAR_ROWS + TLS_ROWS + AUTH_ROWS


class ImapLogin(HostileImapCase):
    def test_rows(self):
        self.run_rows(all_rows())

    def test_a_refusal_does_not_tell_who_exists(self):
        said = {}
        for name in (b"alice", b"nobody-of-that-name"):
            talk = Talk(self.server.port("imap"), 10)
            talk.run((b"a LOGIN " + name + b" wrong\r\n" + LOGOUT,))
            said[name] = talk.said
        self.assertEqual(*said.values())


if __name__ == "__main__":
    main()
