"""mandoc -T lint on every man page, and the sections that each must have."""

import re
import subprocess

import tree

_SECTIONS = {"1": ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"),
             "5": ("NAME", "DESCRIPTION", "SEE ALSO")}


def main():
    problems = []
    pages = [path for path in tree.files("man") if re.search(r"\.[1-8]$", path)]
    ours = {path.split("/")[1] for path in pages}
    for path in pages:
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], cwd=tree.SOURCE, capture_output=True,
                              text=True, check=False)
        for line in (lint.stdout + lint.stderr).splitlines():
            missing = re.search(r"referenced manual not found: Xr (\S+) (\d)", line)
            if missing and f"{missing[1]}.{missing[2]}" in ours:
                continue
            # Pages of other packages need not be installed where the lint runs.
            if missing and not missing[1].startswith("mail-"):
                continue
            # About the database of installed pages, not about ours.
            if "mandoc.db" not in line:
                problems.append(line)
        text = tree.read(path)
        for section in _SECTIONS[path[-1]]:
            if not re.search(rf"^\.Sh {section}$", text, re.MULTILINE):
                problems.append(f"{path}: no section {section}")
    for command in ("fetch", "list", "send", "serve", "show"):
        if f"mail-{command}.1" not in ours:
            problems.append(f"man/mail-{command}.1: missing")
    tree.finish(problems, len(pages), "man pages")


main()
