"""mail-send's queue on a disk that is full: what cannot be queued is said to be so, and what is there goes out all the
same; a report that finds no room is made when there is some.
"""

import os

from fault_case import FaultCase
from peers import schema
from peers.case import main
from peers.commands import run
from peers.disk import SmallDisk
from peers.messages import message
from queue_case import QueueCase, Spool

_LARGE = message("large", "".join(f"line {n} of a longer text\n" for n in range(20000)))


class DiskFullQueue(QueueCase):
    def setUp(self):
        if os.getuid() != 0:
            self.skipTest("only root can mount a tmpfs")
        FaultCase.setUp(self)

    def fill_disk(self, spool):
        """Leaves no room at all."""
        with open(os.path.join(spool.top, "filler"), "wb") as file:
            try:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            except OSError:
                pass
            try:
                file.close()
            except OSError:
                pass

    def test_nothing_is_half_queued(self):
        spool = Spool(self)
        with SmallDisk(spool.top, 400) as disk:
            outcome = run(spool.add_command("bob@example.org"), self.directory, stdin=_LARGE)
            self.assertEqual(outcome.status, 74, str(outcome))
            self.assertRegex(outcome.error_lines[0], "No space left")
            self.assertEqual(schema.check_lines(outcome.stdout)[0]["event"], "failed")
            self.assertEqual(os.listdir(os.path.join(spool.queue, "tmp")), [])
            self.assertEqual(spool.listed(), [])
            disk.grow(4000)
            self.run_ok(*spool.add_command("bob@example.org"), stdin=_LARGE)
            self.assertEqual(len(spool.listed()), 1)

    def test_what_is_there_goes_out(self):
        spool = Spool(self)
        with SmallDisk(spool.top, 1000) as disk:
            spool.fill()
            self.fill_disk(spool)
            outcome = spool.flush()
            self.assertIn(outcome.status, (74, 75), str(outcome))
            found = spool.arrived()
            for name in ("plain", "both", "large"):
                self.assertEqual(found.get(f"{name} {spool.number}"), 1, f"{name}: {found} {outcome}")
            os.unlink(os.path.join(spool.top, "filler"))
            disk.grow(4000)
            spool.check_end("with room again")


if __name__ == "__main__":
    main()
