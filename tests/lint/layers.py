"""Checks every #include of lib/ and tools/ against the table in docs/architecture.md."""

import re

import tree

# What does I/O, reads a clock, draws random numbers or starts threads; not above the sans-IO line.
_IO_HEADERS = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "random", "fstream", "iostream",
               "filesystem", "cstdio", "stdio.h", "unistd.h", "fcntl.h", "poll.h", "netdb.h", "dirent.h", "signal.h",
               "csignal", "pthread.h"}
_IO_PREFIXES = ("sys/", "arpa/", "netinet/", "linux/")
_IO_CALLS = re.compile(r"::now\(|\bgetenv\s*\(|\bsecure_getenv\b|\bstd::time\s*\(|\bstd::rand\b"
                       r"|[^_\w.>]time\s*\(\s*(?:nullptr|NULL|0)\s*\)|\brandom_device\b"
                       r"|\bstd::cerr\b|\bstd::cout\b|\bstd::fprintf\s*\(\s*std")
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def table():
    """module -> (modules it may include, prefixes of third-party headers, above the line)."""
    rows = {}
    for line in tree.read("docs/architecture.md").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) < 4:
            continue
        words = [re.findall(r"`([^`]+)`", cell) for cell in cells]
        rows[words[0][0].rstrip("/")] = ([name.rstrip("/") for name in words[1]], tuple(words[2]), cells[3] == "yes")
    return rows


def is_standard(name):
    # Third-party headers come from a directory of their own or from this short list of single files.
    if name in ("gsasl.h", "iconv.h", "crypt.h", "seccomp.h"):
        return False
    return "/" not in name or name.startswith(_IO_PREFIXES)


def check_library(rows, problems):
    checked = 0
    for path in tree.files("lib/mailpipe", suffixes=(".hpp", ".cpp")):
        checked += 1
        module = path.split("/")[2]
        if module not in rows:
            problems.append(f"{path}: module {module} is not in the table of docs/architecture.md")
            continue
        modules, third_party, sans_io = rows[module]
        text = tree.read(path)
        for kind, name in _INCLUDE.findall(text):
            if kind == '"':
                used = name.split("/")[1] if name.startswith("mailpipe/") else None
                if used is None:
                    problems.append(f'{path}: includes "{name}", which is not "mailpipe/..."')
                elif used != module and used not in modules:
                    problems.append(f"{path}: {module} must not include {used} ({name})")
            elif is_standard(name):
                if sans_io and (name in _IO_HEADERS or name.startswith(_IO_PREFIXES)):
                    problems.append(f"{path}: <{name}> is I/O, below the sans-IO line")
            elif not name.startswith(third_party):
                problems.append(f"{path}: <{name}> is not for {module}")
        code = re.sub(r"//[^\n]*", "", text)
        if sans_io and (call := _IO_CALLS.search(code)):
            problems.append(f"{path}: {call.group(0).strip()!r} belongs below the sans-IO line")
    return checked


def check_tools(problems):
    public = set(re.findall(r"mailpipe/[\w/]+\.hpp", tree.read("lib/CMakeLists.txt")))
    paths = tree.files("tools", suffixes=(".hpp", ".cpp"))
    for path in paths:
        for kind, name in _INCLUDE.findall(tree.read(path)):
            if kind == '"' and not name.startswith("tools/") and name not in public:
                problems.append(f"{path}: {name} is not a public header")
    return len(paths)


def main():
    problems = []
    rows = table()
    order = list(rows)
    for module, (modules, _, _) in rows.items():
        for used in modules:
            if used not in order or order.index(used) >= order.index(module):
                problems.append(f"docs/architecture.md: {module} uses {used}, which does not stand above it")
    checked = check_library(rows, problems) + check_tools(problems)
    tree.finish(problems, checked, "files")


main()
