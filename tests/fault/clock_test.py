"""A wall clock that jumps by hours, back and forward, or stands still: deadlines go by the steady clock, no file name
is given twice, and what is written with a date has one that the clock has shown."""

import contextlib
import email.utils
import mmap
import os
import poplib
import re
import smtplib
import socket
import struct
import threading
import time

from fault_case import FULL, Fetch, FaultCase
from peers.case import main
from peers.commands import binary, run
from peers.imap_client import ImapClient, Literal
from peers.mailserve import MailServe
from peers.messages import crlf, message
from peers.relay import Relay

_HOUR = 3600
_JUMPS = (0, 5 * _HOUR, -7 * _HOUR, 20 * _HOUR, -20 * _HOUR, _HOUR, -5)
_FROZEN = 1793_000_000
_MESSAGES = [message(f"number {n}", f"text {n}\n" * (n % 7 + 1)) for n in range(2000 if FULL else 300)]
_TIMEOUT = 2  # seconds, as an option


class Clock:
    """What clock_jump.so reads. As a context manager it jumps all the time."""

    def __init__(self, path):
        with open(path, "w+b") as file:
            file.write(struct.pack("@qqq", 0, 0, 0))
            file.flush()
            self._memory = mmap.mmap(file.fileno(), 24)
        self.environment = {"LD_PRELOAD": binary("clock_jump.so"), "CLOCK_JUMP": path}
        self._over = threading.Event()

    def add(self, seconds):
        struct.pack_into("@q", self._memory, 0, seconds)

    def freeze(self, seconds):
        struct.pack_into("@q", self._memory, 8, seconds)

    @property
    def asked(self):
        return struct.unpack_from("@q", self._memory, 16)[0]

    def _jump(self):
        count = 0
        while not self._over.wait(0.0005):
            count += 1
            self.add(_JUMPS[count % len(_JUMPS)])

    def __enter__(self):
        self._thread = threading.Thread(target=self._jump)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._over.set()
        self._thread.join()
        self.add(0)


class ClockCase(FaultCase):
    def setUp(self):
        super().setUp()
        if not os.path.exists(binary("clock_jump.so")):
            self.skipTest("no library goes before that of a sanitizer")

    def clock(self):
        return Clock(self.path("clock"))

    def assert_shown(self, when, began, what):
        """That the jumping clock may have shown this time."""
        jumped = when - began
        shown = [jump for jump in _JUMPS if jump - 2 <= jumped <= jump + 120]
        self.assertTrue(shown, f"{what}: {jumped} s from now")
        return shown[0]


class FetchClock(ClockCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()

    def run_fetch(self, fetch, clock, *options, relay=None):
        argv = [*fetch.argv, *map(str, options)]
        if relay:
            argv = [argument.replace(f":{fetch.port}", f":{relay.port}") for argument in argv]
        began = time.monotonic()
        outcome = run(argv, self.directory, environment=dict(clock.environment, XDG_STATE_HOME=fetch.top))
        outcome.seconds = time.monotonic() - began
        self.assertGreater(clock.asked, 0, "clock_jump.so is not there")
        return outcome

    def test_jumps(self):
        for protocol, kind in (("pop3", "maildir"), ("imap", "maildir"), ("pop3", "mbox")):
            with self.subTest(protocol=protocol, kind=kind):
                began = int(time.time())
                fetch = Fetch(self, protocol, kind, "--delete", _MESSAGES)
                with self.clock() as clock:
                    outcome = self.run_fetch(fetch, clock)
                self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
                for took in re.findall(rb'"seconds":([0-9.e+-]+)', outcome.stdout):
                    self.assertLessEqual(0, float(took))
                    self.assertLess(float(took), outcome.seconds + 1)
                if kind == "maildir":
                    names = os.listdir(os.path.join(fetch.destination, "new"))
                    jumps = {self.assert_shown(int(name.split(".")[0]), began, name) for name in names}
                    self.assertGreater(len(jumps), 1)
                fetch.finish(f"{protocol} to {kind}")

    def test_frozen(self):
        clock = self.clock()
        clock.freeze(_FROZEN)
        fetch = Fetch(self, "pop3", "maildir", "--keep", _MESSAGES)
        outcome = self.run_fetch(fetch, clock)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        names = os.listdir(os.path.join(fetch.destination, "new"))
        self.assertEqual({name.split(".")[0] for name in names}, {str(_FROZEN)})
        fetch.finish("frozen")

    def test_silence_meets_the_deadline(self):
        for protocol in ("pop3", "imap"):
            with self.subTest(protocol=protocol), self.clock() as clock:
                fetch = Fetch(self, protocol, "maildir", "--keep", _MESSAGES)
                with Relay(fetch.port, cut_after=400, stall=True) as relay:
                    outcome = self.run_fetch(fetch, clock, "--timeout", _TIMEOUT, relay=relay)
                self.assertEqual(outcome.status, 75, str(outcome))
                self.assertGreater(outcome.seconds, _TIMEOUT - 0.2)
                self.assertLess(outcome.seconds, _TIMEOUT + 15)

    def test_slow_is_not_silent(self):
        with self.clock() as clock:
            fetch = Fetch(self, "pop3", "maildir", "--keep", _MESSAGES[:2])
            with Relay(fetch.port, pause=0.006) as relay:
                outcome = self.run_fetch(fetch, clock, "--timeout", _TIMEOUT, relay=relay)
            self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
            self.assertGreater(outcome.seconds, _TIMEOUT)


class ServeClock(ClockCase):
    def start(self, clock):
        return MailServe(listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0"), store=self.path("store"),
                         environment=clock.environment, arguments=["--timeout", str(_TIMEOUT)])

    def send(self, serve, messages, count=3):
        """Each of `count` connections sends all messages, at the same time, to both users."""
        failures = []

        def one():
            try:
                with smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30) as client:
                    for octets in messages:
                        client.sendmail("carol@example.net", ["alice@example.org", "bob@example.org"], crlf(octets))
            except (smtplib.SMTPException, OSError) as error:
                failures.append(error)
        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def check_store(self, serve, expected, shown):
        """That each user has as many messages as `expected`; shown(seconds, what) judges each time in them."""
        for user in ("alice", "bob"):
            self.assertEqual(len(os.listdir(os.path.join(serve.store, user, "new"))), expected)
            for octets in serve.messages(user):
                field = re.search(rb"(?ms)^Received: .*?;\s*([^\n]*\d{4} [^\n]*)$", octets)
                self.assertIsNotNone(field, octets[:400])
                date = email.utils.parsedate_to_datetime(field.group(1).decode())
                shown(int(date.timestamp()), field.group(1))
        for event in serve.events:
            if event["event"] == "delivery":
                self.assertTrue(0 <= event["seconds"] < 60, event)

    def test_jumps(self):
        began = int(time.time())
        with self.clock() as clock, self.start(clock) as serve:
            self.send(serve, _MESSAGES[:30])
            self.assertGreater(clock.asked, 0, "clock_jump.so is not there")
            self.check_store(serve, 90, lambda when, what: self.assert_shown(when, began, what))
            client = poplib.POP3("127.0.0.1", serve.port("pop3"), timeout=30)
            client.user("alice")
            client.pass_("secret")
            uidls = [line.split()[1] for line in client.uidl()[1]]
            self.assertEqual((len(uidls), len(set(uidls))), (90, 90))
            client.quit()

    def test_frozen(self):
        clock = self.clock()
        clock.freeze(_FROZEN)
        with self.start(clock) as serve:
            self.send(serve, _MESSAGES[:30])
            self.check_store(serve, 90, lambda when, what: self.assertEqual(when, _FROZEN, what))

    def test_silence_meets_the_deadline_and_activity_does_not(self):
        with self.clock() as clock, self.start(clock) as serve, contextlib.ExitStack() as stack:
            busy = stack.enter_context(smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30))
            for scheme in ("smtp", "pop3"):
                with socket.create_connection(("127.0.0.1", serve.port(scheme)), timeout=30) as silent:
                    began = time.monotonic()
                    silent.settimeout(0.4)
                    while True:
                        try:
                            if not silent.recv(4096):
                                break
                        except TimeoutError:
                            self.assertLess(time.monotonic() - began, _TIMEOUT + 15, scheme)
                        self.assertEqual(busy.noop()[0], 250)
                    self.assertGreater(time.monotonic() - began, _TIMEOUT - 0.2, scheme)
            self.assertEqual(busy.noop()[0], 250)


_YEAR = 365 * 24 * _HOUR


class ImapClock(ClockCase):
    """UIDs and MODSEQs go on whatever the clock says, also of an index that is lost while it is a year late."""

    def setUp(self):
        super().setUp()
        self.given = {}  # by UIDVALIDITY: the texts of UIDs
        self.modseq = 0
        self.number = 0

    def start(self, clock):
        return MailServe(listen=("imap://127.0.0.1:0", "smtp://127.0.0.1:0"), store=self.path("store"),
                         environment=clock.environment)

    def note(self, client):
        """What INBOX holds now; no UID was another message's, and no MODSEQ goes back."""
        selected = client.ok("SELECT INBOX (CONDSTORE)")
        validity = int(selected.codes()["UIDVALIDITY"])
        modseq = int(selected.codes()["HIGHESTMODSEQ"])
        self.assertGreaterEqual(modseq, self.modseq)
        self.modseq = modseq
        known = self.given.setdefault(validity, {})
        self.assertEqual(validity, max(self.given))
        for response in client.ok("UID FETCH 1:* (UID MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])").all("FETCH"):
            text = response.data["BODY[HEADER.FIELDS (SUBJECT)]"]
            self.assertEqual(known.setdefault(response.data["UID"], text), text)

    def work(self, serve):
        with ImapClient(serve.port("imap"), "alice") as client:
            self.note(client)
            for _ in range(3):
                self.number += 1
                client.ok("APPEND INBOX ", Literal(crlf(message(f"appended {self.number}", "text\n"))))
            with smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30) as smtp:
                self.number += 1
                smtp.sendmail("carol@example.net", ["alice@example.org"],
                              crlf(message(f"delivered {self.number}", "text\n")))
            self.note(client)
            client.ok("STORE 1 +FLAGS (\\Flagged)")
            client.ok("STORE 2 +FLAGS (\\Deleted)")
            self.note(client)
            client.ok("EXPUNGE")
            self.note(client)
            client.ok("CREATE Again")
            validity = int(client.ok("STATUS Again (UIDVALIDITY)").one("STATUS").data[1]["UIDVALIDITY"])
            client.ok("DELETE Again")
            self.assertNotIn(validity, self.given)
            return validity

    def test_jumps(self):
        with self.clock() as clock, self.start(clock) as serve:
            for _ in range(5):
                self.work(serve)

    def test_a_year_late(self):
        clock = self.clock()
        made = []
        for years, lose in ((0, False), (-1, False), (-1, True), (-2, False), (0, True), (1, True)):
            clock.add(years * _YEAR)
            if lose:
                os.remove(self.path("store", "alice", ".mailpipe-index"))
            with self.start(clock) as serve:
                made.append(self.work(serve))
        self.assertEqual(len(self.given), 1)
        self.assertEqual(len(set(made)), len(made), made)
        with self.start(clock) as serve, ImapClient(serve.port("imap"), "alice") as client:
            self.note(client)
            self.assertEqual(client.ok("SELECT INBOX").one("EXISTS").number, 6 * (4 - 1))


if __name__ == "__main__":
    main()
