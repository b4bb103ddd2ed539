"""Servers that mean harm as destinations of mail-fetch: nothing goes from the source but what they have taken."""

import dataclasses
import os
import re

from hostile_case import MESSAGES, PASSWORD, HostileCase, Row, run_watched
from peers.case import main
from peers.scripted import ScriptedServer, pop3, smtp
from talks import drip, endless, reset, says, silence

_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_LOGGING = "logging of overlong"
_OFFER = "PREAUTH or a missing offer"
_REPLIES = "SMTP replies"
_SMUGGLING = "SMTP smuggling"
_TERMINAL = "terminal escapes"
_UNASKED = "unexpected APPENDUID"
_ALL = (0, 1, 2)
_LATER = (1, 2)  # the first has failed, and is tried again in some minutes


@dataclasses.dataclass
class DestinationRow(Row):
    scheme: str = "smtp"
    lines: int = -1
    again: tuple = None  # what the second run brings to an honest server; by default all that is not there


def smtp_server(greeting=b"220 mx ESMTP\r\n", **replies):
    replies = {("." if verb == "end" else verb).encode(): reply for verb, reply in replies.items()}
    return smtp(("PIPELINING", "8BITMIME", "SIZE"), replies, greeting)


def _take(conversation, line):
    """The messages of an APPEND."""
    while literal := re.search(rb"\{(\d+)(\+?)\}$", line):
        if not literal[2]:
            conversation.send(b"+ go\r\n")
        conversation.lines += conversation.read(int(literal[1])).split(b"\r\n")
        line = conversation.read_line()


def imap_server(append=b"%T OK done\r\n", capabilities=b"IMAP4rev1 LITERAL+ UIDPLUS MULTIAPPEND", early=False,
                **replies):
    """`append` is the answer to APPEND, before the messages are read when it is `early`; so that of other commands."""
    replies.setdefault("CAPABILITY", b"* CAPABILITY " + capabilities + b"\r\n%T OK done\r\n")

    def talk(conversation):
        conversation.send(b"* OK [CAPABILITY " + capabilities + b"] ready\r\n")
        while (line := conversation.read_line()) is not None:
            tag, _, rest = line.partition(b" ")
            verb = rest.split()[0].upper().decode()
            if verb == "APPEND":
                if not early:
                    _take(conversation, line)
                reply = append
            else:
                reply = replies.get(verb, b"%T OK done\r\n")
            if callable(reply):
                if reply(conversation, tag, line) is False:
                    return
            else:
                conversation.send(reply.replace(b"%T", tag))
            if verb == "LOGOUT":
                return
    return talk


def smtp_row(name, threat, talk, status, pattern="", delivered=(), **more):
    return DestinationRow("smtp: " + name, threat, talk, status, pattern, delivered, **more)


def imap_row(name, threat, talk, status, pattern="", delivered=(), **more):
    return DestinationRow("imap: " + name, threat, talk, status, pattern, delivered, scheme="imap", **more)


SMTP_ROWS = [
    smtp_row("all is well", _SMUGGLING, smtp_server(), 0, delivered=_ALL),
    smtp_row("greeting: nothing", _ENDLESS, silence, 75, "timed out"),
    smtp_row("greeting: 554", _REPLIES, says(b"554 no\r\n"), 69, "554 no"),
    smtp_row("greeting: drip", _ENDLESS, drip(b"220 " + b"x" * 999), 75, "timed out", deadline=14),
    smtp_row("EHLO: endless", _REPLIES, smtp_server(EHLO=endless(b"250-x\r\n")), 76, "kReplyLines"),
    smtp_row("MAIL: 550", _REPLIES, smtp_server(MAIL=b"550 no\r\n"), 69, "550 no", again=()),
    smtp_row("RCPT: 550", _REPLIES, smtp_server(RCPT=b"550 5.1.1 who\r\n"), 67, "who", again=()),
    smtp_row("RCPT: nothing", _ENDLESS, smtp_server(RCPT=silence), 75, "timed out", again=_LATER),
    smtp_row("DATA: 250", _REPLIES, smtp_server(DATA=b"250 ok\r\n"), 76, "unexpected reply to DATA", again=_LATER),
    smtp_row("DATA: accepted already", _SMUGGLING, smtp_server(DATA=b"354 go\r\n250 queued\r\n"), 76,
             "nothing was sent|more than one", again=_LATER),
    smtp_row("DATA: closes", _ENDLESS, smtp_server(DATA=None), 76, "ended", again=_LATER),
    smtp_row("end: 552", _REPLIES, smtp_server(end=b"552 full\r\n"), 69, "full", again=()),
    smtp_row("end: 451", _REPLIES, smtp_server(end=b"451 later\r\n"), 75, "later", again=()),
    smtp_row("end: 354", _REPLIES, smtp_server(end=b"354 more\r\n"), 76, "unexpected reply", again=_LATER),
    smtp_row("end: nothing", _ENDLESS, smtp_server(end=silence), 75, "timed out", again=_LATER),
    smtp_row("end: closes", _ENDLESS, smtp_server(end=None), 76, "ended", again=_LATER),
    smtp_row("end: RST", _ENDLESS, smtp_server(end=reset()), 75, "lost|reset", again=_LATER),
    smtp_row("end: half a reply", _REPLIES, smtp_server(end=says(b"250-and then\r\n")), 76, "ended", again=_LATER),
    smtp_row("end: rubbish", _REPLIES, smtp_server(end=b"ok\r\n"), 76, "malformed", again=_LATER),
    smtp_row("end: escapes", _TERMINAL, smtp_server(end=b"550 \x1b[2J \x9b2J\r\n"), 69, "550", again=()),
    smtp_row("end: endless", _REPLIES, smtp_server(end=endless(b"250-x\r\n")), 76, "kReplyLines", again=_LATER),
    smtp_row("QUIT: nothing", _ENDLESS, smtp_server(QUIT=silence), 0, delivered=_ALL, timeout=3),
]

IMAP_ROWS = [
    imap_row("all is well", _UNASKED, imap_server(), 0, delivered=_ALL),
    imap_row("greeting: nothing", _ENDLESS, silence, 75, "timed out"),
    imap_row("greeting: BYE", _REPLIES, says(b"* BYE no\r\n"), 69, "no"),
    imap_row("greeting: PREAUTH", _OFFER, says(b"* PREAUTH in\r\n", silence), 77, "PREAUTH"),
    imap_row("LOGIN: echoed", _LOGGING, imap_server(LOGIN=b"%T NO " + PASSWORD.encode() + b"\r\n"), 77, r"\*\*\*"),
    imap_row("LOGIN: endless", _UNASKED, imap_server(LOGIN=endless(b"* OK still here\r\n")), 76, "kImapUnasked"),
    imap_row("APPEND: NO", _REPLIES, imap_server(b"%T NO no\r\n"), 69, "no", again=()),
    imap_row("APPEND: NO [OVERQUOTA]", _REPLIES, imap_server(b"%T NO [OVERQUOTA] full\r\n"), 69, "full", again=()),
    imap_row("APPEND: NO [TRYCREATE], CREATE refused", _REPLIES,
             imap_server(b"%T NO [TRYCREATE] none\r\n", CREATE=b"%T NO never\r\n"), 69, "CREATE refused: never"),
    imap_row("APPEND: NO [TRYCREATE] for ever", _REPLIES, imap_server(b"%T NO [TRYCREATE] none\r\n"), 66, "none"),
    imap_row("APPEND: BAD", _REPLIES, imap_server(b"%T BAD what\r\n"), 76, "what", again=()),
    imap_row("APPEND: closes", _ENDLESS, imap_server(says(b"")), 76, "truncated"),
    imap_row("APPEND: RST", _ENDLESS, imap_server(reset()), 75, "lost|reset"),
    imap_row("APPEND: nothing", _ENDLESS, imap_server(silence), 75, "timed out"),
    imap_row("APPEND: BYE", _REPLIES, imap_server(says(b"* BYE go\r\n")), 75, "go"),
    imap_row("APPEND: drip", _ENDLESS, imap_server(drip(b"* OK " + b"x" * 999)), 75, "octets came", deadline=14),
    imap_row("APPEND: endless", _UNASKED, imap_server(endless(b"* 1 EXISTS\r\n")), 76, "kImapUnasked", deadline=40),
    imap_row("APPEND: no continuation", _ENDLESS, imap_server(silence, b"IMAP4rev1", early=True), 75, "timed out"),
    imap_row("APPEND: OK before the message", _UNASKED, imap_server(b"%T OK done\r\n", b"IMAP4rev1", early=True), 76,
             "answered before it was sent"),
    imap_row("APPEND: another tag", _UNASKED, imap_server(b"B1 OK done\r\n"), 76, "not sent"),
    imap_row("APPEND: OK twice", _UNASKED, imap_server(b"%T OK done\r\n%T OK done\r\n"), 0, delivered=_ALL),
    *(imap_row(f"APPENDUID {uids}", _UNASKED, imap_server(b"%T OK [APPENDUID " + uids.encode() + b"] done\r\n"), 0,
               delivered=_ALL)
      for uids in ("0 0", "17 0", "17 4294967296", "17 18446744073709551616", "17 -1", "x y", "17 1:4294967295",
                   "17 3:1", "17 1,1,1", "17 1", "17 1:9", "")),
    imap_row("APPENDUID unasked", _UNASKED, imap_server(LOGIN=b"* OK [APPENDUID 1 1] x\r\n%T OK in\r\n"), 0,
             delivered=_ALL),
    imap_row("LOGOUT: nothing", _ENDLESS, imap_server(LOGOUT=silence), 0, delivered=_ALL, timeout=3),
    imap_row("CAPABILITY: huge APPENDLIMIT", _LITERALS,
             imap_server(capabilities=b"IMAP4rev1 LITERAL+ APPENDLIMIT=99999999999999999999"), 0, delivered=_ALL),
]


def all_rows():
    return SMTP_ROWS + IMAP_ROWS


class Destination(HostileCase):
    honest = staticmethod(pop3(MESSAGES))

    def command(self, row, home, source, port):
        with open(os.path.join(home, ".netrc"), "w", encoding="ascii") as file:
            file.write(f"machine localhost login bob password {PASSWORD}\n")
        os.chmod(file.name, 0o600)
        user = "bob@" if row.scheme == "imap" else ""
        rcpt = ("--rcpt", "bob@example.org") if row.scheme == "smtp" else ()
        return ["mail-fetch", f"pop3://alice@localhost:{source.port}", "--tls", "none", "--password-file",
                self.password_file(home), "--timeout", str(row.timeout), "-4", "--delete", "--to",
                f"{row.scheme}://{user}localhost:{port}", "--to-tls", "none", *rcpt]

    def run_row(self, row, home, again):
        turn = {"talk": row.talk}
        with ScriptedServer(self.honest) as source, \
                ScriptedServer(lambda conversation: turn["talk"](conversation), deadline=row.deadline) as server:
            outcome = run_watched(self.command(row, home, source, server.port), home, self.limit(row))
            self.check(row, home, outcome, source)
            turn["talk"] = smtp_server() if row.scheme == "smtp" else imap_server()
            before = len(server.lines)
            after = run_watched(self.command(row, home, source, server.port), home, self.limit(row))
            found = re.findall(rb"(?m)^Subject: message (\d)", b"\n".join(server.lines[before:]))
            expected = [n for n in _ALL if n not in row.delivered] if row.again is None else row.again
            self.assertEqual(after.status, 0, f"then: {after}\nbefore: {outcome}")
            self.assertEqual(sorted(int(n) - 1 for n in found), list(expected), f"then: {after}\nbefore: {outcome}")

    def check_result(self, row, home, outcome, server):
        deleted = {int(line.split()[1]) - 1 for line in server.lines if re.fullmatch(rb"DELE \d+", line)}
        self.assertEqual(sorted(deleted), list(row.delivered), str(outcome))

    def test_smtp(self):
        self.run_rows(SMTP_ROWS)

    def test_imap(self):
        self.run_rows(IMAP_ROWS)


if __name__ == "__main__":
    main()
