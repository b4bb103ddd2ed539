"""The files of the source tree, for the lints; arguments are the source and the build directory."""

import os
import sys

SOURCE = os.path.abspath(sys.argv[1])
BUILD = os.path.abspath(sys.argv[2])
_SKIPPED = {".git", ".cache", "build", "__pycache__"}


def files(*tops, suffixes=()):
    """Paths relative to SOURCE, sorted; all of them without `tops`."""
    found = []
    for top in tops or ("",):
        for path, directories, names in os.walk(os.path.join(SOURCE, top)):
            directories[:] = sorted(name for name in directories if name not in _SKIPPED)
            found += [os.path.relpath(os.path.join(path, name), SOURCE) for name in sorted(names)
                      if not suffixes or name.endswith(tuple(suffixes))]
    return found


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def finish(problems, checked, what):
    """Prints the problems and ends; nothing checked is a failure, too."""
    for problem in problems:
        print(problem)
    print(f"{checked} {what} checked, {len(problems)} problems")
    sys.exit(1 if problems or not checked else 0)
