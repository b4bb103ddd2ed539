"""What is told unasked: annotations of which more change than wait to be told (RFC 5464 section 4.1), and the order in
which a result is kept up to date with items of new messages (RFC 5465 section 7)."""

import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_client import Literal
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

    def test_items_of_new_messages_before_the_result(self):
        with self.server.client() as told, self.server.client() as changing:
            told.ok("SELECT INBOX")
            told.ok("SEARCH RETURN (COUNT UPDATE (UID RFC822.SIZE)) SUBJECT one")
            told.ok("SEARCH RETURN (COUNT UPDATE) ALL")
            for text in (b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n"):
                changing.ok("APPEND INBOX ", Literal(text))
            answer = told.ok("NOOP")
            kinds = [response.kind for response in answer.untagged if response.kind in ("EXISTS", "FETCH", "ESEARCH")]
            self.assertEqual(kinds, ["EXISTS", "FETCH", "ESEARCH", "ESEARCH"], str(answer))


if __name__ == "__main__":
    main()
