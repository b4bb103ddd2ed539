"""Each class of threats.md that concerns clients has a row in the tables of hostile servers, and each row a class."""

import unittest

import destination_test
import imap_login_test
import imap_mailbox_test
import imap_news_test
import pop3_test
import reuse_test
import smtp_test
from peers.case import main
from peers.threats import check_coverage

_TABLES = (destination_test, pop3_test, imap_login_test, imap_mailbox_test, imap_news_test, smtp_test, reuse_test)
_LEAST = 80  # rows


class Coverage(unittest.TestCase):
    def test_each_class_has_a_row(self):
        check_coverage(self, _TABLES, "C", _LEAST)


if __name__ == "__main__":
    main()
