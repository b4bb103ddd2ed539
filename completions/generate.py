#!/usr/bin/env python3
"""Writes the completions of bash, zsh and fish from what `mail-X --help` says: generate.py BINDIR.

BINDIR holds the built commands. The files are committed; run this after a change of an option.
"""

import os
import re
import subprocess
import sys

COMMANDS = ("fetch", "list", "send", "serve", "show")
INDENT = 32  # tools/common/formatter.cpp
STORES = ("maildir:", "mbox:")
# What the arguments that are no options look like; None: nothing to offer.
ARGUMENTS = {
    "fetch": ("imap://", "imaps://", "pop3://", "pop3s://", "@all"),
    "list": STORES + ("imap://", "imaps://", "pop3://", "pop3s://", "@all"),
    "send": None,
    "serve": None,
    "show": STORES + ("imap://", "imaps://", "pop3://", "pop3s://", "@all"),
}
URLS = {
    ("fetch", "to"): STORES,
    ("list", "move"): STORES + ("imap://", "imaps://"),
    ("list", "copy"): STORES + ("imap://", "imaps://"),
    ("send", "server"): ("smtp://", "smtps://", "lmtp://", "lmtp:"),
    ("serve", "listen"): ("smtp://", "smtps://", "pop3://", "pop3s://", "imap://", "imaps://", "lmtp://", "lmtp:"),
    ("serve", "store"): ("maildir:",),
}


class Option:
    def __init__(self, command, names, value, text):
        self.short = [name[1:] for name in names if not name.startswith("--")]
        self.long = [name[2:] for name in names if name.startswith("--")]
        self.names = names
        self.value = value
        self.text = text
        self.words = ()
        self.kind = "none"
        key = (command, self.long[0] if self.long else "")
        if key in URLS:
            self.kind, self.words = "location", URLS[key]
        elif value == "-" or (value and "|" in value):
            self.kind, self.words = "words", tuple(value.split("|"))
        elif value == "FILE":
            self.kind = "file"
        elif value == "DIR":
            self.kind = "directory"
        elif value:
            self.kind = "other"


def read_options(binary, command):
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    options = []
    for line in text.split("\nOptions:\n")[1].split("\nEXAMPLES")[0].splitlines():
        if line.startswith(" " * INDENT) and options:
            options[-1][1] += " " + line.strip()
        elif line.startswith("  -"):
            split = len(line) > INDENT and line[INDENT - 2:INDENT] == "  "
            options.append([line[:INDENT].strip() if split else line.strip(), line[INDENT:] if split else ""])
    found = []
    for head, description in options:
        names, _, value = head.partition(" ")
        found.append(Option(command, names.split(","), value.strip(), description.strip()))
    return found


def bash_files(indent, flag="-f"):
    return [f"{indent}compopt -o filenames", f"{indent}mapfile -t COMPREPLY < <(compgen {flag} -- \"$cur\")"]


def bash_locations(indent, words):
    """Beginnings of locations, which no space follows, beside files."""
    return [f"{indent}mapfile -t COMPREPLY < <(compgen -W '{' '.join(words)}' -- \"$cur\")",
            f"{indent}if ((${{#COMPREPLY[@]}})); then",
            f"{indent}    compopt -o nospace",
            f"{indent}else",
            f"{indent}    compopt -o filenames",
            f"{indent}fi",
            f"{indent}mapfile -t -O ${{#COMPREPLY[@]}} COMPREPLY < <(compgen -f -- \"$cur\")"]


def bash_option(option):
    lines = [f"    {' | '.join(option.names)})"]
    if option.kind == "words":
        lines.append(f"        mapfile -t COMPREPLY < <(compgen -W '{' '.join(option.words)}' -- \"$cur\")")
    elif option.kind == "location":
        lines += bash_locations("        ", option.words)
    elif option.kind in ("file", "directory"):
        lines += bash_files("        ", "-d" if option.kind == "directory" else "-f")
    return lines + ["        return", "        ;;"]


def bash(command, options):
    lines = [f"# bash completion of mail-{command}(1); completions/generate.py writes it.", "",
             f"_mail_{command}() {{",
             "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}",
             "    COMPREPLY=()",
             "    # Readline ends words at = and : as well.",
             "    if [[ $prev == : || $cur == : ]]; then",
             "        [[ $cur == : ]] && cur="] + bash_files("        ") + [
             "        return",
             "    fi",
             "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}",
             "    [[ $cur == = ]] && cur=",
             "    case $prev in"]
    valueless = []
    for option in options:
        if option.kind == "other":
            valueless += option.names
        elif option.kind != "none":
            lines += bash_option(option)
    if valueless:
        lines += [f"    {' | '.join(valueless)})", "        return", "        ;;"]
    lines += ["    esac",
              "    if [[ $cur == -* ]]; then",
              "        mapfile -t COMPREPLY < <(compgen -W '"]
    lines += [f"            {' '.join(option.names)}" for option in options]
    lines += ["        ' -- \"$cur\")",
              "        return",
              "    fi"]
    if ARGUMENTS[command] is not None:
        lines += bash_locations("    ", ARGUMENTS[command])
    return "\n".join(lines + ["}", f"complete -F _mail_{command} mail-{command}", ""])


def zsh_text(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_locations(name, words):
    return [f"{name}() {{",
            "    if compset -P '(maildir|mbox|lmtp):'; then",
            "        _files",
            "        return",
            "    fi",
            f"    compadd -S '' -- {' '.join(words)}",
            "    _files",
            "}", ""]


def zsh(command, options):
    lines = [f"#compdef mail-{command}", f"# Completion of mail-{command}(1); completions/generate.py writes it.", ""]
    specs = []
    for option in options:
        repeat = "*" if "may be repeated" in option.text else ""
        action = ""
        if option.kind == "words":
            action = f":value:({' '.join(option.words)})"
        elif option.kind == "file":
            action = ":file:_files"
        elif option.kind == "directory":
            action = ":directory:_files -/"
        elif option.kind == "location":
            function = f"_mail_{command}_{option.long[0]}"
            lines += zsh_locations(function, option.words)
            action = f":location:{function}"
        elif option.kind == "other":
            action = f":{zsh_text(option.value)}: "
        for name in option.names:
            equals = "=" if action and name.startswith("--") else "+" if action else ""
            others = "" if repeat else "(" + " ".join(option.names) + ")" if len(option.names) > 1 else ""
            specs.append(f"    '{others}{repeat}{name}{equals}[{zsh_text(option.text)}]{action}'")
    if ARGUMENTS[command] is not None:
        lines += zsh_locations(f"_mail_{command}_arguments", ARGUMENTS[command])
        specs.append(f"    '*:location:_mail_{command}_arguments'")
    elif command == "send":
        specs.append("    '*:recipient: '")
    return "\n".join(lines + ["_arguments -s -S \\", " \\\n".join(specs), ""])


def fish(command, options):
    lines = [f"# fish completion of mail-{command}(1); completions/generate.py writes it.", ""]
    name = f"mail-{command}"
    words = ARGUMENTS[command]
    if words is None:
        lines.append(f"complete -c {name} -f")
    else:
        lines.append(f"complete -c {name} -a '{' '.join(words)}'")
    for option in options:
        line = f"complete -c {name}"
        line += "".join(f" -s {short}" for short in option.short) + "".join(f" -l {long}" for long in option.long)
        if option.kind in ("words", "location"):
            line += (" -x" if option.kind == "words" else " -r -F") + f" -a '{' '.join(option.words)}'"
        elif option.kind == "file":
            line += " -r -F"
        elif option.kind == "directory":
            line += " -x -a '(__fish_complete_directories)'"
        elif option.kind == "other":
            line += " -x"
        text = option.text.replace("\\", "\\\\").replace("'", "\\'")
        lines.append(f"{line} -d '{text}'")
    return "\n".join(lines + [""])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: generate.py BINDIR")
    here = os.path.dirname(os.path.abspath(__file__))
    for command in COMMANDS:
        options = read_options(os.path.join(sys.argv[1], f"mail-{command}"), command)
        for path, text in ((f"bash/mail-{command}", bash(command, options)),
                           (f"zsh/_mail-{command}", zsh(command, options)),
                           (f"fish/mail-{command}.fish", fish(command, options))):
            path = os.path.join(here, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


main()
