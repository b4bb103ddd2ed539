"""What mail-send said to be queued is there after the power failed on a real ext4, with and without a journal.

The disk is an image; a copy of it made while it is mounted is what a power failure would have left: all that the file
system has written, nothing of what it still holds in memory.
"""

import os
import shutil
import subprocess
import unittest

from fault_case import FaultCase
from peers.case import main
from peers.messages import message

_MEGABYTES = 64


def run_tool(*argv):
    found = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    if found.returncode:
        raise unittest.SkipTest(f"{' '.join(argv)}: {found.stderr.strip()}")


class PowerQueue(FaultCase):
    def setUp(self):
        super().setUp()
        if os.getuid() != 0 or shutil.which("mkfs.ext4") is None:
            self.skipTest("needs root and mkfs.ext4")

    def mount(self, image, name, options):
        point = self.path(name)
        os.makedirs(point, exist_ok=True)
        run_tool("mount", "-o", f"loop,{options}", image, point)
        self.addCleanup(subprocess.run, ["umount", "-l", point], check=False, capture_output=True)
        return point

    def after_power_failure(self, image):
        """The file system of the disk as it is now, after its next start."""
        copy = self.path(f"copy-{len(os.listdir(self.directory))}")
        shutil.copyfile(image, copy)
        subprocess.run(["e2fsck", "-f", "-y", copy], check=False, capture_output=True, timeout=120)
        return self.mount(copy, copy + ".mounted", "noatime")

    def test_with_a_journal(self):
        # As rarely as can be: only what is asked for gets to the disk.
        self.check_each_message_survives("has_journal", "commit=300")

    def test_without_a_journal(self):
        self.check_each_message_survives("^has_journal", "noatime")

    def check_each_message_survives(self, feature, options):
        image = self.path("image")
        with open(image, "wb") as file:
            file.truncate(_MEGABYTES << 20)
        run_tool("mkfs.ext4", "-q", "-F", "-O", feature, "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        disk = self.mount(image, "disk", options)
        queue = os.path.join(disk, "a", "queue")
        for count in range(1, 5):
            self.run_ok("mail-send", "--queue", "--queue-dir", queue, "-f", "alice@example.org", "bob@example.org",
                        stdin=message(f"number {count}", "body\n"))
            with open(os.path.join(disk, f"not-synced-{count}"), "wb") as file:
                file.write(b"lost")
            found = self.after_power_failure(image)
            self.assertFalse(os.path.exists(os.path.join(found, f"not-synced-{count}")), "this test shows nothing")
            listed = self.run_receipts("mail-send", "--list", "--json", "--queue-dir",
                                       os.path.join(found, "a", "queue"))
            self.assertEqual(len(listed), count)
            for record in listed:
                shown = self.run_ok("mail-send", "--show", record["id"], "--queue-dir",
                                    os.path.join(found, "a", "queue"))
                self.assertIn(b'"subject":"number ', shown.stdout)


if __name__ == "__main__":
    main()
