"""Mailboxes that users share, what each may know and use of the others', and a server that is ended in the middle of a
command."""

import signal
import socket
import time
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imap_client import Literal
from peers.imap_server import DOVECOT

_TEXT = b"Subject: a\r\n\r\n" + b"x" * 70 + b"\r\n"


@unittest.skipIf(DOVECOT, "the names are mail-serve's")
class Sharing(ImapCase):
    texts = ()
    arguments = ("--quota", "20000")

    def refused(self, client, *pieces, code=None):
        answer = client.command(*pieces)
        self.assertEqual(answer.status, "NO", str(answer))
        if code:
            self.assertIn(code, str(answer))

    def test_names_beside_other_users(self):
        with self.server.client("alice") as alice:
            for name in ("Other Users/bob", "Other Users/nobody", "Other Users/bob/B"):
                self.refused(alice, f'CREATE "{name}"')
                self.refused(alice, f'RENAME INBOX "{name}"')
            self.refused(alice, 'CREATE "Other Users"')
            self.assertEqual([one.data[2] for one in alice.ok('LIST "" *').all("LIST")], [b"INBOX"])

    def test_rights_by_the_name_in_any_case(self):
        with self.server.client("bob") as bob, self.server.client("alice") as alice:
            bob.ok("CREATE Shared")
            self.refused(alice, 'SELECT "Other Users/bob/Shared"', code="NONEXISTENT")
            bob.ok("SETACL Shared ALICE lr")
            alice.ok('SELECT "Other Users/bob/Shared"')
            self.assertEqual([one.data[2] for one in alice.ok('LIST "" "Other Users/%"').all("LIST")],
                             [b"Other Users/bob"])
            self.assertEqual([one.data[2] for one in alice.ok('LIST "" "Other Users/bob/%"').all("LIST")],
                             [b"Other Users/bob/Shared"])
            self.refused(alice, 'APPEND "Other Users/bob/Shared" ', Literal(_TEXT), code="NOPERM")
            bob.ok("SETACL Shared -Alice r")
            self.refused(alice, 'SELECT "Other Users/bob/Shared"', code="NOPERM")
            bob.ok("DELETEACL Shared -ALICE")
            alice.ok('SELECT "Other Users/bob/Shared"')

    def test_private_annotations_are_private(self):
        with self.server.client("bob") as bob, self.server.client("alice") as alice:
            bob.ok("SETACL INBOX alice lr")
            alice.ok('SETMETADATA "Other Users/bob" (/private/comment "mine")')
            self.assertIn("mine", str(alice.ok('GETMETADATA "Other Users/bob" /private/comment')))
            for entry in ("/private", "/private/comment", "/private:alice", "/private:alice/comment"):
                self.assertNotIn("mine", str(bob.command(f"GETMETADATA (DEPTH infinity) INBOX {entry}")), entry)

    def test_one_is_replaced_in_one_step_whose_seen_it_ever_is(self):
        shared = '"Other Users/bob/Shared"'
        with self.server.client("bob") as bob, self.server.client("alice") as alice:
            bob.ok("CREATE Shared")
            bob.ok("SETACL Shared alice lrswite")
            bob.ok('SETMETADATA Shared (/shared/vendor/mailpipe/seen-by-user "yes")')
            bob.ok("APPEND Shared ", Literal(_TEXT))
            alice.ok(f"SELECT {shared}")
            bob.ok("SELECT Shared (CONDSTORE)")
            alice.ok(f"REPLACE 1 {shared} ", Literal(_TEXT))
            # One MODSEQ, and never both messages nor a flag of the one that goes.
            before = bob.ok("NOOP")
            self.assertEqual([one.kind for one in before.all("FETCH")], [])
            highest = int(bob.ok("STATUS Shared (HIGHESTMODSEQ)").one("STATUS").data[1]["HIGHESTMODSEQ"])
            alice.ok(f"REPLACE 1 {shared} ", Literal(_TEXT))
            after = int(bob.ok("STATUS Shared (HIGHESTMODSEQ)").one("STATUS").data[1]["HIGHESTMODSEQ"])
            self.assertEqual(after, highest + 1)

    def test_no_way_round_the_quota(self):
        with self.server.client("alice") as alice:
            alice.ok("APPEND INBOX ", Literal(b"Subject: a\r\n\r\n" + b"x" * 8000 + b"\r\n"))
            alice.ok("SELECT INBOX")
            alice.ok('APPEND INBOX CATENATE (URL "/INBOX/;UID=1")')
            self.refused(alice, 'APPEND INBOX CATENATE (URL "/INBOX/;UID=1" URL "/INBOX/;UID=1")', code="OVERQUOTA")
            self.refused(alice, "COPY 1:2 INBOX", code="OVERQUOTA")
            self.refused(alice, "APPEND INBOX ", Literal(b"y" * 15000), code="OVERQUOTA")

    def test_the_same_asked_a_thousand_times(self):
        with self.server.client("alice") as alice:
            alice.ok("APPEND INBOX ", Literal(_TEXT))
            alice.ok("SELECT INBOX")
            answer = alice.ok("FETCH 1 (" + " ".join(["BODY.PEEK[]"] * 4000) + ")")
            self.assertEqual(answer.one("FETCH").data, {"BODY[]": _TEXT})


@unittest.skipIf(DOVECOT, "this is about mail-serve")
class Ended(ImapCase):
    texts = ()

    def test_in_the_middle_of_a_command(self):
        begun = []
        for login, command in ((False, b"a LOGIN {5}\r\n"), (False, b"a AUTHENTICATE PLAIN\r\n"),
                               (True, b"a APPEND INBOX {100}\r\n"), (True, b"a APPEND INBOX {100+}\r\nSubject: x\r\n"),
                               (True, b"a FETCH 1"), (True, b"a IDLE\r\n")):
            client = socket.create_connection(("127.0.0.1", self.server.imap), timeout=20)
            self.addCleanup(client.close)
            reader = client.makefile("rb")
            reader.readline()
            if login:
                client.sendall(b"l LOGIN alice secret\r\n")
                while not reader.readline().startswith(b"l OK"):
                    pass
            client.sendall(command)
            if command.endswith(b"}\r\n") and b"+" not in command or b"AUTH" in command or b"IDLE" in command:
                self.assertTrue(reader.readline().startswith(b"+"))
            begun.append((command, reader))
        start = time.monotonic()
        self.server.peer.process.send_signal(signal.SIGTERM)
        for command, reader in begun:
            self.assertIn(b"* BYE", reader.read(), command)
        self.server.peer.process.wait(20)
        self.assertLess(time.monotonic() - start, 10)


if __name__ == "__main__":
    main()
