"""No file over 800 lines, no function of lib/ and tools/ over 60, no line of a script over 120 columns.

clang-format keeps C++ at 112 where it can break a line.
"""

import re

import tree

_FILE_LINES = 800
_FUNCTION_LINES = 60
_COLUMNS = 120
_NOT_A_FUNCTION = re.compile(r"^(namespace|extern|struct|class|enum|union|const|constexpr|inline constexpr|static const"
                             r"|MAILPIPE_EXPORT const|template\b[^()]*$)|=\s*\{|^\}|^#")


def functions(lines):
    """(first line, number of lines) of each definition at column 0, as clang-format lays it out."""
    start = None
    for number, line in enumerate(lines):
        if line == "}" and start is not None:
            yield start, number - start + 1
            start = None
        elif start is None and line[:1].strip() and line.endswith("{") and not _NOT_A_FUNCTION.search(line):
            start = number
        elif line[:1] == "}":
            start = None


def main():
    problems = []
    paths = tree.files("lib", "tools", "tests", "bench", "scripts", suffixes=(".cpp", ".hpp", ".py", ".sh", ".cmake"))
    for path in paths:
        lines = tree.read(path).splitlines()
        if len(lines) > _FILE_LINES:
            problems.append(f"{path}: {len(lines)} lines, more than {_FILE_LINES}")
        for number, line in enumerate(lines):
            if len(line) > _COLUMNS and not path.endswith((".cpp", ".hpp")):
                problems.append(f"{path}:{number + 1}: {len(line)} columns, more than {_COLUMNS}")
        if path.startswith(("lib/", "tools/")) and path.endswith((".cpp", ".hpp")):
            for start, count in functions(lines):
                if count > _FUNCTION_LINES:
                    problems.append(f"{path}:{start + 1}: a function of {count} lines, more than {_FUNCTION_LINES}")
    tree.finish(problems, len(paths), "files")


main()
