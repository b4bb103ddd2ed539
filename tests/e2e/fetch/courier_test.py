"""mail-fetch and mail-list with Courier's IMAP (by --tunnel, logged in before) and POP3 servers."""

import itertools
import json
import os
import shutil

from peers.case import Case, main
from peers.courier import Courier
from peers.messages import TEXTS, message, numbered
from peers.process import PeerError, wait_until

_NUMBERS = itertools.count(1_000_000_000)


class CourierCase(Case):
    def setUp(self):
        super().setUp()
        self.courier = Courier()
        self.addCleanup(shutil.rmtree, self.courier.directory, ignore_errors=True)
        self.addCleanup(self.courier.stop)

    def fill(self, messages):
        for octets in messages:
            with open(os.path.join(self.courier.maildir, "new", f"{next(_NUMBERS)}.M1P1.example"), "wb") as file:
                file.write(octets)
        return list(messages)

    def on_server(self):
        try:
            return self.maildir(self.courier.maildir)
        except FileNotFoundError:
            return None  # Courier removes it at this moment

    def check_on_server(self, expected):
        # It says goodbye before it deletes.
        try:
            wait_until(lambda: self.on_server() == sorted(expected), "what is to be on the server", 20)
        except PeerError:
            self.assertEqual(self.on_server(), sorted(expected))

    def fetch(self, *options, to="mail"):
        return self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path(to), *options)

    def check_all(self):
        messages = self.fill(TEXTS.values())
        self.assertEqual(len(self.fetch()), len(messages))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.fetch(), [])
        more = self.fill(numbered(3))
        self.assertEqual(len(self.fetch("--keep-newest", "2")), 3)
        self.assertEqual(self.maildir("mail"), sorted(messages + more))
        self.check_on_server(more[1:])
        self.fetch("--delete")
        self.check_on_server([])
        self.assertEqual(self.maildir("mail"), sorted(messages + more))

    def check_removed(self):
        messages = self.fill(numbered(3))
        self.fetch("--delete-removed")
        name = os.path.join(self.path("mail"), "new", sorted(os.listdir(self.path("mail", "new")))[0])
        with open(name, "rb") as file:
            gone = file.read()
        os.unlink(name)
        self.assertEqual(self.fetch("--delete-removed"), [])
        self.check_on_server(set(messages) - {gone})


class Pop3(CourierCase):
    def source(self):
        return [f"pop3://alice@localhost:{self.courier.pop3}", "--tls", "none", *self.password()]

    def test_all(self):
        self.check_all()

    def test_removed(self):
        self.check_removed()

    def test_listing(self):
        self.fill([message("one", "x\n"), message("two", "y\n")])
        listed = self.run_receipts("mail-list", *self.source(), "--json")
        self.assertEqual([record["subject"] for record in listed], ["one", "two"])


class Imap(CourierCase):
    def source(self, rest=""):
        return ["imap://alice@localhost" + rest, "--tunnel", self.courier.tunnel()]

    def test_all(self):
        self.check_all()

    def test_removed(self):
        self.check_removed()

    def test_mailboxes(self):
        for name in (".Sent", ".lists.dev"):
            for sub in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(self.courier.maildir, name, sub))
        expected = self.fill([message("in", "x\n")])
        with open(os.path.join(self.courier.maildir, ".lists.dev", "new", "1000000000.M1P1.example"), "wb") as file:
            file.write(message("list", "z\n"))
        expected.append(message("list", "z\n"))
        self.fetch("--mailboxes", "*")
        self.assertEqual(self.maildir("mail"), sorted(expected))
        listed = self.run_receipts("mail-list", *self.source(), "--mailboxes", "--json")
        self.assertEqual({record["mailbox"]: record["totalEmails"] for record in listed if record.get("totalEmails")},
                         {"INBOX": 1, "INBOX.lists.dev": 1})

    def test_search_sort_and_thread(self):
        subjects = ("c", "b start", "a", "Re: b start")
        self.fill(message(subject, "z\n").replace(b" 10:", f" 1{hour}:".encode())
                  for hour, subject in enumerate(subjects))
        self.fetch()
        for options in (["--sort", "SUBJECT"], ["--sort", "REVERSE DATE"], ["--thread", "ORDEREDSUBJECT"],
                        ["--search", "SUBJECT start"], ["--search", "BODY z"]):
            here = self.run_receipts("mail-list", "maildir:" + self.path("mail"), *options, "--json")
            there = self.run_receipts("mail-list", *self.source(), *options, "--json")
            self.assertTrue(there)
            # Their UIDs, which decide between equals, may have been given in another order.
            pick = (lambda record: (record["subject"], record.get("depth"))) if "--thread" in options else \
                (lambda record: record["subject"].removeprefix("Re: "))
            self.assertEqual([pick(record) for record in there], [pick(record) for record in here], options)

    def test_changes(self):
        messages = self.fill(numbered(3))
        os.makedirs(os.path.join(self.courier.maildir, ".Archive"))
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.courier.maildir, ".Archive", sub))
        refs = b"".join(json.dumps({"ref": record["ref"]}).encode() + b"\n"
                        for record in self.run_receipts("mail-list", *self.source(), "--json"))
        change = ["mail-list", "--refs", "-", *self.source()[1:]]
        self.run_ok(*change, "--flag", "+Seen", stdin=refs)
        names = os.listdir(os.path.join(self.courier.maildir, "cur"))
        self.assertEqual([name.rsplit(",", 1)[1] for name in names], ["S"] * 3)
        self.run_ok(*change, "--move", self.source("/INBOX.Archive")[0], stdin=refs)
        self.assertEqual(self.on_server(), [])
        self.assertEqual(self.maildir(self.courier.maildir, ".Archive"), sorted(messages))


if __name__ == "__main__":
    main()
