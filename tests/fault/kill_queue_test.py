"""mail-send --queue and --flush killed at a step that changes disk or wire, then run again: what was said to be queued
is delivered, what failed is reported once, --list tells the truth. Only the message whose answer was on its way can be
there twice (RFC 1047).

At each step with MAILPIPE_FULL=1.
"""

from fault_case import KILLED, sample
from peers import schema
from peers.case import main
from queue_case import QueueCase, Spool

_SAMPLES = 25


class KillQueue(QueueCase):
    def test_queueing(self):
        total = self.queue_until(0)
        self.assertGreater(total, 10)
        for step in sample(total, _SAMPLES):
            with self.subTest(step=step, total=total):
                self.queue_until(step)

    def queue_until(self, step):
        spool = Spool(self)
        octets, messages = spool.many()
        outcome = self.run_to_step(step, spool.add_command("bob@example.org"), stdin=octets)
        self.assertEqual(outcome.status, self.expected(outcome, step, 0), str(outcome))
        said = schema.check_lines(outcome.stdout[:outcome.stdout.rfind(b"\n") + 1], "mail-send --queue")
        spool.flush()
        found = spool.arrived()
        self.assertTrue(all(count == 1 for count in found.values()), found)
        self.assertGreaterEqual(len(found), len(said), f"step {step}: said to be queued and lost; {outcome.steps[-3:]}")
        if not step:
            self.assertEqual(len(found), len(messages))
        self.assertEqual(spool.listed(), [])
        return len(outcome.steps)

    @staticmethod
    def expected(outcome, step, undisturbed):
        # How threads meet makes a run a step shorter now and then.
        return KILLED if 0 < step <= len(outcome.steps) else undisturbed

    def test_flushing(self):
        total, repeats = self.flush_until(0)
        self.assertGreater(total, 30)
        self.assertEqual(repeats, 0)
        repeated = 0
        steps = sample(total, _SAMPLES)
        for step in steps:
            with self.subTest(step=step, total=total):
                repeated += self.flush_until(step)[1]
        print(f"--flush killed at {len(steps)} of {total} steps, {repeated} repeats", flush=True)

    def flush_until(self, step):
        spool = Spool(self).fill()
        outcome = self.run_to_step(step, spool.flush_command())
        self.assertEqual(outcome.status, self.expected(outcome, step, 75), str(outcome))
        what = f"step {step}, {outcome.steps[-3:]}"
        return len(outcome.steps), spool.check_end(what, 1 if step else 0)


if __name__ == "__main__":
    main()
