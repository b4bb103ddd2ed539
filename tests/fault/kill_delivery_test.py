"""mail-fetch killed at a step while it hands messages over, then run again: nothing lost; over IMAP and with several
stores nothing twice, over SMTP and LMTP and to a command at most the one message whose answer was not recorded.

Each combination is counted undisturbed, then killed at sampled steps; at each one with MAILPIPE_FULL=1.
"""

import itertools

from fault_case import KILLED, sample
from handover import Handover, HandoverCase
from peers.case import main

_SAMPLES = 8  # of each combination
_SAMPLES_OF_IMAP = 40  # only few steps lie between what is sent and the record of the answer
KINDS = ("smtp", "lmtp", "pipe", "imap", "route")


class KillDelivery(HandoverCase):
    def setUp(self):
        super().setUp()
        self.kills = self.repeated = 0

    def killed(self, fetch, step):
        return self.run_to_step(step, fetch.argv, environment=fetch.environment)

    def test_at_each_step(self):
        for kind, mode in itertools.product(KINDS, ("--keep", "--delete")):
            with self.subTest(kind=kind, mode=mode):
                self.check(kind, mode)
        self.assertGreaterEqual(self.kills, 60)

    def check(self, kind, mode):
        undisturbed = Handover(self, kind, mode)
        outcome = self.killed(undisturbed, 0)
        self.assertEqual(outcome.status, 0, str(outcome))
        undisturbed.check_after_fault("undisturbed")
        self.assertEqual(undisturbed.finish("undisturbed"), 0)
        total = len(outcome.steps)
        self.assertGreater(total, len(undisturbed.messages))
        repeated = 0
        for step in sample(total, _SAMPLES_OF_IMAP if kind == "imap" else _SAMPLES):
            fetch = Handover(self, kind, mode)
            outcome = self.killed(fetch, step)
            # Runs differ by a few steps, as octets arrive in other pieces.
            self.assertIn(outcome.status, (KILLED, 0), str(outcome))
            what = f"{kind} {mode}, killed at step {outcome.steps[-1]} of {total}"
            self.kills += outcome.status == KILLED
            fetch.check_after_fault(what)
            repeated += fetch.finish(what)
        print(f"{kind} {mode}: {total} steps, {repeated} repeats", flush=True)

    def test_twice_in_a_row(self):
        """A second crash while the next run makes up for the first."""
        for kind in ("imap", "route"):
            total = len(self.killed(Handover(self, kind, "--delete"), 0).steps)
            for step in sample(total, 5):
                with self.subTest(kind=kind, step=step):
                    fetch = Handover(self, kind, "--delete")
                    for again in (step, max(1, step // 2)):
                        outcome = self.killed(fetch, again)
                        self.assertIn(outcome.status, (KILLED, 0), str(outcome))
                        fetch.check_after_fault(f"{kind} killed at {step}, then {again}")
                    fetch.finish(f"{kind} killed twice, at {step} and {again}")


if __name__ == "__main__":
    main()
