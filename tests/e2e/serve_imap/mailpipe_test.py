"""mail-fetch and mail-list themselves, with the extensions that both sides have."""

import json

from imap_case import ImapCase, digests
from peers.case import main
from peers.messages import crlf, message, numbered


class Ours(ImapCase):
    def location(self, mailbox="", scheme="imaps"):
        port = self.server.imaps if scheme == "imaps" else self.server.imap
        return f"{scheme}://alice@localhost:{port}/{mailbox}"

    def options(self):
        return [*self.password(), "--tls-ca", self.certificates().ca]

    def fetch(self, *arguments, scheme="imaps", mailbox=""):
        return self.run_receipts("mail-fetch", self.location(mailbox, scheme), *self.options(), "--to",
                                 f"maildir:{self.path('mail')}", *arguments)

    def list(self, *arguments, mailbox="", **more):
        outcome = self.run_ok("mail-list", self.location(mailbox), *self.options(), "--json", *arguments, **more)
        return [json.loads(line) for line in outcome.stdout.splitlines()]


class Mailpipe(Ours):
    def test_fetch(self):
        self.assertEqual(len(self.fetch()), len(self.texts))
        self.assertEqual(digests(self.maildir("mail")), digests(self.texts))
        self.assertEqual(self.fetch(), [])
        self.append_all([message("another", "x\n")])
        self.assertEqual(len(self.fetch()), 1)
        self.assertEqual(len(self.fetch(scheme="imap")), len(self.texts) + 1)
        self.assertEqual(len(self.stored()), len(self.texts) + 1)
        self.assertNotIn(["\\Seen"], self.flags())

    def test_delete(self):
        self.fetch("--delete")
        self.assertEqual(digests(self.maildir("mail")), digests(self.texts))
        self.assertEqual(self.stored(), [])

    def test_list(self):
        records = self.list()
        self.assertEqual([record["uid"] for record in records], list(range(1, 10)))
        self.assertEqual(records[0]["subject"], "plain")
        self.assertEqual([record["subject"] for record in self.list("--search", "SUBJECT From")], ["From lines"])
        sizes = sorted((len(crlf(octets)) for octets in self.texts), reverse=True)
        self.assertEqual([record["size"] for record in self.list("--sort", "REVERSE SIZE")], sizes)
        self.assertEqual(len(self.list("--thread", "references")), len(self.texts))

    def test_mailboxes(self):
        with self.server.client() as client:
            client.ok("CREATE Some/Where")
        names = [record["mailbox"] for record in self.list("--mailboxes")]
        self.assertIn("Some/Where", names)
        self.assertIn("INBOX", names)


class ByParts(Ours):
    """MESSAGELIMIT (RFC 9738): three times as many messages as one command works on, and one."""

    texts = numbered(10)
    arguments = ("--imap-message-limit", "3")

    def count(self):
        with self.server.client() as client:
            return client.ok("STATUS INBOX (MESSAGES)").one("STATUS").data[1]["MESSAGES"]

    def test_all_are_fetched_once(self):
        self.assertEqual(len(self.fetch()), 10)
        self.assertEqual(digests(self.maildir("mail")), digests(self.texts))
        self.assertEqual(self.fetch(), [])
        self.append_all([message("another", "x\n")])
        self.assertEqual(len(self.fetch()), 1)

    def test_those_of_a_search(self):
        self.assertEqual(len(self.fetch("--unseen-only")), 10)
        self.assertEqual(self.fetch("--unseen-only"), [])

    def test_all_are_deleted(self):
        self.fetch("--delete")
        self.assertEqual(digests(self.maildir("mail")), digests(self.texts))
        self.assertEqual(self.count(), 0)
        self.append_all([message("another", "x\n")])
        self.assertEqual(len(self.fetch("--delete")), 1)
        self.assertEqual(self.count(), 0)

    def test_list(self):
        self.assertEqual([record["uid"] for record in self.list()], list(range(1, 11)))
        self.assertEqual([record["uid"] for record in self.list("--limit", "2")], [1, 2])
        self.assertEqual([record["uid"] for record in self.list("--reverse", "--limit", "5")], [10, 9, 8, 7, 6])
        self.assertEqual(self.list("--count"), [10])


if __name__ == "__main__":
    main()
