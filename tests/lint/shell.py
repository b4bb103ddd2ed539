"""shellcheck on every shell script and bash completion."""

import re
import subprocess

import tree


def main():
    problems = []
    scripts = [path for path in tree.files() if re.match(r"#!.*\b(sh|bash|dash)\b", tree.read(path)[:80])]
    completions = [path for path in tree.files("completions") if path.endswith(".bash")
                   or re.match(r"# shellcheck shell=bash|.*bash completion", tree.read(path)[:200])]
    for shell, paths in (("", scripts), ("bash", [path for path in completions if path not in scripts])):
        if paths:
            found = subprocess.run(["shellcheck", "-f", "gcc", *(["-s", shell] if shell else []), *paths],
                                   cwd=tree.SOURCE, capture_output=True, text=True, check=False)
            problems += (found.stdout + found.stderr).splitlines()
    tree.finish(problems, len(scripts) + len(completions), "scripts")


main()
