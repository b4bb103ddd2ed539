"""mail-fetch on a disk where one call fails, or at which the power does, then run again: nothing lost, nothing twice.

Each combination is counted undisturbed, then met at sampled calls; at each one with MAILPIPE_FULL=1.
"""

import itertools
import os
import time

from fault_case import KILLED, BadDiskRuns, Fetch, FaultCase, sample
from peers.case import main

_COMBINATIONS = list(itertools.product(("pop3", "imap"), ("maildir", "mbox"), ("--keep", "--delete")))
_SAMPLES = 3  # of each combination and kind
# What the program must get over by itself.
_HARMLESS = ("EINTR", "short")
_ERRORS = ("ENOSPC", "EIO")
_POWER = ("power", "power-data", "power-names")
_TEMPORARY_OR_IO = (74, 75)


class BadDisk(BadDiskRuns, FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()

    def total(self, *combination):
        fetch = Fetch(self, *combination)
        total = self.count_calls(fetch)
        self.assertGreater(total, len(fetch.messages))
        return total

    def check(self, combination, kind, call, total):
        fetch = Fetch(self, *combination)
        outcome = self.run_on_bad_disk(fetch, call, kind)
        what = f"{' '.join(combination)}, {kind} at call {call} of {total}, {outcome.struck}"
        if kind in _POWER:
            self.assertIn(outcome.status, (KILLED, 0), f"{what}: {outcome}")
        elif kind in _HARMLESS:
            self.assertEqual((outcome.status, outcome.stderr), (0, b""), f"{what}: {outcome}")
        else:
            # A call that only tidies up may fail without a word.
            self.assertIn(outcome.status, (0, *_TEMPORARY_OR_IO), f"{what}: {outcome}")
            self.assertEqual(len(outcome.error_lines), 1 if outcome.status else 0, f"{what}: {outcome}")
        fetch.check_after_fault(what)
        if kind in _POWER:
            self.let_time_pass(fetch)
        fetch.finish(what)

    @staticmethod
    def let_time_pass(fetch):
        """A dot lock whose contents were lost names no process, and counts until it is five minutes old."""
        lock = fetch.destination + ".lock"
        if os.path.exists(lock):
            os.utime(lock, (time.time() - 600,) * 2)

    def check_kinds(self, kinds, also=()):
        for combination in _COMBINATIONS:
            total = self.total(*combination)
            for kind, call in itertools.product(kinds, [*sample(total, _SAMPLES), *also]):
                with self.subTest(combination=combination, kind=kind, call=call):
                    self.check(combination, kind, call, total)

    def test_one_call_fails(self):
        self.check_kinds(_HARMLESS + _ERRORS)

    def test_power_fails(self):
        self.check_kinds(_POWER, also=[-1])


if __name__ == "__main__":
    main()
