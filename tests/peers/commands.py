"""Running the build's commands."""

import os
import subprocess

from peers.process import die_with_parent


def binary(name):
    """The path of a command in the build under test (MAILPIPE_BIN, as ctest sets it)."""
    return os.path.join(os.environ["MAILPIPE_BIN"], name)


def has_sanitizer():
    """Whether the build under test has AddressSanitizer, whose memory is its own."""
    library = os.path.join(os.environ["MAILPIPE_BIN"], "..", "lib", "libmailpipe.so")
    for path in (binary("mail-fetch"), library):
        if os.path.exists(path):
            with open(path, "rb") as file:
                if b"__asan_init" in file.read():
                    return True
    return False


def clean_environment(home, extra=None):
    """Nothing of the caller's configuration reaches a command under test."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
                        "LD_LIBRARY_PATH")}
    kept.update(HOME=home, XDG_STATE_HOME=os.path.join(home, "state"), LC_ALL="C.UTF-8")
    kept.update(extra or {})
    return kept


class Outcome:
    def __init__(self, argv, completed):
        self.argv = argv
        self.status = completed.returncode
        self.stdout = completed.stdout
        self.stderr = completed.stderr

    @property
    def error_lines(self):
        return self.stderr.decode("utf-8", "replace").splitlines()

    def __str__(self):
        return (f"{' '.join(self.argv)}\n  status {self.status}\n  stdout {self.stdout[:2000]!r}\n"
                f"  stderr {self.stderr[:4000].decode('utf-8', 'replace')}")


def run(argv, home, stdin=b"", environment=None, timeout=60.0, cwd=None):
    """Runs a program (a bare mail-NAME is the build's) with a deadline; `stdin` is octets or an open file."""
    argv = [str(argument) for argument in argv]
    path = binary(argv[0]) if argv[0].startswith("mail-") else argv[0]
    source = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    completed = subprocess.run([path, *argv[1:]], **source, capture_output=True, check=False, timeout=timeout, cwd=cwd,
                               env=clean_environment(home, environment), preexec_fn=die_with_parent)
    return Outcome(argv, completed)
