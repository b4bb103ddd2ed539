"""Each class of threats.md that concerns servers has a row in the tables of hostile peers, and each row a class."""

import unittest

import imap_login_test
import imap_mailbox_test
import login_test
import smtp_address_test
import smtp_framing_test
import tls_test
from peers.case import main
from peers.threats import check_coverage

_TABLES = (smtp_framing_test, smtp_address_test, login_test, tls_test, imap_login_test, imap_mailbox_test)
_LEAST = 500  # rows


class Coverage(unittest.TestCase):
    def test_each_class_has_a_row(self):
        check_coverage(self, _TABLES, "S", _LEAST)


if __name__ == "__main__":
    main()
