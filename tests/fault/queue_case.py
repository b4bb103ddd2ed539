"""What the fault tests of the queue share: messages with each outcome, and what must hold after a disturbed run.

    plain     for one who takes it
    both      for one who takes it and one who does not exist: its sender is told
    lost      for one who does not exist
    large     of several reads
    waiting   for a server that is not there: it stays in the queue
"""

import email
import itertools
import os
import re

from fault_case import FaultCase
from peers import schema
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import message
from peers.process import free_port

_numbers = itertools.count(1)


class QueueCase(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe().start()
        cls.addClassCleanup(cls.server.stop)
        cls.dead = f"smtp://127.0.0.1:{free_port()}"


class Spool:
    """A queue of its own with the messages above; their subjects end in a number that no other has."""

    def __init__(self, case, port=None):
        self.case = case
        self.number = next(_numbers)
        self.top = case.path(f"run-{self.number}")
        os.mkdir(self.top)
        self.queue = os.path.join(self.top, "queue")
        self.url = f"smtp://127.0.0.1:{port or case.server.port('smtp')}"
        large = "".join(f"line {n} of a longer text\n" for n in range(9000))
        self.messages = {name: message(f"{name} {self.number}", large if name == "large" else f"body of {name}\n")
                         for name in ("plain", "both", "lost", "large", "waiting")}

    def command(self, *rest):
        return ["mail-send", "--queue-dir", self.queue, "--json", *rest]

    def add_command(self, *recipients, server=None):
        server = ["--server", server] if server else []
        return self.command("--queue", "-f", "alice@example.org", *server, *recipients)

    def flush_command(self):
        # One connection at a time: what a disturbed run does does not depend on which thread is first.
        return self.command("--flush", "--server", self.url, "--tls", "none", "--connections", "1")

    def fill(self):
        for name, recipients, server in (("plain", ["bob@example.org"], None),
                                         ("both", ["bob@example.org", "nobody@example.org"], None),
                                         ("lost", ["nobody@example.org"], None), ("large", ["bob@example.org"], None),
                                         ("waiting", ["bob@example.org"], self.case.dead)):
            self.case.run_ok(*self.add_command(*recipients, server=server), stdin=self.messages[name])
        return self

    def many(self):
        """Messages for bob in one input, and their octets."""
        messages = [message(f"{name} {self.number}", f"body {name}\n" * 20) for name in ("one", "two", "three")]
        return b"".join(b"From a\n" + octets + b"\n" for octets in messages), messages

    def flush(self):
        outcome = run(self.flush_command(), self.case.directory)
        schema.check_lines(outcome.stdout, "mail-send --flush")
        return outcome

    def listed(self):
        outcome = run(self.command("--list"), self.case.directory)
        self.case.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        return schema.check_lines(outcome.stdout, "mail-send --list")

    def arrived(self):
        """How often each subject of this spool is in a mailbox, and how often a report named it."""
        found = {}
        for user in ("alice", "bob"):
            for octets in self.case.server.messages(user):
                subject = str(email.message_from_bytes(octets)["Subject"])
                if re.search(rf" {self.number}$", subject):
                    found[subject] = found.get(subject, 0) + 1
                    self._check_whole(subject, octets)
        return found

    def _check_whole(self, subject, octets):
        name = subject.rsplit(" ", 1)[0]
        if name in self.messages:
            self.case.assertTrue(octets.endswith(self.messages[name]), f"{subject} is not whole")

    def check_end(self, what, repeats=0):
        """After an undisturbed flush: all is delivered or reported, and what waits is there. The repeats, at most
        `repeats`."""
        outcome = self.flush()
        # What was not written whole is told of once.
        again = self.flush() if outcome.status != 75 else outcome
        self.case.assertEqual(again.status, 75, f"{what}: {outcome} {again}")
        found = self.arrived()
        expected = {f"{name} {self.number}" for name in ("plain", "both", "large", "Not delivered: both",
                                                         "Not delivered: lost")}
        self.case.assertEqual(set(found), expected, what)
        more = sum(found.values()) - len(expected)
        self.case.assertLessEqual(more, repeats, f"{what}: {found}")
        listed = self.listed()
        self.case.assertEqual([(one["state"], one["recipients"][0]["recipient"]) for one in listed],
                              [("waiting", "bob@example.org")], what)
        return more
