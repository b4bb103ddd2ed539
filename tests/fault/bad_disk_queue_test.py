"""mail-send's queue on a disk where one call fails, or at which the power does, then run again: what was said to be
queued is delivered, nothing is lost, and nothing is there twice but, when the power fails, what had just been sent (RFC
1047).

Each combination is counted undisturbed, then met at sampled calls; at each one with MAILPIPE_FULL=1.
"""

import itertools
import os

from fault_case import KILLED, BadDiskRuns, sample
from peers import schema
from peers.case import main
from peers.commands import binary, run
from queue_case import QueueCase, Spool

_SAMPLES = 6  # of each kind


class BadDiskQueue(BadDiskRuns, QueueCase):
    def run_on_bad_disk(self, spool, argv, call, kind, stdin=b""):
        report = self.path("calls")
        if os.path.exists(report):
            os.unlink(report)
        outcome = run(argv, self.directory, stdin=stdin, environment={
            "LD_PRELOAD": binary("bad_disk.so"), "BAD_DISK_TOP": os.path.realpath(spool.top), "BAD_DISK_REPORT": report,
            "BAD_DISK_AT": str(call), "BAD_DISK_KIND": kind})
        with open(report, encoding="utf-8") as file:
            outcome.calls = file.read().splitlines()
        outcome.struck = outcome.calls[call - 1].replace(spool.top, "") if 0 < call <= len(outcome.calls) else "the end"
        return outcome

    def queue_on_bad_disk(self, call, kind, statuses):
        spool = Spool(self)
        octets, messages = spool.many()
        outcome = self.run_on_bad_disk(spool, spool.add_command("bob@example.org"), call, kind, octets)
        what = f"--queue, {kind} at call {call}, {outcome.struck}"
        self.assertIn(outcome.status, statuses, f"{what}: {outcome}")
        said = schema.check_lines(outcome.stdout, "mail-send --queue")
        queued = [record for record in said if record["event"] == "queued"]
        if outcome.status == 0:
            self.assertEqual(len(queued), len(messages), what)
        elif outcome.status != KILLED:
            self.assertGreater(len(outcome.error_lines), 0, what)
        spool.flush()
        found = spool.arrived()
        self.assertTrue(all(count == 1 for count in found.values()), f"{what}: {found}")
        self.assertGreaterEqual(len(found), len(queued), f"{what}: said to be queued, and lost")
        if outcome.status not in (0, KILLED):
            self.assertEqual(len(found), len(queued), f"{what}: said not to be queued, and sent")
        return len(outcome.calls)

    def flush_on_bad_disk(self, call, kind, statuses):
        spool = Spool(self).fill()
        outcome = self.run_on_bad_disk(spool, spool.flush_command(), call, kind)
        what = f"--flush, {kind} at call {call}, {outcome.struck}"
        self.assertIn(outcome.status, statuses, f"{what}: {outcome}")
        spool.check_end(what, 0 if KILLED not in statuses else 3)
        return len(outcome.calls)

    def check_kinds(self, act, kinds, statuses):
        total = act(0, "", (0, 75))
        self.assertGreater(total, 8)
        for kind, call in itertools.product(kinds, [*sample(total, _SAMPLES), -1]):
            with self.subTest(kind=kind, call=call, total=total):
                act(call, kind, statuses)

    def test_queueing_where_a_call_fails(self):
        self.check_kinds(self.queue_on_bad_disk, ("EINTR", "short"), (0,))
        self.check_kinds(self.queue_on_bad_disk, ("ENOSPC", "EIO"), (0, 74, 75))

    def test_queueing_where_the_power_fails(self):
        self.check_kinds(self.queue_on_bad_disk, ("power", "power-data", "power-names"), (0, KILLED))

    def test_flushing_where_a_call_fails(self):
        self.check_kinds(self.flush_on_bad_disk, ("EINTR", "short"), (75,))
        self.check_kinds(self.flush_on_bad_disk, ("ENOSPC", "EIO"), (74, 75))

    def test_flushing_where_the_power_fails(self):
        self.check_kinds(self.flush_on_bad_disk, ("power", "power-data", "power-names"), (75, KILLED))


if __name__ == "__main__":
    main()
