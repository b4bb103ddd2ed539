"""A command on a terminal of its own (a pty), as a person sees it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from peers.commands import binary, clean_environment
from peers.process import PeerError, die_with_parent


class Terminal:
    """Runs a program with stdout and stderr on a terminal; stdin is `stdin`, an open file, or the terminal."""

    def __init__(self, argv, home, stdin=None, columns=80, rows=24, environment=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # Octets arrive as they were written.
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)

        def prepare():
            die_with_parent()
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)

        variables = clean_environment(home, {"TERM": "xterm", **(environment or {})})
        path = binary(argv[0]) if argv[0].startswith("mail-") else argv[0]
        self.process = subprocess.Popen([path, *argv[1:]], stdin=slave if stdin is None else stdin, stdout=slave,
                                        stderr=slave, env=variables, start_new_session=True, preexec_fn=prepare)
        os.close(slave)
        self.output = b""

    def _read(self, seconds):
        """False when the terminal has been left by all."""
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            raise PeerError(f"nothing more on the terminal: {self.output[-2000:]!r}")
        try:
            octets = os.read(self.master, 65536)
        except OSError:  # EIO
            octets = b""
        self.output += octets
        return bool(octets)

    def wait_for(self, text, seconds=30.0, count=1):
        """Until it has been shown so often."""
        deadline = time.monotonic() + seconds
        while self.output.count(text) < count:
            if not self._read(deadline - time.monotonic()):
                raise PeerError(f"ended without {text!r}: {self.output[-2000:]!r}")

    def type(self, text):
        os.write(self.master, text)

    def finish(self, seconds=30.0):
        """(exit status, all that was shown)"""
        deadline = time.monotonic() + seconds
        try:
            while self._read(deadline - time.monotonic()):
                pass
            return self.process.wait(max(0.0, deadline - time.monotonic())), self.output
        finally:
            self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


def on_terminal(argv, home, stdin=b"", **arguments):
    """Runs it to its end with these octets as stdin."""
    path = os.path.join(home, "terminal-stdin")
    with open(path, "wb") as file:
        file.write(stdin)
    with open(path, "rb") as file:
        return Terminal(argv, home, stdin=file, **arguments).finish()
