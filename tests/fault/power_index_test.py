"""The index of an account after the power failed at a call: what was said to be done is done, what was not is done
whole or not at all, and no UID is given twice.

UIDs may go on far behind the last one: an index that does not agree with its lock is taken for one that was restored.
"""

import os
import re
import shutil

from fault_case import BadDiskRuns, FaultCase, sample
from kill_index_test import CHANGES, IndexStates
from peers.case import main
from peers.commands import binary, run

_SAMPLES = 14  # of each kind
_REMOVAL = 12  # the changes before that of C/D


class Changes:
    """The program of all changes to the account at `top`."""

    def __init__(self, top, directory):
        self.top = top
        self.directory = directory
        os.makedirs(top)

    def run(self, environment):
        return run([binary("index_steps"), self.top, str(CHANGES)], self.directory, environment=environment)


class PowerIndex(BadDiskRuns, IndexStates, FaultCase):
    def test_at_each_call(self):
        states = [read_state(state) for state in self.states_by_count()]
        total = len(self.run_on_bad_disk(Changes(self.path("counted"), self.directory)).calls)
        self.assertGreater(total, 300)
        for kind in ("power", "power-data", "power-names"):
            for call in sample(total, _SAMPLES):
                top = self.path(f"{kind}{call}")
                outcome = self.run_on_bad_disk(Changes(top, self.directory), call, kind)
                done = outcome.stdout.count(b"done")
                what = f"{kind} at call {call} ({outcome.struck}), after {done} changes"
                now = self.state(top)
                boxes, uid_next = read_state(now)
                self.assertEqual(self.state(top), now, what)
                expected = [state for state, _ in states[done:done + 2]]
                if done == _REMOVAL and boxes not in expected:
                    # Of a mailbox that is being removed any part may be gone; it has another UIDVALIDITY, perhaps.
                    self.assertLessEqual(set(boxes.pop(b"C/D")), set(expected[0][b"C/D"]), what)
                    expected = [{name: box for name, box in expected[0].items() if name != b"C/D"}]
                self.assertIn(boxes, expected, what)
                for name, number in uid_next.items():
                    if name in boxes:
                        self.assertGreaterEqual(number, states[done][1].get(name, 0), what)
                shutil.rmtree(top)


def read_state(state):
    """The messages of each mailbox, and its UIDNEXT."""
    boxes, uid_next = {}, {}
    name = b""
    for line in state.splitlines():
        if found := re.fullmatch(rb"  next (\d+)", line):
            uid_next[name] = int(found[1])
        elif line.startswith(b"  "):
            boxes[name].append(line)
        else:
            name, _, rest = line.partition(b" ")
            boxes[name] = [b" " + rest] if rest else []
    return boxes, uid_next


if __name__ == "__main__":
    main()
