"""mail-fetch and mail-list themselves, with the extensions that both sides have."""

import json

from imap_case import ImapCase, digests
from peers.case import main
from peers.messages import crlf, message


class Mailpipe(ImapCase):
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


if __name__ == "__main__":
    main()
