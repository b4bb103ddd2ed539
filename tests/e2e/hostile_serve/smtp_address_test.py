"""Addresses and parameters that mean harm: relaying, injection, paths, enumeration, and what is written of them."""

from peers.case import main
from serve_rows import DATA, END, ENVELOPE, HELLO, MAIL, QUIT, RCPT, TEXT, HostileServeCase, Row

_RELAY = "relay tricks"
_CONTROLS = "CR, LF, NUL in addresses"
_SHELL = "shell or option injection"
_NUL = "NUL, empty quoted local part"
_PATH = "path traversal"
_LOG = "logging of overlong"
_NESTING = "nesting and sets"


def _rcpt(name, threat, path, says="55[0-9]|50[0-9]|553", **more):
    """One recipient that must be refused, and nothing that is sent for it is stored."""
    steps = (HELLO + MAIL + b"RCPT TO:" + path + b"\r\n" + DATA + QUIT,)
    return Row(f"{name}: {path[:60]!r} of {len(path)}", threat, steps, f"220 250 250 (?:{says}) 554 221", **more)


def _lmtp(path):
    steps = (b"LHLO c.example\r\n" + MAIL + b"RCPT TO:" + path + b"\r\n" + DATA + QUIT,)
    return Row(f"relay over LMTP: {path!r}", _RELAY, steps, "220 250 250 550 503 221", scheme="lmtp")


RELAY_ROWS = [_rcpt("relay", _RELAY, path, "550", text=rb"550 5\.[17]\.1") for path in (
    b"<victim@other.example>", b"<victim%other.example@example.org>", b"<victim%a.example%b.example@example.org>",
    b"<other.example!victim@example.org>", b"<a!b!victim@example.org>", b"<@example.org:victim@other.example>",
    b"<@example.org,@other.example:victim@third.example>", b'<"victim@other.example"@example.org>',
    b'<"victim%other.example"@example.org>', b'<"other.example!victim"@example.org>', b"<victim@[127.0.0.1]>",
    b"<victim@[192.0.2.1]>", b"<victim@[IPv6:::1]>", b"<victim@sub.example.org>", b"<victim@xexample.org>",
    b"<alice@example.org.other.example>", b"<alice%example.org@other.example>", b'<"alice@example.org"@other.example>',
    b"<alice@xn--example.org>", b"<alice@localhost>", b"<%other.example@example.org>", b"<!@example.org>")] + [
    _rcpt("relay, malformed", _RELAY, path, "501|55[035]") for path in (
        b"<victim@other.example@example.org>", b"<alice@example.org@other.example>", b"<victim@other.example:25>",
        b"<alice@example.org,victim@other.example>", b"<alice@example.org victim@other.example>",
        b"< victim@other.example>",
        b"<alice@example.org><victim@other.example>", b'<victim@"other.example">', b"<@other.example>", b"<victim@>",
        b"<@>",
        b"<>", b"<alice>", b"<victim@example.org.>", b"<victim@.example.org>", b"<victim@example..org>",
        b"<victim@[example.org]>", b"<victim@[127.0.0.1>", b"<victim@127.0.0.1]>", b"victim@other.example",
        b"<<victim@other.example>>", b"<alice@example.org", b"alice@example.org>", b"<:victim@other.example>",
        b"<@example.org:@other.example>", b"<victim@other.example>,<alice@example.org>", b"<alice@exam ple.org>",
        b"<alice(comment)@example.org>", b"<alice@example.org> NOTIFY=NEVER,SUCCESS", b"<alice@example.org> X=Y")] + [
    _lmtp(b"<victim@other.example>"), _lmtp(b"<victim%other.example@example.org>"),
    _lmtp(b"<other.example!victim@example.org>"),
    Row("relay: the sender is a user here", _RELAY,
        (HELLO + b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<victim@other.example>\r\n" + QUIT,),
        "220 250 250 550 221"),
    Row("relay: the sender is empty", _RELAY, (HELLO + b"MAIL FROM:<>\r\nRCPT TO:<victim@other.example>\r\n" + QUIT,),
        "220 250 250 550 221"),
    Row("relay: one recipient is good", _RELAY,
        (ENVELOPE + b"RCPT TO:<victim@other.example>\r\n" + DATA + TEXT + END + QUIT,),
        "220 250 250 250 550 354 250 221", 1),
    Row("relay: EHLO of ourselves", _RELAY, (b"EHLO example.org\r\n" + MAIL + b"RCPT TO:<v@other.example>\r\n" + QUIT,),
        "220 250 250 550 221"),
    Row("relay: AUTH= of MAIL is no login", _RELAY,
        (HELLO + b"MAIL FROM:<a@example.net> AUTH=alice@example.org\r\nRCPT TO:<v@other.example>\r\n" + QUIT,),
        "220 250 (250|5[05][0-9]) (550|503) 221"),
]

INJECTION_ROWS = [_rcpt("shell", _SHELL, path, "550|501|553") for path in (
    b"<;sleep 5;@example.org>", b'<"|/bin/sh"@example.org>', b"<|/bin/sh@example.org>",
    b"<$(sleep${IFS}5)@example.org>",
    b"<`sleep`@example.org>", b"<-oQ/tmp@example.org>", b"<--help@example.org>", b"<:include:/etc/passwd@example.org>",
    b"</etc/passwd@example.org>", b"<alice;@example.org>", b"<alice&@example.org>", b"<~root@example.org>")] + [
    _rcpt("path", _PATH, path, "550|501|553") for path in (
        b"<../bob@example.org>", b'<"../bob"@example.org>', b'<"alice/../bob"@example.org>', b'<".."@example.org>',
        b'<"."@example.org>', b'<"alice/new"@example.org>', b'<"/etc"@example.org>', b'<"..\\/..\\/etc"@example.org>',
        b'<"alice\\/"@example.org>', b"<alice/@example.org>", b'<".alice"@example.org>', b"<.alice@example.org>",
        b"<alice.@example.org>", b"<al..ice@example.org>", b"<%u@example.org>", b'<"alice "@example.org>',
        b'<"alice:2,S"@example.org>')] + [
    _rcpt("control", _CONTROLS, path, "501|550|553|500") for path in (
        b'<"al\0ice"@example.org>', b"<alice\0@example.org>", b"<alice@example.org\0>", b"<alice@example.org>\0",
        b'<"alice\rDATA"@example.org>', b'<"alice\\\r"@example.org>', b"<alice\x1b[2J@example.org>",
        b"<alice\x7f@example.org>",
        b"<alice@example\t.org>", b"<alice\x08\x08@example.org>")] + [
    _rcpt("octets", _NUL, path, "501|550|553") for path in (
        b'<""@example.org>', b"<@example.org>", b'<"@example.org>', b'<"\\"@example.org>', b"<\xff@example.org>",
        b"<al\xc3\xa4@example.org>", b"<alice@ex\xc3\xa4mple.org>", b"<\xed\xa0\x80@example.org>",
        b"<al\xc0\xafice@example.org>",
        b"<" + b"a" * 65 + b"@example.org>", b"<a@" + b"b" * 64 + b".example.org>", b"<a@" + b"b." * 200 + b"org>",
        b"<" + b"a" * 4000 + b"@example.org>", b'<"' + b"\\a" * 2000 + b'"@example.org>')]


def _mail(name, threat, argument, says, **more):
    return Row(f"MAIL: {name}", threat, (HELLO + b"MAIL FROM:" + argument + b"\r\nNOOP\r\n" + QUIT,),
        f"220 250 (?:{says}) 250 221",
               **more)


MAIL_ROWS = [
    _mail("NUL", _NUL, b"<ca\0rol@example.net>", "50[01]|553"),
    _mail("bare CR", _CONTROLS, b"<ca\rrol@example.net>", "50[01]|553"),
    _mail("quoted CR", _CONTROLS, b'<"a\\\rb"@example.net>', "50[01]|553"),
    _mail("eight bits without SMTPUTF8", _NUL, b"<\xc3\xa4@example.net>", "5[05][0-9]"),
    _mail("bad UTF-8", _NUL, b"<\xff\xfe@example.net> SMTPUTF8", "5[05][0-9]"),
    _mail("overlong UTF-8", _NUL, b"<\xc0\x80@example.net> SMTPUTF8", "5[05][0-9]"),
    _mail("a surrogate", _NUL, b"<\xed\xa0\x80@example.net> SMTPUTF8", "5[05][0-9]"),
    _mail("UTF-8 beyond Unicode", _NUL, b"<\xf4\x90\x80\x80@example.net> SMTPUTF8", "5[05][0-9]"),
    _mail("a shell command", _SHELL, b"<;for i in 0 1; do read r;done;sh;exit 0;>", "501|553"),
    _mail("SIZE too large", "literals", b"<a@example.net> SIZE=99999999999999999999999", "501|552"),
    _mail("SIZE negative", "literals", b"<a@example.net> SIZE=-1", "501"),
    _mail("SIZE twice", "literals", b"<a@example.net> SIZE=1 SIZE=2", "501"),
    _mail("SIZE without a number", "literals", b"<a@example.net> SIZE=", "501"),
    _mail("SIZE beyond the limit", "literals", b"<a@example.net> SIZE=9999999999", "552"),
    _mail("BODY unknown", "literals", b"<a@example.net> BODY=9BIT", "501|504|555"),
    _mail("an unknown parameter", "literals", b"<a@example.net> FOO=BAR", "555|501"),
    _mail("a thousand parameters", "literals", b"<a@example.net>" + b" FOO=BAR" * 1000, "555|501"),
    _mail("ENVID with CRLF", _CONTROLS, b"<a@example.net> ENVID=a+0D+0ABcc:x", "50[0-9]|555"),
    _mail("ENVID that is no xtext", _CONTROLS, b"<a@example.net> ENVID=+0", "50[0-9]|555"),
    _mail("a second path", _RELAY, b"<a@example.net> <b@example.net>", "501|555"),
    _mail("no brackets", _RELAY, b"a@example.net", "501"),
    Row("RCPT: ORCPT with CRLF", _CONTROLS, (HELLO + MAIL + RCPT[:-2] + b" ORCPT=rfc822;a+0D+0ABcc:x\r\n" + QUIT,),
        "220 250 250 (501|555) 221"),
    Row("RCPT: ORCPT with a NUL", _NUL, (HELLO + MAIL + RCPT[:-2] + b" ORCPT=rfc822;a+00\r\n" + QUIT,),
        "220 250 250 (501|555) 221"),
    Row("MAIL: a name that begins with a dash is a name", _SHELL,
        (HELLO + b"MAIL FROM:<-f@example.net>\r\n" + RCPT + DATA + TEXT + END + QUIT,), "220 250 250 250 354 250 221",
        1),
]


def _ehlo(name, threat, argument, says="501"):
    return Row(f"EHLO: {name}", threat, (b"EHLO " + argument + b"\r\n" + QUIT,), f"220 (?:{says}) 221",
        never=rb"[\0\x1b<\xff]")


GREETING_ROWS = [
    _ehlo("NUL", _NUL, b"a\0b", "50[01]"), _ehlo("bare CR", _CONTROLS, b"a\rb", "50[01]"),
    _ehlo("a tag", _CONTROLS, b"<script>"),
    _ehlo("eight bits", _NUL, b"\xff\xfe"), _ehlo("escape", "terminal escapes", b"\x1b]0;x\x07", "50[01]"),
    _ehlo("two words", _CONTROLS, b"a b"), _ehlo("nothing", _NUL, b""), _ehlo("too long", _LOG, b"a" * 4000),
    _ehlo("a bad literal", _NUL, b"[999.1.2.3]"), _ehlo("an open literal", _NUL, b"[127.0.0.1"),
    _ehlo("a format", _LOG, b"%n%n%s%s%x"),
]

ENUMERATION_ROWS = [
    Row("VRFY: a user and a stranger look the same", "relay tricks", (HELLO + b"VRFY alice\r\nVRFY zzz\r\n" + QUIT,),
        "220 250 252 252 221",
        never=rb"alice|zzz"),
    Row("EXPN: nobody is told", "relay tricks", (HELLO + b"EXPN alice\r\nEXPN staff\r\n" + QUIT,),
        "220 250 502 502 221"),
    Row("RCPT: a dictionary", "relay tricks",
        (HELLO + MAIL + b"".join(b"RCPT TO:<user%d@example.org>\r\n" % n for n in range(500)),),
        "220 250 250( 550){20} 421"),
    Row("RCPT: a dictionary over many transactions", "relay tricks",
        (HELLO + b"".join(b"RSET\r\n" + MAIL + b"RCPT TO:<user%d@example.org>\r\n" % n for n in range(500)),),
        "220 250( 250 250 550){20} 421"),
    Row("RCPT: 1,000 and no more", _NESTING, (HELLO + MAIL + RCPT * 1500 + DATA + TEXT + END + QUIT,),
        "220 250 250( 250){1000}( 452){500} 354 250 221", 1),
    Row("reply: what was named does not split it", _CONTROLS,
        (HELLO + MAIL + b'RCPT TO:<"250 OK\\ 250 2.1.5 OK"@example.org>\r\n' + QUIT,), "220 250 250 550 221"),
    Row("log: braces and quotes", _LOG,
        (HELLO + MAIL + b'RCPT TO:<"\\"}{\\"event\\":\\"login\\",\\"ok\\":true,\\"x\\":\\""@example.org>\r\n' + QUIT,),
        "220 250 250 550 221", event={"event": "error"}),
    Row("log: formats", _LOG, (HELLO + MAIL + b"RCPT TO:<%n%s%x%99999d@example.org>\r\n" + QUIT,),
        "220 250 250 550 221"),
    Row("loop: 51 Received fields", _RELAY, (ENVELOPE + DATA + b"Received: x\r\n" * 51 + TEXT + END + QUIT,),
        "220 250 250 250 354 554 221"),
    Row("loop: the fields are hidden in folds and cases", _RELAY,
        (ENVELOPE + DATA + b"rEcEiVeD:\r\n x\r\n" * 51 + TEXT + END + QUIT,), "220 250 250 250 354 554 221"),
]


def all_rows():
    return RELAY_ROWS + INJECTION_ROWS + MAIL_ROWS + GREETING_ROWS + ENUMERATION_ROWS


class SmtpAddress(HostileServeCase):
    def test_rows(self):
        self.run_rows(all_rows())


if __name__ == "__main__":
    main()
