#!/usr/bin/env python3
"""Writes lib/mailpipe/email/html_entity_table.hpp: the named character references of HTML.

Python's html.entities.html5 is the list of the HTML standard, which is closed: no name is ever added.
"""

import html.entities
import os
import sys

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib", "mailpipe", "email",
                    "html_entity_table.hpp")
COLUMNS = 112
HEAD = """#pragma once

#include <string_view>

// Made by scripts/html_entities.py.
namespace mailpipe::email {

// The named character references of HTML (13.5 of the standard), sorted by name in octet order: NAME=POINTS, or
// NAME:POINTS when the name is good without a semicolon, too; the code points in hexadecimal with "+" between.
// clang-format off
inline constexpr std::string_view kHtmlEntities =
"""
TAIL = """;
// clang-format on

}  // namespace mailpipe::email
"""


def table():
    names = html.entities.html5
    text = [HEAD]
    line = ""
    for name in sorted(name[:-1] for name in names if name.endswith(";")):
        points = "+".join(f"{ord(character):X}" for character in names[name + ";"])
        entry = f"{name}{':' if name in names else '='}{points},"
        if len(line) + len(entry) > COLUMNS - 6:
            text.append(f'    "{line}"\n')
            line = ""
        line += entry
    text.append(f'    "{line}"')
    return "".join(text) + TAIL


if __name__ == "__main__":
    with open(sys.argv[1] if len(sys.argv) > 1 else PATH, "w", encoding="ascii") as file:
        file.write(table())
