"""docs/imap-features.md says of mail-serve what it announces."""

import os
import re
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_server import DOVECOT

_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# Of the connection, or parts of what a row of the table is about.
_OTHERS = ("AUTH", "STARTTLS", "URLAUTH=BINARY", "STATUS=DELETED", "QUOTASET", "RIGHTS", "METADATA-SERVER")


@unittest.skipIf(DOVECOT, "the table is of mail-serve")
class Features(ImapCase):
    texts = ()

    def test_table(self):
        with open(os.path.join(_TOP, "docs", "imap-features.md"), encoding="utf-8") as file:
            rows = dict(re.findall(r"^\| `([^`]+)` \|[^|]*\|[^|]*\| ([^|]*?) \|", file.read(), re.MULTILINE))
        rows = {name.upper(): has for name, has in rows.items()}
        names = set()
        for user in (None, "alice"):
            with self.server.client(user) as client:
                names |= set(client.ok("CAPABILITY").one("CAPABILITY").data)
        names = {name if name in rows or name in _OTHERS else name.split("=")[0] for name in names}
        self.assertEqual({name for name, has in rows.items() if has == "yes"}, names - set(_OTHERS))


if __name__ == "__main__":
    main()
