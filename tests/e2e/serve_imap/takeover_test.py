"""A Maildir that Dovecot served before: mailboxes, subscriptions, UIDs, flags and keywords are as they were, so that no
client fetches anything again; and the way back."""

import os
import shutil
import unittest

from imap_case import digests
from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.imap_client import ImapClient, Literal
from peers.imap_server import DOVECOT, ImapServer
from peers.messages import TEXTS, crlf, message

_EXTRA = "namespace inbox {\n  separator = /\n}\n"


def look(port):
    """{mailbox: (UIDVALIDITY, UIDNEXT, {UID: (flags, text)})}, and the subscribed."""
    with ImapClient(port, "alice") as client:
        found = {}
        for listed in client.ok('LIST "" *').all("LIST"):
            name = listed.data[2].decode()
            if {"\\Noselect", "\\NonExistent"} & set(listed.data[0]):
                continue
            codes = client.ok(f'SELECT "{name}"').codes()
            messages = {}
            for response in client.command("UID FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])").all("FETCH"):
                messages[response.data["UID"]] = (frozenset(response.data["FLAGS"]) - {"\\Recent"},
                                                  response.data["INTERNALDATE"], response.data["BODY[]"])
            found[name] = (codes["UIDVALIDITY"], codes["UIDNEXT"], messages)
        subscribed = sorted(one.data[2].decode() for one in client.ok('LSUB "" *').all("LSUB"))
    return found, subscribed


@unittest.skipIf(DOVECOT, "from Dovecot to mail-serve")
class Takeover(Case):
    def fill(self, port):
        with ImapClient(port, "alice") as client:
            for name in ("Work", "Work/Old", '"Two words"', "Entw&APw-rfe"):
                client.ok(f"CREATE {name}")
            for name in ("INBOX", "Work/Old", "Entw&APw-rfe"):
                client.ok(f"SUBSCRIBE {name}")
            for number, octets in enumerate(TEXTS.values()):
                client.ok(f"APPEND {'Work/Old' if number % 3 == 2 else 'INBOX'} ", Literal(crlf(octets)))
            client.ok("SELECT INBOX")
            client.ok("STORE 1:3 +FLAGS (\\Seen alpha $Forwarded)")
            client.ok("STORE 2 +FLAGS (\\Flagged beta \\Answered)")
            client.ok("STORE 4 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")
            client.ok("COPY 1:2 Entw&APw-rfe")

    def test_from_dovecot_and_back(self):
        store = self.path("store")
        with Dovecot(users={"alice": "secret"}, extra=_EXTRA) as dovecot:
            self.fill(dovecot.imap)
            before = look(dovecot.imap)
            dovecot.deliver("alice", message("not seen by Dovecot", "x\n"), "1999999999.M1P1.x")
            os.makedirs(store)
            shutil.copytree(dovecot.maildir("alice"), os.path.join(store, "alice"))
        server = ImapServer(store=store).start()
        self.addCleanup(server.stop)
        after = look(server.imap)
        self.assertEqual(after[1], before[1])
        self.assertEqual(sorted(after[0]), sorted(before[0]))
        for name, (validity, uid_next, messages) in before[0].items():
            self.assertEqual(after[0][name][0], validity, name)
            self.assertGreaterEqual(after[0][name][1], uid_next)
            ours = after[0][name][2]
            for uid, known in messages.items():
                self.assertEqual(ours[uid], known, f"{name} {uid}")
            new = sorted(set(ours) - set(messages))
            self.assertEqual(len(new), name == "INBOX")
            for uid in new:
                self.assertGreaterEqual(uid, uid_next)
        with server.client() as client:
            client.ok("SELECT INBOX")
            client.ok("STORE 1 +FLAGS (\\Answered gamma)")
            client.ok("STORE 2 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")
            client.ok("APPEND INBOX ", Literal(crlf(message("by mail-serve", "y\n"))))
        ours = look(server.imap)
        self.back(server, ours)

    def back(self, server, ours):
        """Dovecot over the same Maildir again: nothing is lost, and system flags are the same."""
        with Dovecot(users={"alice": "secret"}, extra=_EXTRA) as dovecot:
            shutil.rmtree(dovecot.maildir("alice"))
            shutil.copytree(server.maildir(), dovecot.maildir("alice"))
            dovecot.own_mail()
            theirs = look(dovecot.imap)
        for name, (_, _, messages) in ours[0].items():
            self.assertEqual(digests(text for _, _, text in theirs[0][name][2].values()),
                             digests(text for _, _, text in messages.values()), name)
            flags = {text: {flag for flag in flags if flag.startswith("\\")} for flags, _, text in messages.values()}
            for found, _, text in theirs[0][name][2].values():
                self.assertEqual({flag for flag in found if flag.startswith("\\")}, flags[text], name)


if __name__ == "__main__":
    main()
