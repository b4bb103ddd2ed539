"""IMAP servers that mean harm against mail-fetch, from SELECT on."""

import os

from hostile_case import MESSAGES, Row, run_watched
from imap_scripts import HostileImap, item, selected, server
from peers.case import main
from peers.scripted import ScriptedServer
from talks import answer, drip, endless, reset, says, silence

_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_UNASKED = "unexpected APPENDUID"
_REPLIES = "SMTP replies"
_TERMINAL = "terminal escapes"
_LOGGING = "logging of overlong"
_PATHS = "path traversal"
_CRLF = "CR, LF, NUL"
_ALL = item(0) + item(1) + item(2)
_DONE = b"%T OK done\r\n"


def once(octets):
    """The first UID FETCH is answered so, the others get nothing."""
    asked = []

    def talk(conversation, tag, line):
        asked.append(line)
        return answer(octets if len(asked) == 1 else _DONE)(conversation, tag, line)
    return talk


def _twice(name, before, after):
    """With --keep: the first run finds two messages of three, and the second one all."""
    return Row(name, _UNASKED, server(messages=MESSAGES[:2], EXAMINE=before), 0, delivered=(0, 1),
               options=("--tls", "none", "--keep"), then=server(EXAMINE=after))


_PART = b"* SEARCH 3\r\n%T OK [MESSAGELIMIT 1"
_WITH_NEXT = selected(3, uid_next=4)

SEARCH_ROWS = [
    Row("SEARCH: a part, and from where is not said", _UNASKED, server(SEARCH=answer(_PART + b"] x\r\n")), 76,
        "a part of the mailbox"),
    Row("SEARCH: always the same part", _UNASKED, server(SEARCH=answer(_PART + b" 3] x\r\n")), 76,
        "a part of the mailbox", once=rb"SEARCH.* UID 1:2"),
    Row("SEARCH: a part that goes back", _UNASKED, server(SEARCH=answer(_PART + b" 4294967295] x\r\n")), 76,
        "a part of the mailbox"),
    Row("SEARCH: the part is all", _UNASKED, server(SEARCH=b"* SEARCH 1 2 3\r\n* OK [MESSAGELIMIT 3] x\r\n"), 0,
        delivered=(0, 1, 2)),
    # Nothing is settled by it: the second run, with all that EXISTS tells of, finds the others.
    Row("SEARCH: fewer than EXISTS", _UNASKED, server(SELECT=_WITH_NEXT, SEARCH=b"* SEARCH 3\r\n"), 0, delivered=(2,),
        then=server(SELECT=_WITH_NEXT)),
    Row("SEARCH: fewer than EXISTS, to keep", _UNASKED, server(EXAMINE=_WITH_NEXT, SEARCH=b"* SEARCH 3\r\n"), 0,
        delivered=(2,), options=("--tls", "none", "--keep"), then=server(EXAMINE=_WITH_NEXT)),
]

SELECT_ROWS = [
    Row("SELECT: NO", _REPLIES, server(SELECT=answer(b"%T NO no such mailbox\r\n")), 66, "no such mailbox"),
    Row("SELECT: BAD", _REPLIES, server(SELECT=answer(b"%T BAD what\r\n")), 76, "what"),
    Row("SELECT: nothing", _ENDLESS, server(SELECT=silence), 75, "timed out"),
    Row("SELECT: BYE", _REPLIES, server(SELECT=says(b"* BYE go\r\n")), 75, "go"),
    Row("SELECT: closes", _ENDLESS, server(SELECT=says(selected())), 76, "truncated.*SELECT"),
    Row("SELECT: no UIDVALIDITY", _LITERALS, server(SELECT=b"* 3 EXISTS\r\n"), 69, "persistent UIDs"),
    Row("SELECT: UIDVALIDITY 0", _LITERALS, server(SELECT=selected(validity=0)), 69, "persistent UIDs"),
    Row("SELECT: UIDVALIDITY of 2^32", _LITERALS, server(SELECT=selected(validity=2**32)), 69, "persistent UIDs"),
    Row("SELECT: UIDVALIDITY negative", _LITERALS, server(SELECT=selected(validity=-1)), 69, "persistent UIDs"),
    Row("SELECT: UIDNOTSTICKY", _LITERALS, server(SELECT=selected(more=b"* OK [UIDNOTSTICKY] x\r\n")), 69,
        "persistent UIDs"),
    Row("SELECT: EXISTS negative", _LITERALS, server(SELECT=selected(exists=-1)), 0, delivered=(0, 1, 2)),
    Row("SELECT: EXISTS of 2^32", _LITERALS, server(SELECT=selected(exists=2**32)), 76, "malformed"),
    Row("SELECT: EXISTS of 2^64", _LITERALS, server(SELECT=selected(exists=2**64)), 76, "malformed"),
    Row("SELECT: EXISTS too high", _UNASKED, server(SELECT=selected(exists=4294967295)), 0, delivered=(0, 1, 2)),
    Row("SELECT: EXISTS too low", _UNASKED, server(SELECT=selected(exists=0)), 0, delivered=(0, 1, 2)),
    Row("SELECT: UIDNEXT below the UIDs", _UNASKED, server(SELECT=selected(uid_next=1)), 0,
        delivered=(0, 1, 2)),
    _twice("SELECT: UIDNEXT goes back", selected(2, uid_next=100), selected(3, uid_next=4)),
    _twice("SELECT: UIDNEXT stands still", selected(2, uid_next=3), selected(3, uid_next=3)),
    _twice("SELECT: EXISTS goes back", selected(2, uid_next=3), selected(0, uid_next=4)),
    _twice("SELECT: UIDNEXT is gone", selected(2, uid_next=3), selected(3)),
    _twice("SELECT: UIDVALIDITY goes back", selected(2, uid_next=3), selected(3, uid_next=4, validity=3)),
    Row("SELECT: UIDNEXT of 2^32-1", _UNASKED, server(SELECT=selected(uid_next=4294967295)), 0,
        delivered=(0, 1, 2), again=None),
    Row("SELECT: read-only", _UNASKED, server(SELECT=answer(selected() + b"%T OK [READ-ONLY] x\r\n")), 69, "read-only"),
    Row("SELECT: endless EXISTS", _UNASKED, server(SELECT=endless(b"* 3 EXISTS\r\n")), 76, "kImapUnasked", deadline=40),
    Row("SELECT: endless FLAGS", _UNASKED, server(SELECT=endless(b"* FLAGS (\\Seen \\Answered \\Flagged)\r\n")), 76,
        "kImapUnasked"),
    Row("SELECT: endless flags", _LITERALS, server(SELECT=endless(b" x", b"* FLAGS (")), 76, "kImapLine"),
    Row("SELECT: nesting", _LITERALS, server(SELECT=endless(b"(", b"* 1 FETCH (X ")), 76, "kImap|nest"),
    Row("SELECT: deep nesting", _LITERALS,
        server(SELECT=b"* 1 FETCH (X " + b"(" * 5000 + b")" * 5000 + b")\r\n"), 76, "kImapNesting"),
    Row("SELECT: unasked body of 2^62", _LITERALS,
        server(SELECT=endless(b"x", b"* 1 FETCH (UID 1 BODY[] {4611686018427387904}\r\n")), 76, "kImap"),
    Row("SELECT: literal of 2^31 that is no body", _LITERALS,
        server(SELECT=says(b"* X-Y {2147483648}\r\n", silence)), 76, "kImapLiteralBuffered"),
    Row("SELECT: literal of 2^64", _LITERALS, server(SELECT=says(b"* X-Y {18446744073709551616}\r\n", silence)), 76,
        "out of range"),
    Row("SELECT: negative literal", _LITERALS, server(SELECT=b"* X-Y {-1}\r\n" + selected()), 0, delivered=(0, 1, 2)),
    Row("SELECT: literals without end", _LITERALS, server(SELECT=endless(b" {1}\r\nx", b"* X-Y")), 76,
        "kImapResponseLiterals"),
    Row("SELECT: literals of nothing", _LITERALS, server(SELECT=endless(b" {0}\r\n", b"* X-Y")), 76,
        "kImapResponseLiterals"),
    Row("SELECT: tagged OK with the tag of LOGIN", _UNASKED, server(SELECT=answer(selected() + b"A1 OK x\r\n")), 76,
        "not sent"),
    Row("SELECT: bare LF", _REPLIES, server(SELECT=says(b"* 3 EXISTS\n* OK [UIDVALIDITY 17] x\n%T OK\n")), 76,
        "truncated"),
    Row("SELECT: NUL", _CRLF, server(SELECT=b"* OK \0\0\0\r\n" + selected()), 0, delivered=(0, 1, 2)),
    Row("SELECT: drip", _ENDLESS, server(SELECT=drip(b"* OK " + b"x" * 999)), 75, "only \\d+ octets came in 4 s",
        deadline=12),
    Row("SELECT: drip, in time", _ENDLESS, server(SELECT=lambda c, tag, _: (
        c.drip(selected() + tag + b" OK x\r\n", 0.02), None)[1]), 0, delivered=(0, 1, 2)),
    Row("SELECT: a continuation", _UNASKED, server(SELECT=answer(b"+ more\r\n")), 76, "unexpected continuation"),
    Row("SELECT: only spaces", _REPLIES, server(SELECT=answer(b"    \r\n%T OK\r\n")), 76, "malformed"),
    Row("SELECT: an empty line", _REPLIES, server(SELECT=answer(b"\r\n%T OK\r\n")), 76, "malformed"),
    Row("SELECT: format string", _LOGGING, server(SELECT=answer(b"%T NO %s%n\r\n")), 66, "%s%n"),
    Row("SELECT: escapes", _TERMINAL, server(SELECT=answer(b"%T NO \x1b[2J\xc2\x9b\xe2\x80\xae\r\n")), 66, "SELECT"),
    Row("SEARCH: NO", _REPLIES, server(SEARCH=answer(b"%T NO no\r\n")), 69, "SEARCH refused"),
    Row("SEARCH: UID 0", _LITERALS, server(SEARCH=b"* SEARCH 0\r\n"), 76, "UID 0"),
    Row("SEARCH: UID of 2^32", _LITERALS, server(SEARCH=b"* SEARCH 4294967296\r\n"), 76, "malformed"),
    Row("SEARCH: UID of 2^64", _LITERALS, server(SEARCH=b"* SEARCH 18446744073709551616\r\n"), 76, "malformed"),
    Row("SEARCH: a negative UID", _LITERALS, server(SEARCH=b"* SEARCH -1\r\n"), 76, "malformed"),
    Row("SEARCH: words", _REPLIES, server(SEARCH=b"* SEARCH one\r\n"), 76, "malformed"),
    Row("SEARCH: twice the same", _UNASKED, server(SEARCH=b"* SEARCH 1 1 2 2 3 3 1\r\n"), 0, delivered=(0, 1, 2)),
    Row("SEARCH: UIDs that are not there", _UNASKED, server(SEARCH=b"* SEARCH 1 2 3 77 4294967295\r\n"), 0,
        delivered=(0, 1, 2)),
    Row("SEARCH: endless", _LITERALS, server(SEARCH=endless(b" 1", b"* SEARCH")), 76, "kListedMessages", deadline=40,
        memory=64_000),
    Row("SEARCH: endless lines", _LITERALS, server(SEARCH=endless(b"* SEARCH 1\r\n")), 76, "kListedMessages",
        deadline=60, memory=64_000),
    Row("SEARCH: ESEARCH of everything", _LITERALS,
        server(SEARCH=answer(b"* ESEARCH (TAG \"%T\") UID ALL 1:4294967295\r\n%T OK x\r\n")), 76, "kListedMessages"),
    Row("SEARCH: no end", _ENDLESS, server(SEARCH=says(b"* SEARCH 1 2")), 76, "truncated"),
    Row("SEARCH: unasked SORT and THREAD", _UNASKED, server(SEARCH=b"* SORT 9\r\n* THREAD (9)\r\n* SEARCH 1 2 3\r\n"),
        0,
        delivered=(0, 1, 2)),
    Row("SEARCH: endless THREAD", _UNASKED, server(SEARCH=endless(b"(1)", b"* THREAD ")), 76, "kImap"),
    Row("SEARCH: BYE", _REPLIES, server(SEARCH=says(b"* BYE go\r\n")), 75, "go"),
]


BODY_ROWS = [
    Row("FETCH: NO", _REPLIES, server(FETCH=answer(b"%T NO damaged\r\n")), 69, "damaged", lines=3, again=None),
    Row("FETCH: BAD", _REPLIES, server(FETCH=answer(b"%T BAD what\r\n")), 76, "what", lines=3, again=None),
    Row("FETCH: nothing", _ENDLESS, server(FETCH=silence), 75, "timed out"),
    Row("FETCH: BYE", _REPLIES, server(FETCH=says(item(0) + b"* BYE go\r\n")), 75, "go", delivered=(0,)),
    Row("FETCH: closes", _ENDLESS, server(FETCH=says(item(0))), 76, "truncated.*FETCH", delivered=(0,)),
    Row("FETCH: RST", _ENDLESS, server(FETCH=reset()), 75, "lost|reset"),
    Row("FETCH: cut in the items", _ENDLESS, server(FETCH=says(item(0) + item(1)[:30])), 76, "truncated",
        delivered=(0,)),
    Row("FETCH: cut in the literal", _ENDLESS, server(FETCH=says(item(0) + item(1)[:-40])), 76, "literal missing",
        delivered=(0,)),
    Row("FETCH: cut before the bracket", _ENDLESS, server(FETCH=says(item(0) + item(1)[:-3])), 76, "truncated",
        delivered=(0,)),
    Row("FETCH: cut before the tag", _ENDLESS, server(FETCH=says(_ALL)), 76, "truncated", delivered=(0, 1, 2)),
    Row("FETCH: literal longer than said", _LITERALS,
        server(FETCH=says(item(0, literal=len(MESSAGES[0]) - 9) + _DONE)), 76, "malformed|truncated"),
    Row("FETCH: literal shorter than said", _LITERALS,
        server(FETCH=says(item(0, literal=len(MESSAGES[0]) + 9) + _DONE)),
        76, "malformed|truncated|literal missing"),
    Row("FETCH: literal of 2^62", _LITERALS, server(FETCH=says(item(0, literal=2**62))), 76, "literal missing"),
    Row("FETCH: literal of 2^63", _LITERALS, server(FETCH=says(item(0, literal=2**63))), 76, "out of range"),
    Row("FETCH: literal of 2^64", _LITERALS, server(FETCH=says(item(0, literal=2**64))), 76, "out of range"),
    Row("FETCH: negative literal", _LITERALS, server(FETCH=says(item(0, literal=-5) + _DONE)), 76, "malformed"),
    Row("FETCH: size of 2^64", _LITERALS, server(FETCH=says(item(0, size=2**64) + _DONE)), 76, "malformed"),
    Row("FETCH: size that lies", _UNASKED,
        server(FETCH=once(item(0, size=1) + item(1, size=2**62) + item(2) + _DONE)), 0,
        delivered=(0, 1, 2)),
    Row("FETCH: UID 0", _LITERALS, server(FETCH=says(item(0, uid="0") + _DONE)), 76, "malformed"),
    Row("FETCH: UID of 2^32", _LITERALS, server(FETCH=says(item(0, uid=2**32) + _DONE)), 76, "malformed"),
    Row("FETCH: UID of 2^64", _LITERALS, server(FETCH=says(item(0, uid=2**64) + _DONE)), 76, "malformed"),
    Row("FETCH: UID negative", _LITERALS, server(FETCH=says(item(0, uid=-1) + _DONE)), 76, "malformed"),
    Row("FETCH: another UID", _UNASKED, server(FETCH=says(item(0, uid=77) + _DONE)), 76, "UID 77, which was not asked"),
    Row("FETCH: two UIDs", _UNASKED, server(FETCH=says(item(0, extra=b"UID 2 ") + _DONE)), 76, "two UIDs"),
    Row("FETCH: no UID", _UNASKED, server(FETCH=says(item(0).replace(b"UID 1 ", b"") + _DONE)), 76, "without the UID"),
    Row("FETCH: two bodies", _UNASKED,
        server(FETCH=says(item(0, extra=b"BODY[] {3}\r\nabc ") + _DONE)), 76, "two bodies"),
    Row("FETCH: twice the same", _UNASKED, server(FETCH=once(item(0) + item(0) + item(1) + item(2) + _DONE)), 0,
        delivered=(0, 1, 2)),
    Row("FETCH: the same without end", _UNASKED, server(FETCH=endless(item(0))), 76, "kImapUnasked", delivered=(0,),
        deadline=40),
    Row("FETCH: body of NIL", _UNASKED,
        server(FETCH=once(b"* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[] NIL)\r\n" + item(1) + item(2) + _DONE)), 0,
        delivered=(1, 2)),
    Row("FETCH: body of nothing", _UNASKED, server(FETCH=once(item(0, body=b"") + item(1) + item(2) + _DONE)), 0,
        delivered=(1, 2), also_delivered=(b"",), again=None),
    Row("FETCH: message without header", _UNASKED,
        server(FETCH=once(item(0, body=b"\r\nbody\r\n") + item(1) + item(2) + _DONE)), 0, delivered=(1, 2),
        also_delivered=(b"\r\nbody\r\n",), again=None),
    Row("FETCH: bare LF and NUL", _CRLF,
        server(FETCH=once(item(0, body=b"A: b\n\r\n\0x\ry\n") + item(1) + item(2) + _DONE)), 0, delivered=None,
        again=None),
    Row("FETCH: BODY[HEADER] unasked", _UNASKED,
        server(FETCH=once(item(0).replace(b"BODY[]", b"BODY[HEADER]") + _ALL + _DONE)), 0, delivered=(0, 1, 2)),
    Row("FETCH: unasked between", _UNASKED,
        server(FETCH=once(item(0) + b"* 9 EXISTS\r\n* 1 RECENT\r\n* OK [PARSE] x\r\n* 1 FETCH (FLAGS ())\r\n" +
                          item(1) +
                          b"* VANISHED 7\r\n* X-NEW {3}\r\nabc\r\n" + item(2) + _DONE)), 0, delivered=(0, 1, 2)),
    Row("FETCH: EXPUNGE within", _UNASKED,
        server(FETCH=once(item(0) + b"* 1 EXPUNGE\r\n" + item(1, number=1) + item(2, number=2) + _DONE)), 0,
        delivered=(0, 1, 2)),
    Row("FETCH: number 0", _LITERALS, server(FETCH=says(item(0).replace(b"* 1 ", b"* 0 ") + _DONE)), 76,
        "malformed|truncated", delivered=None, again=None),
    Row("FETCH: number of 2^32", _LITERALS, server(FETCH=says(item(0).replace(b"* 1 ", b"* 4294967296 ") + _DONE)), 76,
        "malformed|kImap|literal"),
    Row("FETCH: endless flags", _LITERALS, server(FETCH=endless(b" x", b"* 1 FETCH (UID 1 FLAGS (")), 76, "kImapLine"),
    Row("FETCH: endless items", _LITERALS, server(FETCH=endless(b" X 1", b"* 1 FETCH (UID 1")), 76, "kImapLine"),
    Row("FETCH: nested for ever", _LITERALS, server(FETCH=endless(b"(", b"* 1 FETCH (BODYSTRUCTURE ")), 76,
        "kImapLine|kImapNesting"),
    Row("FETCH: quoted for ever", _LITERALS, server(FETCH=endless(b"\\\"", b"* 1 FETCH (BODY[] \"")), 76, "kImapLine"),
    Row("FETCH: flags that are none", _TERMINAL,
        server(FETCH=once(item(0).replace(b"FLAGS ()", b"FLAGS (\\\\ ../../x \x1b[2J)") + item(1) + item(2) + _DONE)),
        76, "malformed", delivered=None, again=None),
    Row("FETCH: date that is none", _UNASKED,
        server(FETCH=once(item(0).replace(b"02-Nov-2026", b"99-Nov-9999") + item(1) + item(2) + _DONE)), 0,
        delivered=(0, 1, 2)),
    Row("FETCH: nothing of it", _UNASKED, server(FETCH=answer(_DONE)), 0),
    Row("FETCH: drip without end", _ENDLESS, server(FETCH=drip(b"* 1 FETCH (UID 1 BODY[] {999}\r\n" + b"x" * 999)), 75,
        "only \\d+ octets came in 4 s", deadline=14),
    Row("FETCH: drip", _ENDLESS, server(FETCH=lambda c, tag, _: (
        c.drip(item(0), 0.005), c.send(item(1) + item(2) + tag + b" OK x\r\n"), None)[2]), 0, delivered=(0, 1, 2)),
    Row("STORE: NO", _REPLIES, server(STORE=answer(b"%T NO no\r\n")), 69, "STORE refused", delivered=(0, 1, 2)),
    Row("STORE: a part is done", _UNASKED, server(STORE=answer(b"%T OK [MESSAGELIMIT 1 3] x\r\n")), 0,
        delivered=(0, 1, 2)),
    Row("FETCH: a part is done, and none came", _UNASKED, server(FETCH=answer(b"%T OK [MESSAGELIMIT 1 4] x\r\n")), 76,
        "for other messages only", lines=3, again=None),
    Row("FETCH: a part is done", _UNASKED, server(FETCH=once(item(2) + b"%T OK [MESSAGELIMIT 1 3] x\r\n")), 0,
        delivered=(2,)),
    Row("STORE: closes", _ENDLESS, server(STORE=says(b"")), 76, "truncated.*STORE", delivered=(0, 1, 2)),
    Row("STORE: FETCH of everything", _UNASKED, server(STORE=b"* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n" + item(0)), 0,
        delivered=(0, 1, 2)),
    Row("EXPUNGE: NO", _REPLIES, server(EXPUNGE=answer(b"%T NO no\r\n")), 69, "EXPUNGE refused", delivered=(0, 1, 2)),
    Row("EXPUNGE: endless", _UNASKED, server(EXPUNGE=endless(b"* 1 EXPUNGE\r\n")), 76, "kImapUnasked",
        delivered=(0, 1, 2), deadline=40),
    Row("EXPUNGE: no UIDPLUS", _UNASKED, server(("IMAP4rev1",)), 0, "UIDPLUS", delivered=(0, 1, 2), lines=1,
        never=rb"EXPUNGE"),
    Row("LOGOUT: nothing", _ENDLESS, server(LOGOUT=silence), 0, delivered=(0, 1, 2), timeout=3),
    Row("LOGOUT: closes", _ENDLESS, server(LOGOUT=says(b"")), 0, delivered=(0, 1, 2)),
    Row("LOGOUT: rubbish", _REPLIES, server(LOGOUT=answer(b"\0\xff\r\n")), 0, delivered=(0, 1, 2)),
    Row("LOGOUT: endless", _ENDLESS, server(LOGOUT=endless(b"* OK bye\r\n")), 0, delivered=(0, 1, 2), deadline=40),
]


def _inbox_and_nothing_outside(test, outcome, _):
    """Whatever a mailbox is called, INBOX is fetched, and there is nothing outside of the destination."""
    home = os.path.dirname(outcome.argv[outcome.argv.index("--password-file") + 1])
    expected = {"mail", "password", "state", "stderr", "stdin", "stdout"}
    test.assertLessEqual(set(os.listdir(home)), expected, str(outcome))
    test.assertLessEqual(set(MESSAGES), set(test.found(home)), str(outcome))


def _named(name):
    """Beside INBOX there is a mailbox whose name means harm."""
    return Row(f"LIST: {name[:60]!r}", _PATHS, server(mailboxes=(name, b'"INBOX"')), 0,
               check=_inbox_and_nothing_outside, options=("--tls", "none", "--mailboxes", "*"), delivered=None,
               lines=-1, again=None)


LIST_ROWS = [
    *(_named(name) for name in (
        b'".."', b'"../evil"', b'"/evil"', b'"/../../evil"', b'"a/../../evil"', b'"."', b'""', b'"/"', b'"a//b"',
        b'"~/evil"', b'".evil"', b'"a\\\\..\\\\evil"', b"{6}\r\na\r\nevi", b"{5}\r\na\0evi", b'"&AAAAAA-evil"', b'"&-"',
        b'"&AC8-evil"', b'"&ACIAXA-"', b'"\xff\xfe"', b'"' + b"x" * 4000 + b'"', b'"new"', b'"cur"', b'"tmp"',
        b'"%s%n"', b'"{home}"', b'"\x1b[2J"')),
    Row("LIST: endless", _LITERALS, server(LIST=endless(b'* LIST () "/" a\r\n')), 76, "kListedMailboxes|kImap",
        options=("--tls", "none", "--mailboxes", "*"), deadline=60, again=None),
    Row("LIST: endless name", _LITERALS, server(LIST=endless(b"x", b'* LIST () "/" "')), 76, "kImapLine",
        options=("--tls", "none", "--mailboxes", "*"), again=None),
    Row("LIST: literal of 2^31", _LITERALS, server(LIST=says(b'* LIST () "/" {2147483648}\r\n', silence)), 76,
        "kImapLiteralBuffered", options=("--tls", "none", "--mailboxes", "*"), again=None),
    Row("LIST: malformed", _REPLIES, server(LIST=b"* LIST (((\r\n"), 76, "malformed",
        options=("--tls", "none", "--mailboxes", "*"), again=None),
]

def all_rows():
    return SELECT_ROWS + SEARCH_ROWS + BODY_ROWS + LIST_ROWS


class ImapMailbox(HostileImap):
    def test_select(self):
        self.run_rows(SELECT_ROWS)

    def test_search(self):
        self.run_rows(SEARCH_ROWS)

    def test_what_a_refused_store_leaves_goes_later(self):
        turn = {"talk": server(SELECT=_WITH_NEXT, STORE=answer(b"%T NO no\r\n"))}
        with ScriptedServer(lambda conversation: turn["talk"](conversation), deadline=20) as peer:
            row = Row("", _REPLIES, None)
            argv = [*self.argv(row, self.directory, peer.port), "--summary", "always", "--json"]
            outcome = run_watched(argv, self.directory, 20)
            self.assertEqual(outcome.status, 69, str(outcome))
            self.assertIn(b'"deleted":0', outcome.stdout, str(outcome))
            turn["talk"] = server(SELECT=_WITH_NEXT)
            outcome = run_watched(argv, self.directory, 20)
            self.assertEqual(outcome.status, 0, str(outcome))
            self.assertIn(b'"deleted":3', outcome.stdout, str(outcome))

    def test_what_a_mailbox_leaves_unanswered(self):
        """Two FETCHes are in flight when the first one is refused: the second answer is none of the next mailbox."""
        current = []

        def examine(conversation, tag, line):
            current.append(line.split(b'"')[1])
            conversation.send(selected(3 if current[-1] == b"B" else 2000) + tag + b" OK x\r\n")

        def search(conversation, tag, _):
            uids = range(1, 4 if current[-1] == b"B" else 2001)
            conversation.send(b"* SEARCH" + b"".join(b" %d" % uid for uid in uids) + b"\r\n" + tag + b" OK x\r\n")

        def fetch(conversation, tag, _):
            sizes = b"".join(b"* %d FETCH (UID %d FLAGS () RFC822.SIZE 9)\r\n" % (n, n) for n in (1, 2, 3))
            conversation.send(sizes + tag + b" OK x\r\n" if current[-1] == b"B" else tag + b" NO no\r\n")

        talk = server(mailboxes=(b'"A"', b'"B"'), EXAMINE=examine, SELECT=examine, SEARCH=search, FETCH=fetch)
        with ScriptedServer(talk, deadline=20) as peer:
            row = Row("", _REPLIES, None, options=("--tls", "none", "--mailboxes", "*", "--dry-run", "--json"))
            outcome = run_watched(self.argv(row, self.directory, peer.port), self.directory, 20)
        self.assertEqual(outcome.status, 69, str(outcome))
        self.assertEqual(len(outcome.stderr.splitlines()), 1, str(outcome))
        self.assertRegex(outcome.stderr, "/A: FETCH refused", str(outcome))
        self.assertIn(b"/B;", outcome.stdout, str(outcome))

    def test_messages(self):
        self.run_rows(BODY_ROWS)

    def test_mailboxes(self):
        self.run_rows(LIST_ROWS)


if __name__ == "__main__":
    main()
