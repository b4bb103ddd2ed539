"""The index of an account killed at a step: what it said to be done is done, what it did not say is done whole or not
at all, and Maildirs and index agree."""

import os
import shutil

from fault_case import KILLED, FaultCase, sample
from peers.case import main
from peers.commands import binary, run

CHANGES = 14
_SAMPLES = 60


class IndexStates:
    """Mixed into a FaultCase: what index_steps says is there."""

    def state(self, top):
        outcome = run([binary("index_steps"), top], self.directory)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        self.assertNotIn(b"problem", outcome.stdout)
        return outcome.stdout

    def states_by_count(self):
        """After none of the changes, after the first, and so on."""
        states = []
        for count in range(CHANGES + 1):
            top = self.path(f"whole{count}")
            outcome = run([binary("index_steps"), top, str(count)], self.directory)
            self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
            states.append(self.state(top))
            shutil.rmtree(top)
        return states


class KillIndex(IndexStates, FaultCase):
    def files(self, top):
        found = 0
        for folder, _, names in os.walk(top):
            if os.path.basename(folder) in ("new", "cur"):
                found += len(names)
            if os.path.basename(folder) == "new":
                self.assertEqual(names, [])
        return found

    def test_at_each_step(self):
        states = self.states_by_count()
        top = self.path("counted")
        total = len(self.run_to_step(0, ["index_steps", top, str(CHANGES)]).steps)
        kills = 0
        for step in sample(total, _SAMPLES):
            top = self.path(f"step{step}")
            outcome = self.run_to_step(step, ["index_steps", top, str(CHANGES)])
            self.assertIn(outcome.status, (0, KILLED), str(outcome))
            kills += outcome.status == KILLED
            done = outcome.stdout.count(b"done")
            what = f"killed at step {step} ({outcome.steps[-1]}), after {done} changes"
            now = self.state(top)
            self.assertIn(now, states[done:done + 2], what)
            self.assertEqual(self.state(top), now, what)
            self.assertEqual(self.files(top), sum(line.startswith(b"  ") and b"next" not in line
                                                  for line in now.split(b"\n")), what)
            shutil.rmtree(top)
        self.assertGreaterEqual(kills, 50)


if __name__ == "__main__":
    main()
