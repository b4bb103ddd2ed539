"""mail-fetch that hands messages to an IMAP server, or to several stores by rules, on a disk where one call fails, or
at which the power does, then run again: nothing lost, nothing twice.

Each combination is counted undisturbed, then met at sampled calls; at each one with MAILPIPE_FULL=1.
"""

import itertools
import os

from fault_case import KILLED, sample
from handover import Handover, HandoverCase
from peers.case import main
from peers.commands import binary

_COMBINATIONS = list(itertools.product(("imap", "route"), ("--keep", "--delete")))
_SAMPLES = 4  # of each combination and kind


class BadDiskDelivery(HandoverCase):
    def setUp(self):
        super().setUp()
        if not os.path.exists(binary("bad_disk.so")):
            self.skipTest("no library goes before that of a sanitizer")

    def run_on_bad_disk(self, fetch, call=0, kind=""):
        """The outcome, with the calls that changed the disk as `calls`."""
        report = self.path("calls")
        if os.path.exists(report):
            os.unlink(report)
        outcome = fetch.run({"LD_PRELOAD": binary("bad_disk.so"), "BAD_DISK_TOP": os.path.realpath(fetch.top),
                             "BAD_DISK_REPORT": report, "BAD_DISK_AT": str(call), "BAD_DISK_KIND": kind})
        with open(report, encoding="utf-8") as file:
            outcome.calls = file.read().splitlines()
        return outcome

    def check_kinds(self, kinds, statuses):
        for combination in _COMBINATIONS:
            fetch = Handover(self, *combination)
            outcome = self.run_on_bad_disk(fetch)
            self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
            total = len(outcome.calls)
            self.assertGreater(total, 5)
            fetch.finish("undisturbed")
            for kind, call in itertools.product(kinds, [*sample(total, _SAMPLES), -1]):
                with self.subTest(combination=combination, kind=kind, call=call):
                    self.check(combination, kind, call, statuses)

    def check(self, combination, kind, call, statuses):
        fetch = Handover(self, *combination)
        outcome = self.run_on_bad_disk(fetch, call, kind)
        struck = outcome.calls[call - 1] if 0 < call <= len(outcome.calls) else "the end"
        what = f"{' '.join(combination)}, {kind} at call {call}, {struck.replace(fetch.top, '')}"
        self.assertIn(outcome.status, statuses, f"{what}: {outcome}")
        if KILLED not in statuses:
            self.assertEqual(len(outcome.error_lines), 1 if outcome.status else 0, f"{what}: {outcome}")
        fetch.check_after_fault(what)
        fetch.finish(what)

    def test_one_call_fails(self):
        self.check_kinds(("EINTR", "short"), (0,))
        self.check_kinds(("ENOSPC", "EIO"), (0, 74, 75))

    def test_power_fails(self):
        self.check_kinds(("power", "power-data", "power-names"), (0, KILLED))


if __name__ == "__main__":
    main()
