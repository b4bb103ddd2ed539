"""How much memory mail-fetch takes for many messages: its growth from 100 to 10,000, and the peak."""

import os
import subprocess
import tempfile
import time

from peers.case import Case, main
from peers.commands import binary, clean_environment, has_sanitizer
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.process import die_with_parent
from peers.scripted import ScriptedServer, pop3

_GROWTH = 4096  # kB, of the larger mailbox over the smaller one
_CEILING = 32 * 1024  # kB
_DEADLINE = 120.0


def fill(folder, count):
    for sub in ("", "cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, sub), exist_ok=True)
    for number in range(count):
        with open(os.path.join(folder, "new", f"{1000000000 + number}.M{number}P1.example"), "wb") as file:
            file.write(b"Subject: %d\n\ntext\n" % number)


class Memory(Case):
    def setUp(self):
        super().setUp()
        if has_sanitizer():
            self.skipTest("a sanitizer's own memory counts")

    def peak(self, argv, environment=None):
        """The high-water mark in kB. ru_maxrss would count this script, which is there before the exec."""
        with subprocess.Popen([binary(argv[0]), *argv[1:]], env=clean_environment(self.directory, environment),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              preexec_fn=die_with_parent) as process:
            peak = 0
            deadline = time.monotonic() + _DEADLINE
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                while process.poll() is None and time.monotonic() < deadline:
                    status.seek(0)
                    try:
                        text = status.read()
                    except ProcessLookupError:
                        break
                    for line in text.splitlines():
                        if line.startswith("VmHWM:"):
                            peak = max(peak, int(line.split()[1]))
                    time.sleep(0.002)
            if time.monotonic() >= deadline:
                process.kill()
            self.assertEqual((process.wait(), process.stderr.read()), (0, b""))
        return peak

    def fetch(self, serve, user, count):
        folder = os.path.join(serve.store, user)
        fill(folder, count)
        home = self.path(user)
        argv = ["mail-fetch", f"pop3://{user}@127.0.0.1:{serve.port('pop3')}", "--tls", "none", *self.password(),
                "--to", "maildir:" + home, "--state", self.path("state-" + user)]
        first = self.peak(argv)
        self.assertEqual(len(self.maildir(user)), count)
        # One look can miss the peak of a run this short.
        again = max(self.peak(argv) for _ in range(8))
        self.assertEqual(len(self.maildir(user)), count)
        return first, again

    def test_a_large_message_to_an_imap_server(self):
        """It goes through a file: a server wants to know its size first."""
        line = b"x" * 76 + b"\r\n"
        octets = b"Subject: huge\r\n\r\n" + line * (100_000_000 // len(line))
        netrc = self.write("netrc", b"machine 127.0.0.1 login bob password hunter2\n")
        with Dovecot() as dovecot, ScriptedServer(pop3([octets]), deadline=_DEADLINE) as source:
            peak = self.peak(["mail-fetch", f"pop3://alice@127.0.0.1:{source.port}", "--tls", "none", *self.password(),
                              "--to", f"imap://bob@127.0.0.1:{dovecot.imap}", "--to-tls", "none"], {"NETRC": netrc})
            stored, = dovecot.messages("bob")
        print(f"a message of {len(octets) // 1000} kB: {peak} kB", flush=True)
        self.assertTrue(stored.replace(b"\n", b"\r\n") == octets if b"\r" not in stored else stored == octets)
        self.assertLess(peak, _CEILING)

    def test_ten_thousand_messages(self):
        users = {"few": "secret", "many": "secret"}
        with MailServe(listen=("pop3://127.0.0.1:0",), users=users) as serve:
            few = self.fetch(serve, "few", 100)
            many = self.fetch(serve, "many", 10_000)
        for what, small, large in zip(("all fetched", "nothing left to fetch"), few, many):
            with self.subTest(what):
                print(f"{what}: {small} kB for 100 messages, {large} kB for 10,000", flush=True)
                self.assertGreater(small, 1000)
                self.assertLess(large - small, _GROWTH)
                self.assertLess(large, _CEILING)


if __name__ == "__main__":
    # Memory is measured here, not the disk: 10,000 files take minutes on a slow one.
    if os.path.isdir("/dev/shm"):
        tempfile.tempdir = "/dev/shm"
    main()
