"""Child processes, ports, deadlines and temporary directories."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_DEADLINE = 60.0
STOP_DEADLINE = 3.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class PeerError(Exception):
    """A peer did not start, or did not do what it must."""


def die_with_parent():
    # A test that ctest kills at its timeout must not leave its peers behind.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    return free_ports(1)[0]


def free_ports(count):
    """None of those that the kernel gives to whoever asks for any, or connects: they stay free until they are used."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        given = int(file.read().split()[0])
    found = set()
    while len(found) < count:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(10_000, given) if given > 12_000 else 0))
            except OSError:
                continue
            found.add(probe.getsockname()[1])
    return list(found)


def new_messages(maildir):
    """The octets of each message that was delivered to a Maildir and not seen since; none where there is no Maildir."""
    folder = os.path.join(maildir, "new")
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), "rb") as file:
            found.append(file.read())
    return found


def wait_until(condition, what, seconds=START_DEADLINE, every=0.02):
    """The first true value of condition(); PeerError naming `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise PeerError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def public_directory(prefix):
    """A temporary directory that daemons running as other users can enter."""
    path = tempfile.mkdtemp(prefix=f"mailpipe-{prefix}-")
    os.chmod(path, 0o755)
    return path


class Peer:
    """A daemon in a directory of its own; subclasses write its configuration in configure() and return argv."""

    name = "peer"
    running = []  # all of this process

    def __init__(self):
        self.directory = None
        self.process = None

    def configure(self):
        raise NotImplementedError

    def ready(self):
        raise NotImplementedError

    def log(self):
        """What the peer has logged so far, for failure messages."""
        return ""

    def start(self):
        # Between free_port() and the daemon's bind() someone else may take the port.
        for attempt in range(3):
            self.directory = public_directory(self.name)
            try:
                argv = self.configure()
                # In a process group of its own: Cyrus ends with a SIGTERM to its whole group. That would be ctest's,
                # with every process of the same user: those of a Dovecot in another test.
                with open(os.path.join(self.directory, "stdout"), "wb") as output:
                    self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, process_group=0,
                                                    stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
                wait_until(lambda: self.process.poll() is not None or self.ready(), f"{self.name} starts")
                if self.process.poll() is None:
                    Peer.running.append(self)
                    return self
                raise PeerError(f"{self.name} ended with {self.process.returncode}")
            except BaseException as error:
                reason = f"{error}\n{self.output()}\n{self.log()}"
                self.stop()
                if not isinstance(error, PeerError) or attempt == 2 or "in use" not in reason:
                    raise PeerError(reason) from error
        raise AssertionError

    def output(self):
        return read_text(os.path.join(self.directory, "stdout"))

    def terminate(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self in Peer.running:
            Peer.running.remove(self)
        if self.process is not None and self.process.poll() is None:
            self.terminate(signal.SIGTERM)
            try:
                self.process.wait(STOP_DEADLINE)
            except subprocess.TimeoutExpired:
                self.terminate(signal.SIGKILL)
                self.process.wait(10)
        self.process = None
        self.remove_directory()

    def remove_directory(self):
        if self.directory and not os.environ.get("MAILPIPE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def find_program(*names):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    return None
