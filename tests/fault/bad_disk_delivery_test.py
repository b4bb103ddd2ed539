"""mail-fetch that hands messages to an IMAP server, or to several stores by rules, on a disk where one call fails, or
at which the power does, then run again: nothing lost, nothing twice.

Each combination is counted undisturbed, then met at sampled calls; at each one with MAILPIPE_FULL=1.
"""

import itertools

from fault_case import KILLED, BadDiskRuns, sample
from handover import Handover, HandoverCase
from peers.case import main

_COMBINATIONS = list(itertools.product(("imap", "route"), ("--keep", "--delete")))
_SAMPLES = 4  # of each combination and kind


class BadDiskDelivery(BadDiskRuns, HandoverCase):
    def check_kinds(self, kinds, statuses):
        for combination in _COMBINATIONS:
            fetch = Handover(self, *combination)
            total = self.count_calls(fetch)
            self.assertGreater(total, 5)
            for kind, call in itertools.product(kinds, [*sample(total, _SAMPLES), -1]):
                with self.subTest(combination=combination, kind=kind, call=call):
                    self.check(combination, kind, call, statuses)

    def check(self, combination, kind, call, statuses):
        fetch = Handover(self, *combination)
        outcome = self.run_on_bad_disk(fetch, call, kind)
        what = f"{' '.join(combination)}, {kind} at call {call}, {outcome.struck}"
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
