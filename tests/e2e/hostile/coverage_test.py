"""Each class of threats.md that concerns clients has a row in the tables of hostile servers, and each row a class."""

import os
import re
import unittest

import destination_test
import imap_login_test
import imap_mailbox_test
import pop3_test
import reuse_test
import smtp_test
from peers.case import main

_THREATS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "shared", "threats.md")
_TABLES = (destination_test, pop3_test, imap_login_test, imap_mailbox_test, smtp_test, reuse_test)
_LEAST = 80  # rows


class Coverage(unittest.TestCase):
    def test_each_class_has_a_row(self):
        if not os.path.exists(_THREATS):
            self.skipTest("threats.md stands beside the repository, in shared/")
        with open(_THREATS, encoding="utf-8") as file:
            classes = re.findall(r"^\| ([^|]+) \| ([CSMQ ]+) \|", file.read(), re.MULTILINE)
        self.assertGreater(len(classes), 15)
        rows = [row for module in _TABLES for row in module.all_rows()]
        self.assertGreaterEqual(len(rows), _LEAST)
        for name, where in classes:
            if "C" in where.split():
                self.assertTrue([row for row in rows if name.startswith(row.threat)], f"no row for: {name}")
        for row in rows:
            found = [name for name, _ in classes if name.startswith(row.threat)]
            self.assertEqual(len(found), 1, f"{row.name}: {row.threat}")


if __name__ == "__main__":
    main()
