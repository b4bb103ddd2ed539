"""Mailboxes whose names are not in NFC (RFC 9051 section 5.1), as other programs make them."""

import os
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_client import Literal
from peers.imap_server import DOVECOT

_NFC, _NFD = "Caf&AOk-", "Cafe&AwE-"
_TEXT = b"Subject: a\r\n\r\nx\r\n"


@unittest.skipIf(DOVECOT, "Dovecot takes names as they are")
class Names(ImapCase):
    texts = ()

    def foreign(self, name):
        """A mailbox that another program has made."""
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.server.maildir(), f".{name}", sub))

    @staticmethod
    def listed(client, command):
        return sorted(one.data[2].decode() for one in client.ok(command).all("LIST"))

    def test_a_broken_one_is_not_taken_for_the_other(self):
        with self.server.client() as client:
            client.ok(f"CREATE {_NFC}")
            client.ok(f"APPEND {_NFC} ", Literal(_TEXT))
            self.foreign(_NFD)
            # Larger than any that is read: the mailbox cannot be opened.
            with open(os.path.join(self.server.maildir(), f".{_NFD}", "dovecot-uidlist"), "wb") as file:
                file.truncate((1 << 30) + 1)
            self.assertEqual(client.command(f"SELECT {_NFD}").status, "NO")
            client.ok(f"DELETE {_NFD}")
            self.assertEqual(self.listed(client, 'LIST "" *'), [_NFC, "INBOX"])
            self.assertIn("MESSAGES 1", str(client.ok(f"STATUS {_NFC} (MESSAGES)")))

    def test_what_is_subscribed_is_what_was_created(self):
        with self.server.client() as client:
            subscribed = 'LIST (SUBSCRIBED) "" *'
            client.ok(f"CREATE {_NFD}")
            client.ok(f"SUBSCRIBE {_NFD}")
            self.assertEqual(self.listed(client, subscribed), [_NFC])
            client.ok(f"UNSUBSCRIBE {_NFD}")
            self.assertEqual(self.listed(client, subscribed), [])
            client.ok(f"SUBSCRIBE Other{_NFD}")
            self.assertEqual(self.listed(client, subscribed), [f"Other{_NFC}"])

    def test_one_of_another_program_is_subscribed_by_its_own_name(self):
        self.foreign(_NFD)
        with self.server.client() as client:
            subscribed = 'LIST (SUBSCRIBED) "" *'
            client.ok(f"SUBSCRIBE {_NFD}")
            self.assertEqual(self.listed(client, subscribed), [_NFD])
            client.ok(f"DELETE {_NFD}")
            client.ok(f"UNSUBSCRIBE {_NFD}")
            self.assertEqual(self.listed(client, subscribed), [])


if __name__ == "__main__":
    main()
