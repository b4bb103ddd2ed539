"""clang-format leaves every C++ file as it is."""

import subprocess

import tree


def main():
    paths = tree.files("lib", "tools", "tests", "bench", suffixes=(".cpp", ".hpp"))
    found = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths], cwd=tree.SOURCE, capture_output=True,
                           text=True, check=False)
    problems = [line for line in found.stderr.splitlines() if "error:" in line]
    if found.returncode and not problems:
        problems = found.stderr.splitlines() or ["clang-format failed"]
    tree.finish(problems, len(paths), "files")


main()
