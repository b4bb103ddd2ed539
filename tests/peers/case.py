"""The unittest case of the end-to-end tests, and main() with ctest's exit status for skipped tests."""

import os
import shutil
import sys
import unittest

from peers import schema
from peers.certs import Certificates
from peers.commands import run
from peers.process import Peer, public_directory

SKIPPED = 77  # SKIP_RETURN_CODE of each ctest


class Case(unittest.TestCase):
    maxDiff = 4000
    _certificates = None

    def setUp(self):
        self.directory = public_directory("test")
        self.addCleanup(self._remove)

    def tearDown(self):
        """What daemons have logged goes with them: where the test has failed, it is shown."""
        result = self._outcome.result
        if any(test is self for test, _ in result.errors + result.failures):
            for peer in Peer.running:
                said = f"{peer.output()[-2000:]}\n{peer.log()[-4000:]}"
                print(f"--- {peer.name}: exit status {peer.process.poll()}\n{said}", flush=True)

    def _remove(self):
        if not os.environ.get("MAILPIPE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    @classmethod
    def certificates(cls):
        """One set for all tests of a file."""
        if Case._certificates is None:
            path = public_directory("certs")
            unittest.addModuleCleanup(shutil.rmtree, path, ignore_errors=True)
            Case._certificates = Certificates(path)
        return Case._certificates

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, octets, mode=0o600):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(octets)
        os.chmod(path, mode)
        return path

    def password(self, word="secret"):
        return ["--password-file", self.write("password-" + word, word.encode() + b"\n")]

    def run_ok(self, *argv, **arguments):
        """Runs a command that must succeed and say nothing on stderr."""
        outcome = run(argv, self.directory, **arguments)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        return outcome

    def run_receipts(self, *argv, **arguments):
        """The same; its stdout is JSON Lines that fit the schema. The records."""
        return schema.check_lines(self.run_ok(*argv, **arguments).stdout, argv[0])

    def run_error(self, status, *says, argv, receipts=False, **arguments):
        """Runs a command that must fail with `status` and exactly one line on stderr, which matches each pattern."""
        outcome = run(argv, self.directory, **arguments)
        self.assertEqual(outcome.status, status, str(outcome))
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))
        line = outcome.error_lines[0]
        self.assertTrue(line.startswith(f"{argv[0]}: "), line)
        self.assertNotIn("secret", line)
        self.assertLess(len(line), 400, line)
        for pattern in says:
            self.assertRegex(line, pattern)
        if receipts:
            outcome.receipts = schema.check_lines(outcome.stdout, argv[0])
        else:
            self.assertEqual(outcome.stdout, b"", str(outcome))
        return outcome

    def maildir(self, *names):
        """The octets of every message of a Maildir, sorted; nothing may be left in tmp/."""
        found = []
        for sub in ("new", "cur"):
            folder = self.path(*names, sub)
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), "rb") as file:
                    found.append(file.read())
        staged = self.path(*names, "tmp")
        self.assertEqual(os.listdir(staged) if os.path.isdir(staged) else [], [])
        return sorted(found)


def main():
    program = unittest.main(exit=False, verbosity=2, buffer=False)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and result.testsRun <= len(result.skipped):
        sys.exit(SKIPPED)
    if result.testsRun == 0:
        print("no test ran", file=sys.stderr)
        sys.exit(1)
