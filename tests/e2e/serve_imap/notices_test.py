"""More annotations that change (RFC 5464 section 4.1) than wait to be told."""

import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_server import DOVECOT


@unittest.skipIf(DOVECOT, "the number is mail-serve's")
class Notices(ImapCase):
    texts = ()

    def test_told_again_after_an_overflow(self):
        with self.server.client() as told, self.server.client() as changing:
            told.ok("ENABLE METADATA")
            told.ok("NOOP")
            for mailbox in ("One", "Two"):
                changing.ok(f"CREATE {mailbox}")
                changing.ok(f"SETMETADATA {mailbox} (" + " ".join(f'/shared/{n} ""' for n in range(600)) + ")")
            self.assertEqual(len(told.ok("NOOP").all("METADATA")), 1000)
            changing.ok('SETMETADATA One (/shared/comment "x")')
            self.assertEqual(len(told.ok("NOOP").all("METADATA")), 1)


if __name__ == "__main__":
    main()
