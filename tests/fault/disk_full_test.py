"""mail-fetch onto a disk that is full: status 74, one line, nothing lost; with room again, everything once.

As root on a small tmpfs; otherwise RLIMIT_FSIZE stands in for the full disk.
"""

import itertools
import os
import resource
import signal
import subprocess

from fault_case import Fetch, FaultCase
from peers.case import main
from peers.commands import Outcome, binary, clean_environment
from peers.disk import SmallDisk
from peers.messages import message

LARGE = [message(f"large {n}", (f"{n}" * 70 + "\n") * 6000) for n in range(4)]


class DiskFull(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()

    def check_refusal(self, fetch, outcome, what):
        self.assertEqual(outcome.status, 74, f"{what}: {outcome}")
        self.assertEqual(len(outcome.error_lines), 1, f"{what}: {outcome}")
        self.assertRegex(outcome.error_lines[0], "(?i)no space left|too large|quota")
        fetch.check_after_fault(what)
        self.assertLess(len(fetch.delivered()), len(LARGE), what)

    def each(self):
        for protocol, kind, mode in itertools.product(("pop3", "imap"), ("maildir", "mbox"), ("--keep", "--delete")):
            with self.subTest(protocol=protocol, kind=kind, mode=mode):
                yield f"{protocol} to {kind} {mode}", Fetch(self, protocol, kind, mode, LARGE)

    def run_limited(self, fetch, limit=None):
        def before():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        argv = [binary(fetch.argv[0]), *fetch.argv[1:]]
        completed = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
                                   env=clean_environment(self.directory), preexec_fn=before if limit else None)
        return Outcome(fetch.argv, completed)

    def test_small_disk(self):
        # Before the loop: a skip within a subtest would end the generator with an error.
        if os.getuid() != 0:
            self.skipTest("only root can mount a tmpfs")
        for what, fetch in self.each():
            with SmallDisk(fetch.top, 1000) as disk:
                self.check_refusal(fetch, self.run_limited(fetch), what)
                disk.grow(20000)
                # The tmpfs goes with this block, so the story ends within it.
                fetch.remove = lambda: None
                fetch.finish(what)
            os.rmdir(fetch.top)

    def test_file_size_limit(self):
        for what, fetch in self.each():
            # A Maildir meets the limit with the first message, an mbox with a later one.
            limit = 300_000 if "maildir" in what else 1_000_000
            self.check_refusal(fetch, self.run_limited(fetch, limit), what)
            fetch.finish(what)


if __name__ == "__main__":
    main()
