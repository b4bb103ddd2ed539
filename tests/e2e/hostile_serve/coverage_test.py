"""Each class of threats.md that concerns servers has a row in the tables of hostile peers, and each row a class."""

import os
import re
import unittest

import login_test
import smtp_address_test
import smtp_framing_test
import tls_test
from peers.case import main

_THREATS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "shared", "threats.md")
_TABLES = (smtp_framing_test, smtp_address_test, login_test, tls_test)
_LEAST = 350  # rows


class Coverage(unittest.TestCase):
    def test_each_class_has_a_row(self):
        if not os.path.exists(_THREATS):
            self.skipTest("threats.md stands beside the repository, in shared/")
        with open(_THREATS, encoding="utf-8") as file:
            classes = re.findall(r"^\| ([^|]+) \| ([CSMQ ]+) \|", file.read(), re.MULTILINE)
        rows = [row for module in _TABLES for row in module.all_rows()]
        self.assertGreaterEqual(len(rows), _LEAST)
        for name, where in classes:
            if "S" in where.split():
                self.assertTrue([row for row in rows if name.startswith(row.threat)], f"no row for: {name}")
        for row in rows:
            found = [name for name, _ in classes if name.startswith(row.threat)]
            self.assertEqual(len(found), 1, f"{row.name}: {row.threat}")


if __name__ == "__main__":
    main()
