"""Small, full and read-only file systems, for root; a reason to skip for others."""

import os
import subprocess
import unittest


class SmallDisk:
    """A tmpfs of `kilobytes` mounted at `path`."""

    def __init__(self, path, kilobytes):
        self.path = path
        self.kilobytes = kilobytes

    def _mount(self, *arguments):
        found = subprocess.run(["mount", *arguments, self.path], capture_output=True, text=True, check=False,
                               timeout=30)
        if found.returncode:
            raise unittest.SkipTest(f"cannot mount a tmpfs: {found.stderr.strip()}")

    def __enter__(self):
        if os.getuid() != 0:
            raise unittest.SkipTest("only root can mount a tmpfs")
        os.makedirs(self.path, exist_ok=True)
        self._mount("-t", "tmpfs", "-o", f"size={self.kilobytes}k,mode=0777", "tmpfs")
        return self

    def grow(self, kilobytes):
        self._mount("-o", f"remount,size={kilobytes}k")

    def make_read_only(self):
        self._mount("-o", "remount,ro")

    def __exit__(self, *exception):
        subprocess.run(["umount", "-l", self.path], capture_output=True, check=False, timeout=30)


def unwritable(case, *names):
    """A directory in which nobody can create anything, root included."""
    path = case.path(*names)
    if os.getuid() == 0:
        disk = case.enterContext(SmallDisk(path, 100))
        disk.make_read_only()
    else:
        os.makedirs(path)
        os.chmod(path, 0o500)
    return path
