"""What the fault tests share: runs that end at a step, mailboxes of Dovecot made afresh, and what must hold then."""

import os
import re
import shutil
import unittest

from peers.case import Case
from peers.commands import binary, clean_environment, run
from peers.dovecot import Dovecot
from peers.messages import TEXTS, message

FULL = bool(os.environ.get("MAILPIPE_FULL"))
_NOT_PERMITTED = 77  # of kill_at_step
KILLED = 137

# Small ones, one that a single read does not hold, and what mbox must quote.
MESSAGES = [TEXTS["plain"], TEXTS["dots"], TEXTS["from"], TEXTS["latin1"],
            message("large", "".join(f"line {n} of a longer text\n" for n in range(9000))), TEXTS["empty body"]]


def sample(total, count):
    """`count` steps from 1 to total, evenly spread, the first and the last among them; all with MAILPIPE_FULL."""
    if FULL or count >= total:
        return list(range(1, total + 1))
    return sorted({1 + round(n * (total - 1) / (count - 1)) for n in range(count)})


def read_mboxrd(path):
    """The messages of an mbox file; a file that is no mbox fails here."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        text = file.read()
    if not text:
        return []
    assert text.startswith(b"From "), text[:100]
    found = []
    for part in re.split(rb"(?:\A|(?<=\n\n))From [^\n]*\n", text)[1:]:
        assert part.endswith(b"\n\n"), part[-100:]
        found.append(re.sub(rb"(?m)^>(>*From )", rb"\1", part[:-1]))
    return sorted(found)


class FaultCase(Case):
    @classmethod
    def start_dovecot(cls, **options):
        """One Dovecot with a mailbox for each run, so that no run meets what an earlier one left open."""
        cls.mailboxes = [f"box{n}" for n in range(100)]
        cls.dovecot = Dovecot(users={name: "secret" for name in cls.mailboxes}, **options).start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.next_mailbox = 0

    def fill_mailbox(self, messages=None):
        """The name of a user whose INBOX holds exactly `messages`."""
        cls = type(self)
        user = self.mailboxes[cls.next_mailbox % len(self.mailboxes)]
        cls.next_mailbox += 1
        top = self.dovecot.maildir(user)
        shutil.rmtree(top, ignore_errors=True)
        for folder in (top, *(os.path.join(top, sub) for sub in ("cur", "new", "tmp"))):
            os.mkdir(folder)
            if os.getuid() == 0:
                os.chown(folder, self.dovecot.mail_uid, self.dovecot.mail_gid)
        for number, octets in enumerate(MESSAGES if messages is None else messages):
            self.dovecot.deliver(user, octets, f"{1000000000 + number}.M{cls.next_mailbox}P{number}.fault")
        return user

    def run_to_step(self, step, argv, timeout=60.0, environment=None, stdin=b""):
        """Runs a command and ends it at the entry of `step`, 0 for never. The outcome, with `steps` done or begun."""
        report = self.path("steps")
        # LeakSanitizer cannot work in a traced process.
        options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS", ""), "detect_leaks=0"]))
        outcome = run([binary("kill_at_step"), step, report, binary(argv[0]), *argv[1:]], self.directory,
                      environment={"ASAN_OPTIONS": options, **(environment or {})}, timeout=timeout, stdin=stdin)
        if outcome.status == _NOT_PERMITTED and b"ptrace is not permitted" in outcome.stderr:
            raise unittest.SkipTest(outcome.stderr.decode().strip())
        with open(report, encoding="utf-8") as file:
            outcome.steps = file.read().splitlines()
        return outcome

    def delivered(self, kind, path):
        """The messages at a destination; with a Maildir those in new/ and cur/, whatever a killed run left in tmp/."""
        if kind == "mbox":
            return read_mboxrd(path)
        found = []
        for sub in ("new", "cur"):
            folder = os.path.join(path, sub)
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), "rb") as file:
                    found.append(file.read())
        return sorted(found)

    def assert_messages(self, found, expected, what):
        """Equality of two lists of messages, told by subject and size rather than by megabytes of text."""
        if sorted(found) != sorted(expected):
            self.fail(f"{what}: {describe(found)}, expected {describe(expected)}")

    def assert_nothing_lost(self, places, messages, what):
        lost = [octets for octets in messages if octets not in places]
        if lost:
            self.fail(f"{what}: lost {describe(lost)}")


class BadDiskRuns:
    """Mixed into a FaultCase: runs of a Fetch on the disk of bad_disk.cpp."""

    def setUp(self):
        super().setUp()
        if not os.path.exists(binary("bad_disk.so")):
            self.skipTest("no library goes before that of a sanitizer")

    def run_on_bad_disk(self, fetch, call=0, kind=""):
        """The outcome, with the calls that changed the disk as `calls`, and the one that it met as `struck`."""
        report = self.path("calls")
        if os.path.exists(report):
            os.unlink(report)
        outcome = fetch.run({"LD_PRELOAD": binary("bad_disk.so"), "BAD_DISK_TOP": os.path.realpath(fetch.top),
                             "BAD_DISK_REPORT": report, "BAD_DISK_AT": str(call), "BAD_DISK_KIND": kind})
        with open(report, encoding="utf-8") as file:
            outcome.calls = file.read().splitlines()
        struck = outcome.calls[call - 1] if 0 < call <= len(outcome.calls) else "the end"
        outcome.struck = struck.replace(fetch.top, "")
        return outcome

    def count_calls(self, fetch):
        """Of an undisturbed run."""
        outcome = self.run_on_bad_disk(fetch)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        fetch.finish("undisturbed")
        return len(outcome.calls)


def describe(messages):
    def one(octets):
        subject = re.search(rb"(?mi)^Subject: *(.*)$", octets)
        return f"{subject.group(1).decode('utf-8', 'replace') if subject else '?'} ({len(octets)})"
    return "[" + ", ".join(sorted(one(octets) for octets in messages)) + "]"


class Fetch:
    """One mail-fetch from a mailbox to a destination of its own, which may be run again."""

    def __init__(self, case, protocol, kind, mode, messages=None, port=None, options=()):
        self.case = case
        self.kind = kind
        self.mode = mode
        self.messages = MESSAGES if messages is None else messages
        self.user = case.fill_mailbox(self.messages)
        self.top = case.path(f"{protocol}-{kind}{mode}-{type(case).next_mailbox}")
        os.mkdir(self.top)
        self.destination = os.path.join(self.top, "mail")
        self.port = port or getattr(case.dovecot, protocol)
        self.location = f"{protocol}://{self.user}@127.0.0.1:{getattr(case.dovecot, protocol)}"
        self.options = [*case.password(), "--tls", "none", "--to", f"{kind}:{self.destination}", "--state",
                        os.path.join(self.top, "state"), mode, *options]
        self.argv = ["mail-fetch", self.location, *self.options]

    def run(self, environment=None):
        return run(self.argv, self.case.directory, environment=environment)

    def delivered(self):
        return self.case.delivered(self.kind, self.destination)

    def on_server(self):
        # Dovecot may still be moving a file from new/ to cur/ after its client has gone.
        for _ in range(20):
            try:
                return self.case.dovecot.messages(self.user)
            except FileNotFoundError:
                continue
        raise AssertionError("the mailbox does not come to rest")

    def check_after_fault(self, what):
        """At any instant each message is whole at one end or the other, and none is delivered in part or twice."""
        delivered = self.delivered()
        self.case.assert_nothing_lost(delivered + self.on_server(), self.messages, what)
        for octets in delivered:
            if octets not in self.messages:
                self.case.fail(f"{what}: delivered what was never sent: {describe([octets])}")

    def finish(self, what):
        """The next run, undisturbed, ends where an undisturbed first run would have; and one more adds nothing."""
        for attempt in ("the next run", "one more run"):
            outcome = run(self.argv, self.case.directory, environment={"XDG_STATE_HOME": self.top})
            self.case.assertEqual((outcome.status, outcome.stderr), (0, b""), f"{what}, {attempt}: {outcome}")
            self.case.assert_messages(self.delivered(), self.messages, f"{what}, delivered after {attempt}")
            left = [] if self.mode == "--delete" else self.messages
            self.case.assert_messages(self.on_server(), left, f"{what}, on the server after {attempt}")
        self.remove()

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)
