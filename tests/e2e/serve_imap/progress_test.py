"""INPROGRESS (RFC 9585): a client hears of a command that takes long."""

import base64
import os
import re
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_client import Literal
from peers.imap_server import DOVECOT

_LARGE = (b"From: a@example.com\r\nSubject: large\r\nContent-Type: text/plain; charset=utf-8\r\n"
          b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(base64.b64encode(os.urandom(1_000_000))))
_MESSAGES = 24


@unittest.skipIf(DOVECOT, "this is about mail-serve")
class InProgress(ImapCase):
    texts = ()
    arguments = ("--imap-progress", "1")

    def search(self, client, keys):
        wanted = "NOT " + " NOT ".join(f"TEXT {'xy' * 10}{number}" for number in range(keys))
        return client.ok(f"SEARCH RETURN (COUNT) {wanted}")

    def test_search(self):
        with self.server.client("alice") as client:
            for _ in range(_MESSAGES):
                client.ok("APPEND INBOX ", Literal(_LARGE))
            client.ok("SELECT INBOX")
            keys, said = 1, []
            while not said:
                self.assertLess(keys, 1000, "no search takes longer than a second")
                answer = self.search(client, keys)
                said = [response.code[1] for response in answer.all("OK") if response.code[0] == "INPROGRESS"]
                keys *= 3
            self.assertIn(b" COUNT %d" % _MESSAGES, answer.one("ESEARCH").raw)
            found = [re.fullmatch(rb'\("([^"]+)" ([0-9]+) ([0-9]+)\)', argument) for argument in said]
            self.assertTrue(all(found), said)
            self.assertEqual(len({match[1] for match in found}), 1)
            self.assertEqual({int(match[3]) for match in found}, {_MESSAGES})
            done = [int(match[2]) for match in found]
            self.assertEqual(done, sorted(done))
            self.assertLessEqual(done[-1], _MESSAGES)


if __name__ == "__main__":
    main()
