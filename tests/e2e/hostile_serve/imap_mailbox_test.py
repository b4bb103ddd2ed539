"""IMAP after the login: names that are paths, patterns that explode, nesting, sets, hostile messages."""

import zlib

from imap_rows import (BYE, CONTROLS, LITERALS, LOG, LOGOUT, NESTING, NUL, PATH, SMUGGLING, HostileImapCase,
    after_login)
from peers.case import main
from serve_rows import HANG_UP, TEXT

_ENDED = "((NO|BAD|=BAD|=BYE) ?)+"
_SELECT = b"s SELECT INBOX\r\n"
_SELECTED = "(=OK )+OK"
_PATHS = [b"../escaped", b"../../escaped", b"/escaped", b"/tmp/escaped", b"x/../../escaped",
    b"x/../../../bob/escaped", b".",
          b"..", b"./escaped", b"../bob", b"../bob/escaped", b"..escaped", b".escaped", b"x/.escaped", b"x/..",
          b"x//escaped",
          b"//escaped", b"~/escaped", b"~bob/escaped", b"x/./escaped", b"escaped/", b"INBOX/../escaped",
          b"x\\..\\escaped",
          b"escaped:2,S", b"x.escaped", b"..", b"cur", b"new/escaped", b"tmp", b".mailpipe-index", b"&AC8-escaped",
          b"&AC4ALg-/escaped", b"&AAAA-escaped", b"&Jjo", b"&Jjo!", b"&U,BTFw-&ZeVnLIqe-", b"&AGE-"]
_FORBIDDEN_LATER = b"a CREATE {7+}\r\nesc\0ped\r\n"


def _name(name):
    """Every command that takes the name of a mailbox."""
    quoted = b"{%d+}\r\n%s" % (len(name), name)
    lines = [b"CREATE " + quoted, b"SELECT " + quoted, b"EXAMINE " + quoted, b"STATUS " + quoted + b" (MESSAGES)",
             b"SUBSCRIBE " + quoted, b"RENAME " + quoted + b" moved", b"APPEND " + quoted + b" {6+}\r\na: b\r\n",
             b"GETACL " + quoted, b"GETMETADATA " + quoted + b" /private/comment", b"DELETE " + quoted]
    text = b"".join(b"a%d %s\r\n" % (number, line) for number, line in enumerate(lines))
    return after_login(f"name {name!r}", PATH, text + LOGOUT, f"((=OK )*(OK|NO|BAD) ){{{len(lines)}}}=BYE OK",
                       never=rb"root:|/var/|/tmp/mailpipe|No such file")


NAME_ROWS = [_name(name) for name in dict.fromkeys(_PATHS)] + [
    after_login("a NUL in a name", NUL, _FORBIDDEN_LATER + LOGOUT, f"(NO|BAD){BYE}"),
    after_login("a line end in a name", CONTROLS, b"a CREATE {9+}\r\nesc\r\naped\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    after_login("an escape in a name", CONTROLS, b"a CREATE {8+}\r\nesc\x1baped\r\n" + LOGOUT, f"(NO|BAD){BYE}",
                never=b"\x1b"),
    after_login("8-bit in a name", NUL, b"a CREATE {4+}\r\nx\xff\xfey\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    after_login("a name of 4000", LOG, b"a CREATE " + b"n" * 4000 + b"\r\n" + LOGOUT, f"(NO|BAD){BYE}"),
    after_login("a thousand levels", NESTING, b"a CREATE " + b"/".join([b"n"] * 1000) + b"\r\n" + LOGOUT,
        f"(NO|BAD){BYE}"),
    after_login("an empty name", PATH, b'a CREATE ""\r\nb SELECT ""\r\nc DELETE ""\r\n' + LOGOUT,
                f"(NO|BAD) (NO|BAD) (NO|BAD){BYE}"),
    after_login("INBOX made and removed", PATH, b"a CREATE inbox\r\nb DELETE InBox\r\n" + LOGOUT, f"NO NO{BYE}"),
    after_login("a mailbox below itself", PATH, b"a CREATE r1\r\nb RENAME r1 r1/r2\r\n" + LOGOUT,
        f"OK (OK|NO|BAD){BYE}"),
]

PATTERN_ROWS = [
    after_login("wildcards without end", NESTING,
                b"a CREATE " + b"a" * 100 + b"\r\nb LIST \"\" " + b"*a" * 1000 + b"b\r\n" + LOGOUT,
                f"(OK|NO) (OK|NO|BAD){BYE}"),
    after_login("percents without end", NESTING,
                b"a CREATE " + b"/".join([b"a" * 20] * 5) + b"\r\nb LIST \"\" " + b"%*" * 500 + b"/b\r\n" + LOGOUT,
                f"(OK|NO) (OK|NO|BAD){BYE}"),
    after_login("a thousand patterns", NESTING, b"a LIST \"\" (" + b" ".join([b"*a*"] * 1000) + b")\r\n" + LOGOUT,
                f"(OK|NO|BAD){BYE}"),
    after_login("a reference that is a path", PATH, b"a LIST \"../bob/\" *\r\nb LIST / *\r\nc LIST ~bob *\r\n" + LOGOUT,
                f"(OK|NO|BAD) (OK|NO|BAD) (OK|NO|BAD){BYE}", never=rb"passwd|Other Users/bob"),
]

NESTING_ROWS = [
    after_login("SEARCH of parentheses", NESTING, _SELECT + b"a SEARCH " + b"(" * 20000 + b"ALL" + b")" * 20000 +
        b"\r\n" +
                LOGOUT, f"{_SELECTED} (NO|BAD){BYE}"),
    after_login("SEARCH NOT NOT", NESTING, _SELECT + b"a SEARCH " + b"NOT " * 10000 + b"ALL\r\n" + LOGOUT,
                f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("SEARCH OR OR", NESTING, _SELECT + b"a SEARCH " + b"OR " * 10000 + b"ALL " * 10001 + b"\r\n" + LOGOUT,
                f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("SEARCH FUZZY FUZZY", NESTING, _SELECT + b"a SEARCH " + b"FUZZY " * 9000 + b"ALL\r\n" + LOGOUT,
                f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("FETCH of parentheses", NESTING, _SELECT + b"a FETCH 1 " + b"(" * 50000 + b"\r\n" + LOGOUT,
                f"{_SELECTED} BAD{BYE}"),
    after_login("FETCH of many items", NESTING, _SELECT + b"a FETCH 1 (" + b" ".join([b"BODY.PEEK[1]"] * 4000) +
        b")\r\n" +
                LOGOUT, f"{_SELECTED} (NO|BAD){BYE}"),
    after_login("a deep part", NESTING, _SELECT + b"a UID FETCH 1 BODY[" + b"1." * 20000 + b"1]\r\n" + LOGOUT,
                f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("a part of 2^64", NESTING, _SELECT + b"a UID FETCH 1 BODY[18446744073709551617]\r\n" + LOGOUT,
                f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("a partial of 2^64", NESTING, _SELECT + b"a UID FETCH 1 BODY[]<18446744073709551617.1>\r\n" + LOGOUT,
                f"{_SELECTED} BAD{BYE}"),
    after_login("all UIDs", NESTING, _SELECT +
        b"a UID FETCH 1:4294967295 FLAGS\r\nb UID STORE 1:* +FLAGS (\\Seen)\r\n" +
                b"c UID COPY 1:4294967295 INBOX\r\nd UID SEARCH UID 1:4294967295\r\ne UID EXPUNGE 1:4294967295\r\n" +
                LOGOUT,
                f"{_SELECTED} (=?OK )+=BYE OK"),
    after_login("many ranges", NESTING, _SELECT + b"a UID FETCH " + b",".join(b"%d:%d" % (n, 4294967295 - n)
                for n in range(1, 3000)) + b" FLAGS\r\n" + LOGOUT, f"{_SELECTED} (OK|NO|BAD){BYE}"),
    after_login("sets that are none", NESTING, _SELECT + b"".join(
        b"a UID FETCH %s FLAGS\r\n" % numbers for numbers in (b"0", b"1:0", b"4294967296", b",", b"1,", b":", b"1:",
        b"*:*:*",
                                                              b"-1", b"1 2", b"1:2:3")) + LOGOUT,
                f"{_SELECTED} (BAD ){{11}}=BYE OK"),
    after_login("NOTIFY of parentheses", NESTING, b"a NOTIFY SET " + b"(" * 30000 + b"\r\n" + LOGOUT, f"BAD{BYE}"),
    after_login("LIST of parentheses", NESTING, b"a LIST (" + b"(" * 30000 + b"\r\n" + LOGOUT, f"BAD{BYE}"),
    after_login("CATENATE of parentheses", NESTING, (b"a APPEND INBOX CATENATE (" + b"(" * 30000 + b"\r\n" + LOGOUT,
        HANG_UP),
                f"BAD{BYE}"),
    after_login("unknown commands", NESTING, (b"a XYZZY\r\n" * 1000, HANG_UP), "(BAD ){10,40}=BYE"),
    after_login("a line of 1 MB", LOG, (b"a SEARCH " + b"x" * (1 << 20) + b"\r\nb NOOP\r\n", HANG_UP), f"(BAD|=BYE).*"),
    after_login("a header name that ends the response", CONTROLS, b"p APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT +
        b"\r\n" +
                _SELECT + b"a FETCH 1 BODY.PEEK[HEADER.FIELDS ({9+}\r\nX]\r\n* BYE)]\r\n" + LOGOUT,
                f"OK {_SELECTED} (OK|BAD|NO){BYE}", stored=1, never=rb"\r\n\* BYE\)"),
    after_login("keywords that are none", CONTROLS, _SELECT +
        b"a STORE 1 +FLAGS ({3+}\r\na)b)\r\nb STORE 1 +FLAGS (\\Recent)"
                b"\r\nc STORE 1 +FLAGS (\"x\")\r\n" + LOGOUT, f"{_SELECTED} (NO|BAD) (NO|BAD) (NO|BAD){BYE}"),
    after_login("many keywords", NESTING, b"p APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT + b"\r\n" + _SELECT + b"".join(
        b"k%d STORE 1 +FLAGS.SILENT (keyword-%d)\r\n" % (n, n) for n in range(200)) + LOGOUT,
                f"OK {_SELECTED} ((=OK )*(OK|NO) ){{200}}=BYE OK", stored=1),
    after_login("a compressed bomb", NESTING, (b"c COMPRESS DEFLATE\r\n", 1, zlib.compress(b"x" * (200 << 20), 9)[2:-4],
                                               HANG_UP), "OK.*", seconds=30.0),
    after_login("compressed rubbish", NESTING, (b"c COMPRESS DEFLATE\r\n", 1, b"\xff" * 1000, HANG_UP), "OK.*"),
]

MESSAGE_ROWS = [
    after_login("a message of 100 GB", LITERALS, b"a APPEND INBOX {100000000000}\r\nb NOOP\r\n" + LOGOUT,
                f"(NO|BAD) OK{BYE}"),
    after_login("a message of 100 GB that is not asked for", LITERALS, (b"a APPEND INBOX {100000000000+}\r\n" +
        b"x" * 100000,
                                                                       HANG_UP), f"?{_ENDED}"),
    after_login("a message that is cut off", LITERALS, (b"a APPEND INBOX {1000+}\r\n" + TEXT, HANG_UP), "?=BYE"),
    after_login("cut off behind its text", LITERALS, (b"a APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT, HANG_UP),
        "?=BYE"),
    after_login("a NUL in a message", NUL, b"a APPEND INBOX {%d+}\r\n" % (len(TEXT) + 1) + TEXT + b"\0\r\n" + LOGOUT,
                f"(NO|BAD){BYE}"),
    after_login("something behind a message", LITERALS, b"a APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT + b" x\r\n" +
        LOGOUT,
                f"BAD{BYE}"),
    after_login("two, the second is refused", LITERALS, b"a APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT +
                b" (\\Bad {5+}\r\nx\r\ny\n\r\n" + LOGOUT, "(BAD|NO)( =?BAD)*( =BYE OK)?.*"),
    after_login("an end of SMTP is text", SMUGGLING, b"a APPEND INBOX {%d+}\r\n" % (len(TEXT) + 5) + TEXT +
        b".\r\nx\n"[:5] +
                b"\r\n" + LOGOUT, f"(OK|NO|BAD){BYE}", stored=None),
    after_login("commands in a message are text", LITERALS, b"a APPEND INBOX {%d+}\r\n" % (len(TEXT) + 10) + TEXT +
                b"b LOGOUT\r\n\r\n" + LOGOUT, f"OK{BYE}", stored=1),
    after_login("into another's", PATH, b"a APPEND ../bob {%d+}\r\n" % len(TEXT) + TEXT + b"\r\n" + LOGOUT,
        f"(NO|BAD){BYE}"),
    after_login("a URL that is a path", PATH, b"a APPEND INBOX CATENATE (URL \"file:///etc/passwd\")\r\n"
                b"b APPEND INBOX CATENATE (URL \"/../../etc/passwd/;UID=1\")\r\nc URLFETCH \"/etc/passwd\"\r\n" +
                LOGOUT,
                f"(NO|BAD) (NO|BAD) (OK|NO|BAD){BYE}", never=rb"root:"),
    # Of a mailbox that no other row looks into.
    after_login("a URL of itself", NESTING, b"c CREATE Itself\r\np APPEND Itself {%d+}\r\n" % len(TEXT) + TEXT +
                b"\r\na APPEND Itself CATENATE (" + b" ".join([b'URL "/Itself/;UID=1"'] * 500) + b")\r\n" + LOGOUT,
                f"OK OK (OK|NO|BAD){BYE}"),
    after_login("IDLE that ends with something else", NESTING, b"i IDLE\r\nLOGOUT\r\n" + LOGOUT, f"> (BAD|=BAD).*"),
    after_login("much metadata", NESTING, b"".join(
        b"m%d SETMETADATA INBOX (/private/x%d {1000+}\r\n" % (n, n) + b"y" * 1000 + b")\r\n" for n in range(300)) +
        LOGOUT,
                "((OK|NO) ){300}=BYE OK"),
    after_login("large metadata", LITERALS, (b"a SETMETADATA INBOX (/private/x {5000000+}\r\n" + b"y" * 5000000 +
        b")\r\n" +
                                             LOGOUT, HANG_UP), f"((NO|BAD){BYE}|{_ENDED})"),
    after_login("metadata that is a path", PATH, b"a SETMETADATA INBOX (/private/../../x \"y\")\r\n"
                b"b GETMETADATA ../bob /private/comment\r\n" + LOGOUT, f"(OK|NO|BAD) (NO|BAD){BYE}"),
]


def all_rows():
    return NAME_ROWS + PATTERN_ROWS + NESTING_ROWS + MESSAGE_ROWS


class ImapMailbox(HostileImapCase):
    def test_rows(self):
        self.run_rows(all_rows())

    def tearDown(self):
        super().tearDown()
        self.check_confined("escaped")


if __name__ == "__main__":
    main()
