"""mail-serve under kill_at_step, and what must hold for its store."""

import os
import shlex
import signal
import unittest

from peers.mailserve import MailServe
from peers.messages import message
from peers.process import PeerError

MESSAGES = [message("first", "one\n"), message("second", "".join(f"line {n} of a longer text\n" for n in range(3000))),
            message("third", ".\n..\n")]


def bodies(octets):
    """What the sender wrote, without the trace fields that were put before it."""
    return octets[octets.index(b"Date: Mon, 2 Nov"):]


class KilledServe(MailServe):
    """A mail-serve that ends at the entry of `step`, 0 for never. Its last event may be cut short."""

    def __init__(self, case, step, store, **options):
        super().__init__(store=store, environment={"ASAN_OPTIONS": "detect_leaks=0"}, **options)
        self._case = case
        self._report = case.path("steps")
        self._step = step

    def start(self):
        # MailServe starts $MAILPIPE_BIN/mail-serve; this one puts kill_at_step before it.
        real = os.environ["MAILPIPE_BIN"]
        wrapped = self._case.path("bin")
        os.makedirs(wrapped, exist_ok=True)
        command = [os.path.join(real, "kill_at_step"), str(self._step), self._report, os.path.join(real, "mail-serve")]
        path = os.path.join(wrapped, "mail-serve")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec {shlex.join(command)} \"$@\"\n")
        os.chmod(path, 0o755)
        os.environ["MAILPIPE_BIN"] = wrapped
        try:
            return super().start()
        except PeerError:
            if b"ptrace is not permitted" in self.stderr().encode():
                raise unittest.SkipTest("ptrace is not permitted") from None
            raise
        finally:
            os.environ["MAILPIPE_BIN"] = real

    def _decode(self, line):
        try:
            return super()._decode(line)
        except ValueError:
            return None

    def steps(self):
        with open(self._report, encoding="utf-8") as file:
            return file.read().splitlines()

    def run(self, use, unused):
        """One run with a client: what `use(self)` returned, or `unused` when it was killed before it was ready; the
        exit status; the steps."""
        used = unused
        try:
            self.start()
            used = use(self)
        except PeerError:
            pass
        return used, self.end(), self.steps()

    def end(self):
        """Ends it if it still runs; its exit status, 137 when it was killed at its step."""
        try:
            return self.stop(signal.SIGTERM)
        finally:
            self.remove()
