"""The classes of shared/threats.md, beside the tables of hostile peers."""

import os
import re

_PATH = os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "threats.md")


def check_coverage(case, tables, side, least):
    """Each class that concerns `side` (C, S, M or Q) has a row in the modules `tables`, and each row a class."""
    if not os.path.exists(_PATH):
        case.skipTest("threats.md stands beside the repository, in shared/")
    with open(_PATH, encoding="utf-8") as file:
        classes = re.findall(r"^\| ([^|]+) \| ([CSMQ ]+) \|", file.read(), re.MULTILINE)
    case.assertGreater(len(classes), 15)
    rows = [row for module in tables for row in module.all_rows()]
    case.assertGreaterEqual(len(rows), least)
    for name, where in classes:
        if side in where.split():
            case.assertTrue([row for row in rows if name.startswith(row.threat)], f"no row for: {name}")
    for row in rows:
        found = [name for name, _ in classes if name.startswith(row.threat)]
        case.assertEqual(len(found), 1, f"{row.name}: {row.threat}")
