"""A day of mail-fetch --watch in minutes: clocks that run fast, jump and sleep, connections that end in every way.

Every message arrives once; descriptors, memory, threads and timers do not grow. With MAILPIPE_FULL it is a whole day.
"""

import mmap
import os
import random
import re
import select
import signal
import struct
import subprocess
import threading
import time

from fault_case import FULL
from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.messages import crlf, message
from peers.process import die_with_parent, wait_until
from peers.scripted import ScriptedServer

_HOUR = 3600
_SPAN = 24 * _HOUR if FULL else _HOUR  # simulated seconds
_FACTOR = 400
_TIMEOUT = 600  # simulated, so that a busy machine is not taken for a silent server
_MESSAGES = 1000 if FULL else 60
_DISCONNECTS = 1000 if FULL else 10
_GROWTH = 2048  # kB, of resident memory from a fifth of the time to the end
_CAPABILITIES = b"IMAP4rev1 UIDPLUS IDLE LITERAL+"
_SECOND = 1_000_000_000
_CATCH_UP = 60.0  # real seconds


class FastClock:
    """What fast_clock.so reads."""

    def __init__(self, path):
        with open(path, "w+b") as file:
            file.write(struct.pack("@qqqqqq", _FACTOR, time.monotonic_ns(), 0, 0, 0, 0))
            file.flush()
            self._memory = mmap.mmap(file.fileno(), 48)
        self._begun = time.monotonic()
        self.environment = {"LD_PRELOAD": binary("fast_clock.so"), "FAST_CLOCK": path}

    def _get(self, index):
        return struct.unpack_from("@q", self._memory, 8 * index)[0]

    def _add(self, index, seconds):
        struct.pack_into("@q", self._memory, 8 * index, self._get(index) + seconds * _SECOND)

    def sleep(self, seconds):
        self._add(2, seconds)

    def jump(self, seconds):
        self._add(3, seconds)

    @property
    def used(self):
        """How often the clocks were asked and polls called, the less of both."""
        return min(self._get(4), self._get(5))

    @property
    def elapsed(self):
        """Simulated seconds, those asleep not counted."""
        return (time.monotonic() - self._begun) * _FACTOR


class Mailbox:
    """What both servers serve; a message that is deleted is gone for good."""

    def __init__(self):
        self.lock = threading.Lock()
        self.messages = {}
        self.next_uid = 1

    def add(self, octets):
        with self.lock:
            self.messages[self.next_uid] = octets
            self.next_uid += 1

    def snapshot(self):
        with self.lock:
            return sorted(self.messages.items())

    def remove(self, uids):
        with self.lock:
            for uid in uids:
                self.messages.pop(uid, None)


class Gone(Exception):
    """The connection has come to its end."""


class Fates:
    """How each connection ends. Most are served well, so that a failure is seldom followed by others."""

    WAYS = ("fin", "reset", "bye", "fin", "reset", "cut", "bye", "cut")

    def __init__(self, seed):
        self._random = random.Random(seed)
        self.merciful = False
        self.disconnects = 0
        self.ways = {}

    def end(self, conversation, goodbye, text=b""):
        """Ends the connection in one of the ways."""
        way = self._random.choice(self.WAYS)
        if self._random.random() < 0.02:
            way = "silence"
        self.disconnects += 1
        self.ways[way] = self.ways.get(way, 0) + 1
        if way == "cut":
            conversation.send(text[:self._random.randrange(len(text) + 1)])
        elif way == "bye":
            conversation.send(goodbye)
        elif way == "silence":
            conversation.silence()
        elif way == "reset":
            conversation.reset()
        raise Gone

    def strikes(self, chance):
        return not self.merciful and self._random.random() < chance


def _numbers(uid_set, known):
    for piece in uid_set.split(b","):
        first, _, last = piece.partition(b":")
        high = max(known, default=0) if last == b"*" else int(last or first)
        yield from (uid for uid in known if int(first) <= uid <= high)


class ImapServer:
    def __init__(self, mailbox, fates):
        self._mailbox = mailbox
        self._fates = fates

    def talk(self, conversation):
        try:
            self._talk(conversation)
        except Gone:
            pass

    def _talk(self, conversation):
        if self._fates.strikes(0.05):
            self._fates.end(conversation, b"* BYE busy\r\n", b"* OK ready\r\n")
        conversation.send(b"* OK [CAPABILITY " + _CAPABILITIES + b"] ready\r\n")
        while (line := conversation.read_line()) is not None:
            tag, _, rest = line.partition(b" ")
            words = rest.split()
            verb = words[1 if words[0] == b"UID" else 0].upper()
            answer = self._answer(conversation, verb, words)
            done = tag + b" OK done\r\n"
            if self._fates.strikes(0.01):
                self._fates.end(conversation, b"* BYE so long\r\n", answer + done)
            conversation.send(answer + done)
            if verb == b"LOGOUT":
                return

    def _answer(self, conversation, verb, words):
        messages = self._mailbox.snapshot()
        known = [uid for uid, _ in messages]
        if verb == b"CAPABILITY":
            return b"* CAPABILITY " + _CAPABILITIES + b"\r\n"
        if verb == b"SELECT":
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n* OK [UIDNEXT %d] x\r\n" % (
                len(messages), self._mailbox.next_uid)
        if verb == b"SEARCH":
            wanted = known if words[2] == b"ALL" else _numbers(words[3], known)
            return b"* SEARCH" + b"".join(b" %d" % uid for uid in wanted) + b"\r\n"
        if verb == b"FETCH":
            wanted = set(_numbers(words[2], known))
            return b"".join(
                b"* %d FETCH (UID %d FLAGS () RFC822.SIZE %d INTERNALDATE \"02-Nov-2026 10:00:00 +0000\" "
                b"BODY[] {%d}\r\n%s)\r\n" % (number, uid, len(octets), len(octets), octets)
                for number, (uid, octets) in enumerate(messages, 1) if uid in wanted)
        if verb == b"EXPUNGE":
            self._mailbox.remove(list(_numbers(words[2], known)))
        if verb == b"IDLE":
            self._idle(conversation, len(messages))
        return b""

    def _idle(self, conversation, count):
        conversation.send(b"+ idling\r\n")
        doomed = self._fates.strikes(0.35)
        while not select.select([conversation.socket], [], [], 0.02)[0]:
            now = len(self._mailbox.snapshot())
            if now > count:
                conversation.send(b"* %d EXISTS\r\n" % now)
                count = now
            if doomed:
                self._fates.end(conversation, b"* BYE idle for too long\r\n", b"* 3 EXISTS\r\n")
        if conversation.read_line() is None:
            raise Gone


class Pop3Server:
    def __init__(self, mailbox, fates):
        self._mailbox = mailbox
        self._fates = fates

    def talk(self, conversation):
        try:
            self._talk(conversation)
        except Gone:
            pass

    def _talk(self, conversation):
        messages = self._mailbox.snapshot()
        deleted = []
        # Of a session of at least six commands about a third ends early.
        chance = 0.06
        if self._fates.strikes(chance):
            self._fates.end(conversation, b"-ERR [SYS/TEMP] busy\r\n", b"+OK ready\r\n")
        conversation.send(b"+OK ready\r\n")
        while (line := conversation.read_line()) is not None:
            verb, _, argument = line.partition(b" ")
            answer = b"+OK\r\n"
            if verb == b"CAPA":
                answer = b"+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.\r\n"
            elif verb == b"LIST":
                sizes = [len(octets) for _, octets in messages]
                answer += b"".join(b"%d %d\r\n" % (n, size) for n, size in enumerate(sizes, 1)) + b".\r\n"
            elif verb == b"UIDL":
                answer += b"".join(b"%d u%d\r\n" % (n, uid) for n, (uid, _) in enumerate(messages, 1)) + b".\r\n"
            elif verb == b"RETR":
                answer += re.sub(rb"(?m)^\.", b"..", messages[int(argument) - 1][1]) + b".\r\n"
            elif verb == b"DELE":
                deleted.append(messages[int(argument) - 1][0])
            if self._fates.strikes(chance):
                self._fates.end(conversation, b"-ERR so long\r\n", answer)
            if verb == b"QUIT":
                self._mailbox.remove(deleted)
            conversation.send(answer)
            if verb == b"QUIT":
                return


class Measures:
    """Of a process; `lasting` is what must not grow."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            status = file.read()
        self.resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        self.lasting = {"threads": int(re.search(r"Threads:\s+(\d+)", status)[1]), "timers": 0}
        with open(f"/proc/{pid}/timers", encoding="ascii") as file:
            self.lasting["timers"] = file.read().count("ID:")
        self.lasting["descriptors"] = len(os.listdir(f"/proc/{pid}/fd"))

    def least(self, other):
        """Takes what is less of the other: it may have been in the middle of something here."""
        self.resident = min(self.resident, other.resident)
        self.lasting = {what: min(count, other.lasting[what]) for what, count in self.lasting.items()}
        return self

    def exceeds(self, first):
        """What is more than at first, by more than comes and goes."""
        return [what for what, count in self.lasting.items() if count > first.lasting[what] + 4]

    def __str__(self):
        return f"{self.resident} kB resident, {self.lasting}"


class FastWatch(Case):
    def setUp(self):
        super().setUp()
        if not os.path.exists(binary("fast_clock.so")):
            self.skipTest("no library goes before that of a sanitizer")

    def start(self, clock, sources):
        stderr = open(self.path("stderr"), "wb")
        self.addCleanup(stderr.close)
        argv = [binary("mail-fetch"), *sources, *self.password(), "--tls", "none", "--delete", "--to",
                "maildir:" + self.path("mail"), "--watch", "--interval", "20s", "--timeout", str(_TIMEOUT)]
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                                   env=clean_environment(self.directory, clock.environment),
                                   preexec_fn=die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def live(self, clock, mailboxes, process):
        """The simulated time goes by: mail comes, the machine sleeps, its wall clock jumps. The first measures."""
        chance = random.Random(4)
        first = None
        sent = [0] * len(mailboxes)
        next_sleep, next_jump = 600, 300
        while (elapsed := clock.elapsed) < _SPAN:
            self.assertIsNone(process.poll(), "mail-fetch has ended")
            for which, mailbox in enumerate(mailboxes):
                while sent[which] < _MESSAGES * elapsed / _SPAN:
                    mailbox.add(self.messages[which][sent[which]])
                    sent[which] += 1
            if elapsed > next_sleep:
                clock.sleep(chance.randrange(60, 2 * _HOUR))
                next_sleep += 900
            if elapsed > next_jump:
                clock.jump(chance.choice((-5, 5, -_HOUR, _HOUR, -30 * _HOUR, 30 * _HOUR)))
                next_jump += 700
            if elapsed > _SPAN / 5 and (first is None or elapsed < _SPAN * 2 / 5):
                now = Measures(process.pid)
                first = now.least(first) if first else now
            time.sleep(0.02)
        return first

    def last_measures(self, first, process):
        """While mail arrives it has more of everything; what it has lost it has for good."""
        end = time.monotonic() + _CATCH_UP
        last = Measures(process.pid)
        while last.exceeds(first) and time.monotonic() < end:
            time.sleep(0.02)
            last.least(Measures(process.pid))
        return last

    def delivered(self):
        """Without those on their way, which tmp/ holds."""
        names = [os.path.join(self.path("mail"), sub, name) for sub in ("new", "cur")
                 for name in os.listdir(self.path("mail", sub))]
        found = []
        for name in names:
            with open(name, "rb") as file:
                found.append(crlf(file.read()))
        return sorted(found)

    def test_a_day(self):
        clock = FastClock(self.path("clock"))
        mailboxes = [Mailbox(), Mailbox()]
        self.messages = [[crlf(message(f"{kind} {n}", f"text {n}\n.\n" * (1 + n % 50))) for n in range(_MESSAGES)]
                         for kind in ("imap", "pop3")]
        fates = [Fates(1), Fates(2)]
        with ScriptedServer(ImapServer(mailboxes[0], fates[0]).talk, deadline=600) as imap, \
                ScriptedServer(Pop3Server(mailboxes[1], fates[1]).talk, deadline=600) as pop3:
            process = self.start(clock, [f"imap://alice@127.0.0.1:{imap.port}", f"pop3://alice@127.0.0.1:{pop3.port}"])
            first = self.live(clock, mailboxes, process)
            for fate in fates:
                fate.merciful = True
            wait_until(lambda: not any(mailbox.snapshot() for mailbox in mailboxes), "all mail fetched and deleted",
                       _CATCH_UP)
            last = self.last_measures(first, process)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), -signal.SIGTERM)
        self.assertGreater(clock.used, 1000, "fast_clock.so is not there")
        self.assertEqual(self.delivered(), sorted(self.messages[0] + self.messages[1]))
        disconnects = sum(fate.disconnects for fate in fates)
        with open(self.path("stderr"), encoding="utf-8") as file:
            errors = file.read().splitlines()
        print(f"{_SPAN / _HOUR:g} h, {disconnects} disconnects {[fate.ways for fate in fates]}, {len(errors)} lines of "
              f"errors\n  first {first}\n  last {last}", flush=True)
        self.assertGreaterEqual(disconnects, _DISCONNECTS)
        self.assertEqual(last.exceeds(first), [])
        self.assertLess(last.resident, first.resident + _GROWTH)


if __name__ == "__main__":
    main()
