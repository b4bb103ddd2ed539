"""mail-fetch killed at a step, then run again: no message lost, none twice (threats.md: how the best crash test works).

Each combination is counted undisturbed, then killed at sampled steps; at each one with MAILPIPE_FULL=1.
"""

import itertools

from fault_case import KILLED, Fetch, FaultCase, sample
from peers.case import main

_SAMPLES = 10  # of each of the eight combinations


class KillFetch(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()
        cls.kills = 0

    def test_at_each_step(self):
        for protocol, kind, mode in itertools.product(("pop3", "imap"), ("maildir", "mbox"), ("--keep", "--delete")):
            with self.subTest(protocol=protocol, kind=kind, mode=mode):
                self.check(protocol, kind, mode)
        self.assertGreaterEqual(self.kills, 60)

    def check(self, protocol, kind, mode):
        undisturbed = Fetch(self, protocol, kind, mode)
        outcome = self.run_to_step(0, undisturbed.argv)
        self.assertEqual(outcome.status, 0, str(outcome))
        undisturbed.check_after_fault("undisturbed")
        undisturbed.finish("undisturbed")
        total = len(outcome.steps)
        self.assertGreater(total, len(undisturbed.messages))
        print(f"{protocol} to {kind} {mode}: {total} steps", flush=True)
        for step in sample(total, _SAMPLES):
            fetch = Fetch(self, protocol, kind, mode)
            outcome = self.run_to_step(step, fetch.argv)
            # Runs differ by a few steps, as octets arrive in other pieces.
            self.assertIn(outcome.status, (KILLED, 0), str(outcome))
            what = f"{protocol} to {kind} {mode}, killed at step {outcome.steps[-1]} of {total}"
            type(self).kills += outcome.status == KILLED
            fetch.check_after_fault(what)
            fetch.finish(what)

    def test_twice_in_a_row(self):
        """A second crash while the next run makes up for the first."""
        for protocol, mode in itertools.product(("pop3", "imap"), ("--keep", "--delete")):
            undisturbed = Fetch(self, protocol, "maildir", mode)
            total = len(self.run_to_step(0, undisturbed.argv).steps)
            for step in sample(total, 3):
                with self.subTest(protocol=protocol, mode=mode, step=step):
                    fetch = Fetch(self, protocol, "maildir", mode)
                    for again in (step, max(1, step // 2)):
                        outcome = self.run_to_step(again, fetch.argv)
                        self.assertIn(outcome.status, (KILLED, 0), str(outcome))
                        fetch.check_after_fault(f"{protocol} {mode} killed at {step}, then {again}")
                    fetch.finish(f"{protocol} {mode} killed twice, at {step} and {again}")


if __name__ == "__main__":
    main()
