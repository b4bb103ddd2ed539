"""SEARCH, SORT and THREAD of libmailpipe against Dovecot's, over one Maildir of many different messages.

A sample by default; MAILPIPE_FULL=1 compares 10,000 messages and some 450 commands, which takes minutes.
"""

import imaplib
import os
import re
import time

from peers.case import Case, main
from peers.commands import binary, run
from peers.dovecot import Dovecot
from peers.search_queries import Queries, for_server
from peers.varied_mail import fill_maildir

FULL = bool(os.environ.get("MAILPIPE_FULL"))
MESSAGES = 10_000 if FULL else 800
SEARCHES = 400 if FULL else 120
SORTS = 40 if FULL else 15
IN_FLIGHT = 8

ODD_MESSAGES = [
    b"From: a@x.example\n\nno date\n",
    b"From: a@x.example\nDate: soon\n\nno real date\n",
    b"From: a@x.example\nDate: 1 Nov 2026 10:00:00 +0000\nCc: \"O'Neil, Jr.\" <neil@x.example>\n\nquote\n",
    "From: a@x.example\nDate: 1 Nov 2026 10:00:00 +0000\nSubject: \u01c5\n\ndigraph\n".encode(),
    b"From: a@x.example\nDate: 1 Nov 2026 10:00:00 +0000\nSubject: =?shift_jis?q?a=5Cb?=\n\nbackslash\n",
]
# Why, the query, the UIDs that libmailpipe finds, and those that Dovecot finds.
DIFFERENCES = [
    ("RFC 9051 section 6.4.4 compares a Date field; where there is none, Dovecot takes 1970-01-01",
     "SENTBEFORE 1-Jan-1980", "", "1 2"),
    ("the same", "SENTON 1-Jan-1970", "", "1 2"),
    ("RFC 9051 section 6.4.4: the string is in the envelope; Dovecot searches in a form that has a backslash before '",
     "CC \"o'neil\"", "3", ""),
    ("RFC 5051 section 2 decomposes U+01C5; Dovecot does not", "SUBJECT \"D\"", "4", ""),
    ("Shift_JIS is what the WHATWG Encoding Standard calls so: 0x5C is a backslash, not a yen sign",
     "SUBJECT \"a\\\\b\"", "5", ""),
    ("RFC 9051 section 9: * is the largest UID in use, and messages of a Maildir have none", "UID *", "", "5"),
]


def pipeline(imap, commands, in_flight):
    """Runs commands on one connection, several on their way: the data of each. Dovecot searches for several commands
    at once and answers them in any order: then it must be ESEARCH data, which have the tag."""
    answers = {}
    sent = done = 0
    while done < len(commands):
        while sent < len(commands) and sent - done < in_flight:
            imap.send(b"Q%d %s\r\n" % (sent, commands[sent]))
            sent += 1
        words = imap.readline().split()
        if words[0].startswith(b"Q"):
            done += 1
            if words[1] != b"OK":
                raise AssertionError(f"{commands[int(words[0][1:])]!r}: {words!r}")
        elif words[1] == b"ESEARCH":
            number = int(re.match(rb'"Q(\d+)"\)', words[3])[1])
            answers[number] = uids_of(words[words.index(b"ALL") + 1]) if b"ALL" in words else ""
        elif words[1] in (b"SORT", b"THREAD"):
            answers[done] = b" ".join(words[2:]).decode()
    return [answers[number] for number in range(len(commands))]


def uids_of(numbers):
    """A sequence-set as the numbers that it stands for."""
    uids = []
    for piece in numbers.decode().split(","):
        first, _, last = piece.partition(":")
        uids += range(int(first), int(last or first) + 1)
    return " ".join(map(str, uids))


class DovecotSearch(Case):
    @classmethod
    def setUpClass(cls):
        os.environ["TZ"] = "UTC"  # the days of BEFORE, ON and SINCE are those of the server's clock
        cls.dovecot = Dovecot().start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.maildir = cls.dovecot.maildir("alice")
        cls.arrivals, cls.undated = fill_maildir(cls.maildir, MESSAGES, 7)
        for number, octets in enumerate(ODD_MESSAGES):
            cls.dovecot.deliver("bob", octets, f"1{number:09}.M{number}P1.x", seen=True)
        cls.dovecot.own_mail()
        cls.imap = cls.connect("alice")

    @classmethod
    def connect(cls, user):
        imap = imaplib.IMAP4("127.0.0.1", cls.dovecot.imap, timeout=120)
        cls.addClassCleanup(imap.logout)
        imap.login(user, cls.dovecot.users[user])
        imap.select(readonly=True)
        return imap

    def evaluate(self, commands, maildir):
        stdin = "".join(command + "\n" for command in commands).encode()
        outcome = run([binary("evaluate_maildir"), maildir], self.directory, stdin=stdin, timeout=3000)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome)[:1000])
        return outcome.stdout.decode().split("\n")[:-1]

    def compare(self, commands, wire, in_flight=1):
        """Both answers to each command, as text."""
        begun = time.monotonic()
        theirs = pipeline(self.imap, wire, in_flight)
        half = time.monotonic()
        ours = self.evaluate(commands, self.maildir)
        print(f"{len(commands)} commands: Dovecot {half - begun:.1f} s, libmailpipe {time.monotonic() - half:.1f} s")
        self.assertEqual(len(ours), len(theirs))
        return zip(commands, ours, theirs)

    def test_search(self):
        queries = Queries(11, MESSAGES).searches(SEARCHES)
        wire = [b"UID SEARCH RETURN (ALL) " + for_server(query) for query in queries]
        begun = int(time.time())
        for query, ours, theirs in self.compare(["SEARCH " + query for query in queries], wire, IN_FLIGHT):
            with self.subTest(query=query):
                found, expected = ({int(uid) for uid in answer.split()} for answer in (ours, theirs))
                ignored = self.undated if "SENT" in query else set()  # see DIFFERENCES
                ignored = ignored | self.crossing(query, begun, time.time())
                self.assertEqual(sorted((found ^ expected) - ignored)[:5], [])

    def crossing(self, query, begun, ended):
        """The UIDs of messages that became too old or old enough for the query while it was run."""
        ages = [int(age) for age in re.findall(r"(?:OLDER|YOUNGER) (\d+)", query)]
        return {uid for uid, arrived in self.arrivals.items() for age in ages if begun <= arrived + age <= ended}

    def test_sort(self):
        programs = Queries(12, MESSAGES).sorts(SORTS)
        wire = [b"UID SORT (%s) UTF-8 ALL" % program.encode() for program in programs]
        for command, ours, theirs in self.compare(["SORT " + program for program in programs], wire):
            with self.subTest(command=command):
                ours, theirs = ours.split(), theirs.split()
                self.assertEqual(len(ours), MESSAGES)
                first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), None)
                self.assertIsNone(first, f"from {first}: {ours[first or 0:][:5]}, {theirs[first or 0:][:5]}")

    def test_threads(self):
        algorithms = ["REFERENCES", "ORDEREDSUBJECT"]
        wire = [b"UID THREAD %s UTF-8 ALL" % name.encode() for name in algorithms]
        for command, ours, theirs in self.compare(["THREAD " + name for name in algorithms], wire):
            with self.subTest(command=command):
                self.assertEqual(ours.replace(")(", ")\n(").split("\n"), theirs.replace(")(", ")\n(").split("\n"))

    def test_differences(self):
        """What is not the same, and why libmailpipe is right; a difference that is gone is a failure, too."""
        commands = ["SEARCH " + query for _, query, _, _ in DIFFERENCES]
        wire = [b"UID SEARCH RETURN (ALL) " + for_server(query) for _, query, _, _ in DIFFERENCES]
        theirs = pipeline(self.connect("bob"), wire, 1)
        ours = self.evaluate(commands, self.dovecot.maildir("bob"))
        for (why, query, wanted, other), found, answer in zip(DIFFERENCES, ours, theirs):
            with self.subTest(why, query=query):
                self.assertEqual((found, answer), (wanted, other))

    def test_keys_that_are_not_taken(self):
        """IMAP4rev2 has no recent messages any more (RFC 9051 appendix E), and numbers of messages are those of a
        session, which a Maildir has not."""
        commands = ["SEARCH " + key for key in ("NEW", "OLD", "RECENT", "1:3", "*")]
        for answer in self.evaluate(commands, self.dovecot.maildir("bob")):
            self.assertRegex(answer, "^error: search: expected a search key")


main()
