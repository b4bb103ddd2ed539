"""threats.md, MIME bombs: twice the input takes at most 2.5 times the work.

Runs the tests named Linear* of a program (tests/support/counted_work.hpp) under callgrind and compares the
instructions of each input with those of the same input at twice the size.

Usage: counted_work_test.py PROGRAM
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MOST = 2.5


def measure(program):
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={directory}/work", program,
             "--gtest_filter=*Linear*"], capture_output=True, text=True, timeout=600, check=False)
        if run.returncode != 0:
            sys.exit(f"{run.stdout}\n{run.stderr}\n{program} under callgrind: exit status {run.returncode}")
        counted = {}
        for path in pathlib.Path(directory).iterdir():
            text = path.read_text(encoding="utf-8", errors="replace")
            name = re.search(r"^desc: Trigger: Client Request: (.*): (once|twice)$", text, re.M)
            if name:
                counted.setdefault(name[1], {})[name[2]] = int(re.search(r"^summary: (\d+)", text, re.M)[1])
        return counted


def main():
    counted = measure(sys.argv[1])
    failed = 0
    for name, work in sorted(counted.items()):
        bad = work["twice"] > MOST * work["once"]
        failed += bad
        print(f"{'NOT LINEAR ' if bad else ''}{name}: {work['once']:,} -> {work['twice']:,} instructions, "
              f"{work['twice'] / work['once']:.2f}")
    if not counted:
        sys.exit("nothing was counted")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
