"""--help, man page and the completions of each command name the same options."""

import os
import re
import subprocess

import tree

_COMMANDS = ("fetch", "list", "send", "serve", "show")
_LONG = re.compile(r"(?<![\w-])--([a-z0-9][a-z0-9-]*)")
_SHORT = re.compile(r"(?<![\w-])-([A-Za-z0-9])(?![\w-])")


def from_help(command):
    found = subprocess.run([os.path.join(tree.BUILD, "bin", command), "--help"], capture_output=True, text=True,
                           check=True, timeout=60)
    assert not found.stderr, found.stderr
    long, short = set(), set()
    for line in found.stdout.split("EXAMPLES")[0].splitlines():
        names = re.match(r"\s+(-[\w,-]+(?:,\s*-[\w-]+)*)", line)
        if names:
            long |= set(_LONG.findall(names[1].replace(",", " ")))
            short |= set(_SHORT.findall(names[1].replace(",", " ")))
    return found.stdout, long, short


def from_man(command):
    long, short = set(), set()
    text = tree.read(f"man/{command}.1")
    for line in re.findall(r"^\.It (Fl .*)$", text, re.MULTILINE):
        # ".It Fl q , Fl -quiet": "Fl -quiet" prints --quiet.
        for name in re.findall(r"\bFl (-?[\w-]+)", line):
            (long if name.startswith("-") else short).add(name.lstrip("-"))
    return long, short


def completion_files(command):
    found = {}
    for path in tree.files("completions"):
        base = os.path.basename(path)
        if base == "CMakeLists.txt":
            continue
        for shell in ("bash", "zsh", "fish"):
            if shell in path and (command in base or "mailpipe" in base):
                found.setdefault(shell, []).append(path)
    return found


def from_completion(shell, paths, command):
    text = "\n".join(tree.read(path) for path in paths)
    if shell == "fish":
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        # `complete -c mail-fetch -l tls-ca`, or "-c $command" in a loop over the commands.
        own = [line for line in lines if re.search(rf"-c {command}\b", line) or "$" in line.split("-l")[0]]
        return set(re.findall(r"(?<=\s)-l ([a-z0-9-]+)", "\n".join(own)))
    return set(_LONG.findall(text.replace("\\-", "-")))


def main():
    problems = []
    for command in (f"mail-{name}" for name in _COMMANDS):
        text, long, short = from_help(command)
        if "EXAMPLES" not in text:
            problems.append(f"{command} --help: no examples")
        man_long, man_short = from_man(command)
        for name, first, second in ((f"man/{command}.1 has, --help not", man_long, long),
                                    (f"{command} --help has, the man page not", long, man_long)):
            problems += [f"{name}: --{option}" for option in sorted(first - second)]
        problems += [f"{command}: -{option} is in help or man page only" for option in sorted(man_short ^ short)]
        completions = completion_files(command)
        for shell in ("bash", "zsh", "fish"):
            if shell not in completions:
                problems.append(f"completions: none of {command} for {shell}")
                continue
            named = from_completion(shell, completions[shell], command)
            problems += [f"{command}: --{option} is not completed by {shell}" for option in sorted(long - named)]
            if len(completions[shell]) == 1 and command in completions[shell][0]:
                problems += [f"{command}: {shell} completes --{option}, which --help does not have"
                             for option in sorted(named - long)]
    tree.finish(problems, len(_COMMANDS), "commands")


main()
