"""Each of examples/ runs as its README says."""

import os
import shutil
import subprocess
import sys

from peers.case import Case, main
from peers.commands import binary

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "examples")


class Examples(Case):
    def example(self, *argv):
        environment = {"MAIL_SERVE": binary("mail-serve"), "TMPDIR": self.directory, "HOME": self.directory,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        return self.run_quiet(*argv, environment=environment)

    def run_quiet(self, *argv, environment):
        outcome = subprocess.run(argv, cwd=EXAMPLES, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        self.assertEqual(outcome.returncode, 0, outcome.stdout.decode())
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("mail-serve.")], [])
        return outcome.stdout.decode()

    def test_pytest(self):
        said = self.example(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "pytest")
        self.assertIn("4 passed", said)

    def test_shell(self):
        self.assertIn("came through at the third attempt", self.example("sh", "shell/report_test.sh"))

    def test_node(self):
        self.assertIn("# pass 3", self.example("node", "--test", "node/report.test.mjs"))

    def test_ctest(self):
        copied = shutil.copytree(os.path.join(EXAMPLES, "ctest"), self.path("ctest"))
        environment = {"MAIL_SERVE_DIR": os.path.dirname(binary("mail-serve")), "TMPDIR": self.directory}
        self.run_quiet("cmake", "-S", copied, "-B", self.path("build"), environment=environment)
        said = self.run_quiet("ctest", "--test-dir", self.path("build"), environment=environment)
        self.assertIn("100% tests passed, 0 tests failed out of 4", said)


if __name__ == "__main__":
    main()
