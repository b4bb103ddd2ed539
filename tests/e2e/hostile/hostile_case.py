"""Servers that mean harm against a command: what each row of a table says comes of it, and nothing is lost."""

import base64
import concurrent.futures
import dataclasses
import os
import re
import shutil
import subprocess
import time

from peers import schema
from peers.case import Case
from peers.commands import binary, clean_environment, has_sanitizer
from peers.messages import crlf, message
from peers.scripted import ScriptedServer

PASSWORD = "hunter2-of-alice"
MESSAGES = [crlf(message(f"message {n}", f"Body of {n}\n.dot\n" + "x" * 70 + "\n")) for n in (1, 2, 3)]
_DEADLINE = 20.0
_PATIENT = 15  # seconds, of a command
_THREADS = 16
# The password, and the base64 of it and of PLAIN, in lower case.
_SECRETS = [PASSWORD, base64.b64encode(PASSWORD.encode()).decode().lower()[:20],
            base64.b64encode(f"\0alice\0{PASSWORD}".encode()).decode().lower()[12:30]]
_CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass
class Row:
    name: str
    threat: str  # the beginning of its class in threats.md
    talk: object  # of a scripted server
    status: int = 76
    says: str = ""  # what the one error line matches; none is expected when the status is 0
    delivered: tuple = ()  # of MESSAGES, by index
    also_delivered: tuple = ()  # octets
    options: tuple = ("--tls", "none")
    never: bytes = None  # a pattern that no line of the client matches
    once: bytes = None  # a pattern that exactly one line of the client matches
    lines: int = None  # of stderr, where they are not none or one
    again: tuple = (0, 1, 2)  # what is there after a second run; None: there is none
    then: object = None  # the server of the second run; by default an honest one
    user: str = "alice"
    check: object = None  # check(test, outcome, server) looks further
    deadline: float = _DEADLINE
    memory: int = 48 * 1024  # kB, at most
    timeout: float = None  # of the command; by default short where it is what ends it

    def __post_init__(self):
        if self.timeout is None:
            self.timeout = 1 if "timed out" in self.says or "octets came" in self.says else _PATIENT


class Outcome:
    def __init__(self, argv, status, stdout, stderr, seconds, peak):
        self.argv = argv
        self.status = status
        self.stdout = stdout
        self.stderr = stderr.decode("utf-8", "replace")
        self.seconds = seconds
        self.peak = peak

    def __str__(self):
        return (f"{' '.join(self.argv)}\n  status {self.status}, {self.seconds:.1f} s, {self.peak} kB\n"
                f"  stdout {self.stdout[:1000]!r}\n  stderr {self.stderr[:2000]}")


def _peak(pid):
    """The high-water mark in kB; ru_maxrss would count this script, which is there before the exec."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (ProcessLookupError, FileNotFoundError):
        pass
    return 0


def run_watched(argv, home, deadline, stdin=b""):
    """Runs a command of the build; its peak memory and its time are looked at."""
    paths = [os.path.join(home, name) for name in ("stdout", "stderr", "stdin")]
    with open(paths[2], "wb") as file:
        file.write(stdin)
    began = time.monotonic()
    peak = 0
    with open(paths[0], "wb") as stdout, open(paths[1], "wb") as stderr, open(paths[2], "rb") as source:
        process = subprocess.Popen([binary(argv[0]), *argv[1:]], stdin=source, stdout=stdout, stderr=stderr,
                                   env=clean_environment(home))
        while True:
            peak = max(peak, _peak(process.pid))
            try:
                status = process.wait(0.02)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() - began > deadline:
                    process.kill()
                    process.wait()
                    status = "killed at the deadline"
                    break
    read = []
    for path in paths[:2]:
        with open(path, "rb") as file:
            read.append(file.read())
    return Outcome(argv, status, *read, time.monotonic() - began, peak)


class HostileCase(Case):
    """`honest` is the script of a server without malice."""

    scheme = "pop3"
    honest = None

    @classmethod
    def setUpClass(cls):
        cls.sanitized = has_sanitizer()

    def deleted(self, lines):
        """The indices of the messages that the client has had deleted."""
        raise NotImplementedError

    def run_rows(self, rows, again=True):
        """Each with the second run that it asks for, unless nothing can be left of the first."""
        names = [row.name for row in rows]
        self.assertEqual(sorted(set(names)), sorted(names))
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as threads:
            done = threads.map(lambda row, n: self.failure_of(row, f"{n}-{row.name}", again), rows, range(len(rows)))
            failures = [failure for failure in done if failure]
        if failures:
            self.fail(f"{len(failures)} of {len(rows)} rows:\n\n" + "\n\n".join(failures))

    def failure_of(self, row, name, again):
        home = self.path(re.sub(r"\W", "-", name)[:100])
        os.mkdir(home)
        try:
            self.run_row(row, home, again)
        except Exception as error:  # pylint: disable=broad-except
            return f"{row.name}: {type(error).__name__}: {error}"
        shutil.rmtree(home, ignore_errors=True)
        return None

    def limit(self, row):
        """Of the seconds that a command may take."""
        return row.deadline * (3 if self.sanitized else 1)

    def run_row(self, row, home, again):
        turn = {"talk": row.talk}
        with ScriptedServer(lambda conversation: turn["talk"](conversation), deadline=row.deadline) as server:
            argv = self.argv(row, home, server.port)
            outcome = run_watched(argv, home, self.limit(row))
            self.check(row, home, outcome, server)
            if row.again is None or not again:
                return
            turn["talk"] = row.then or self.honest
            second = dataclasses.replace(row, timeout=_PATIENT)  # nobody is late now but a busy machine
            after = run_watched(self.argv(second, home, server.port), home, self.limit(row))
            self.assertEqual(after.status, 0, f"then: {after}")
            expected = [MESSAGES[n] for n in row.again] + list(row.also_delivered)
            self.same(self.found(home), expected, f"then: {after}\nbefore: {outcome}")

    def password_file(self, home):
        path = os.path.join(home, "password")
        with open(path, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        os.chmod(path, 0o600)
        return path

    def argv(self, row, home, port):
        mode = () if "--keep" in row.options else ("--delete",)
        return ["mail-fetch", f"{self.scheme}://{row.user}@localhost:{port}", "--password-file",
                self.password_file(home), "--timeout", str(row.timeout), *mode, "--to",
                "maildir:" + os.path.join(home, "mail"), "-4", *row.options]

    def found(self, home):
        return [octets.replace(b"\n", b"\r\n") for octets in self.maildir(home, "mail")]

    def same(self, found, expected, what):
        if sorted(found) != sorted(expected):
            self.fail(f"delivered {[octets[:300] for octets in found]}, expected "
                      f"{[octets[:300] for octets in expected]}: {what}")

    def check(self, row, home, outcome, server):
        self.assertEqual(outcome.status, row.status, str(outcome))
        self.assertLess(outcome.seconds, self.limit(row), str(outcome))
        if not self.sanitized:
            self.assertLess(outcome.peak, row.memory, str(outcome))
        lines = outcome.stderr.splitlines()
        expected = row.lines if row.lines is not None else int(row.status != 0)
        if expected >= 0:
            self.assertEqual(len(lines), expected, str(outcome))
        for line in lines:
            if "--trace" not in row.options:
                self.assertTrue(line.startswith(outcome.argv[0] + ": "), str(outcome))
            self.assertLess(len(line), 2300, str(outcome))
            self.assertIsNone(_CONTROL.search(line), str(outcome))
        if row.says:
            self.assertRegex(outcome.stderr, row.says, str(outcome))
        everything = outcome.stderr + outcome.stdout.decode("utf-8", "replace")
        for secret in _SECRETS:
            self.assertNotIn(secret, everything.lower(), str(outcome))
        said = b"\n".join(server.lines)
        if row.never:
            self.assertNotRegex(said, re.compile(row.never, re.MULTILINE), str(outcome))
        if row.once:
            self.assertEqual(len(re.findall(row.once, said)), 1, f"{said!r}: {outcome}")
        self.check_result(row, home, outcome, server)
        if row.check:
            row.check(self, outcome, server)

    def check_result(self, row, home, outcome, server):
        schema.check_lines(outcome.stdout, "mail-fetch")
        found = self.found(home)
        if row.delivered is None:
            return
        self.same(found, [MESSAGES[n] for n in row.delivered] + list(row.also_delivered), str(outcome))
        for n in self.deleted(server.lines):
            self.assertTrue(MESSAGES[n] in found or row.also_delivered, f"deletes message {n + 1}: {outcome}")
