"""mail-fetch and mail-list with Cyrus: retention, flags, mailboxes, IDLE, SCRAM, sort and thread; IMAP and POP3."""

import json
import os
import signal
import subprocess

from peers.case import Case, main
from peers.commands import binary, clean_environment, run
from peers.cyrus import Cyrus
from peers.messages import TEXTS, crlf, message, numbered
from peers.process import wait_until


class CyrusCase(Case):
    protocol = ""

    @classmethod
    def setUpClass(cls):
        cls.cyrus = Cyrus(Case.certificates().good).start()
        cls.addClassCleanup(cls.cyrus.stop)

    def setUp(self):
        super().setUp()
        self.client = self.cyrus.client()
        self.addCleanup(self.client.shutdown)
        for line in self.client.list()[1]:
            name = line.decode().rsplit(" ", 1)[1]
            if name != "INBOX":
                self.client.delete(name)
        self.client.select()
        self.client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        self.client.expunge()

    def fill(self, messages, flags=None, date=None, mailbox="INBOX"):
        for octets in messages:
            self.assertEqual(self.client.append(mailbox, flags, date, crlf(octets))[0], "OK")
        return list(messages)

    def on_server(self):
        self.client.noop()
        found = self.client.uid("FETCH", "1:*", "BODY.PEEK[]")[1]
        return sorted(entry[1].replace(b"\r\n", b"\n") for entry in found if isinstance(entry, tuple))

    def source(self, rest="", tls="none"):
        scheme = self.protocol + ("s" if tls == "implicit" else "")
        options = ["--tls", "none"] if tls == "none" else ["--tls-ca", self.certificates().ca]
        return [f"{scheme}://alice@localhost:{getattr(self.cyrus, scheme)}{rest}", *options, *self.password()]

    def fetch(self, *options, to="mail"):
        return self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path(to), *options)


class Retention:
    def test_every_octet_once(self):
        messages = self.fill(TEXTS.values())
        self.assertEqual(len(self.fetch()), len(messages))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.fetch(), [])
        more = self.fill([message("later", "x\n")])
        self.assertEqual(len(self.fetch("--keep")), 1)
        self.assertEqual(self.maildir("mail"), sorted(messages + more))
        self.assertEqual(self.on_server(), sorted(messages + more))

    def test_delete(self):
        messages = self.fill(numbered(7))
        self.fetch("--delete")
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.on_server(), [])

    def test_keep_newest(self):
        messages = self.fill(numbered(7))
        self.fetch("--keep-newest", "2")
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.on_server(), sorted(messages[-2:]))

    def test_delete_removed(self):
        messages = self.fill(numbered(4))
        self.fetch("--delete-removed")
        self.assertEqual(self.on_server(), sorted(messages))
        name = os.path.join(self.path("mail"), "new", sorted(os.listdir(self.path("mail", "new")))[0])
        with open(name, "rb") as file:
            gone = file.read()
        os.unlink(name)
        self.assertEqual(self.fetch("--delete-removed"), [])
        self.assertEqual(self.on_server(), sorted(set(messages) - {gone}))

    def test_dry_run_and_limit(self):
        messages = self.fill(numbered(4))
        plan = self.fetch("--delete", "--dry-run")
        actions = [record["action"] for record in plan]
        self.assertEqual(sorted(actions), ["delete"] * 4 + ["fetch"] * 4)
        outcome = run(["mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail"), "--delete",
                       "--max-delete", "50%"], self.directory)
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))
        self.assertEqual(self.on_server(), sorted(messages))
        self.assertEqual(self.maildir("mail"), sorted(messages))


class Pop3(Retention, CyrusCase):
    protocol = "pop3"

    def on_server(self):
        # Each protocol sees what the other has removed in a session of its own.
        self.client.select()
        return super().on_server()


class Imap(Retention, CyrusCase):
    protocol = "imap"

    def test_tls(self):
        messages = self.fill(numbered(2))
        for tls in ("starttls", "implicit"):
            self.run_receipts("mail-fetch", *self.source(tls=tls), "--to", "maildir:" + self.path(tls))
            self.assertEqual(self.maildir(tls), sorted(messages))

    def test_scram(self):
        self.fill(numbered(1))
        outcome = run(["mail-fetch", *self.source(tls="starttls"), "--trace", "--to", "maildir:" + self.path("mail")],
                      self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertIn(b"AUTHENTICATE SCRAM-SHA-256", outcome.stderr)

    def test_compressed(self):
        messages = self.fill([*TEXTS.values(), message("large", "".join(f"line {n}\n" for n in range(40000)))])
        outcome = run(["mail-fetch", *self.source(tls="implicit"), "--compress", "--trace", "--to",
                       "maildir:" + self.path("mail")], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertIn(b"COMPRESS DEFLATE", outcome.stderr)
        self.assertEqual(self.maildir("mail"), sorted(messages))

    def test_flags_and_date_travel(self):
        self.fill(numbered(1), r"(\Seen \Flagged)", '"02-Nov-2020 10:00:00 +0100"')
        self.fetch()
        listed, = self.run_receipts("mail-list", "maildir:" + self.path("mail"), "--json")
        self.assertEqual(set(listed["keywords"]), {"$seen", "$flagged"})
        self.assertEqual(listed["receivedAt"], "2020-11-02T09:00:00Z")

    def test_mailboxes(self):
        self.client.xatom("CREATE", "Sent (USE (\\Sent))")
        self.client.create("lists/dev")
        texts = {"INBOX": message("in", "x\n"), "Sent": message("out", "y\n"), "lists/dev": message("list", "z\n")}
        for name, octets in texts.items():
            self.fill([octets], mailbox=name)
        self.fetch("--mailboxes", "*", to="all")
        self.assertEqual(self.maildir("all"), sorted(texts.values()))
        self.fetch("--special-use", "sent", to="sent")
        self.assertEqual(self.maildir("sent"), [texts["Sent"]])
        self.fetch("--mailboxes", "lists/%", to="lists")
        self.assertEqual(self.maildir("lists"), [texts["lists/dev"]])
        listed = self.run_receipts("mail-list", *self.source(), "--mailboxes", "--json")
        found = {record["mailbox"]: record["totalEmails"] for record in listed}
        self.assertEqual({name: found[name] for name in texts}, dict.fromkeys(texts, 1))

    def test_selection(self):
        self.fill([message("old", "x\n")], None, '"02-Nov-2020 10:00:00 +0100"')
        new = self.fill([message("one", "x\n")])
        seen = self.fill([message("two", "x\n")], r"(\Seen)")
        for name, options, expected in (("age", ["--max-age", "2d"], new + seen), ("seen", ["--seen-only"], seen),
                                        ("search", ["--search", "SUBJECT one"], new)):
            self.fetch(*options, to=name)
            self.assertEqual(self.maildir(name), sorted(expected), name)

    def has(self, count):
        place = self.path("mail", "new")
        return os.path.isdir(place) and len(os.listdir(place)) == count

    def test_watch(self):
        self.fill(numbered(1))
        argv = [binary("mail-fetch"), *self.source(), "--watch", "--to", "maildir:" + self.path("mail")]
        with subprocess.Popen(argv, env=clean_environment(self.directory), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as process:
            try:
                wait_until(lambda: self.has(1), "fetched")
                more = self.fill([message("while it watches", "x\n")])
                wait_until(lambda: self.has(2), "told by IDLE", 30)
            finally:
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=20)
        self.assertEqual(errors, b"")
        self.assertEqual(self.maildir("mail"), sorted(numbered(1) + more))

    def test_sort_and_thread(self):
        """The server's SORT and THREAD say what the local ones say of the same messages."""
        first = message("b start", "x\n")
        name = [line for line in first.split(b"\n") if line.startswith(b"Message-ID: ")][0][12:].decode()
        answer = message("Re: b start", "y\n").replace(b"Message-ID:", f"In-Reply-To: {name}\nMessage-ID:".encode())
        self.fill([message("c", "z\n"), first, message("a", "z\n"), answer])
        self.fetch()
        for options in (["--sort", "SUBJECT"], ["--sort", "REVERSE DATE"], ["--thread", "REFERENCES"],
                        ["--search", "SUBJECT start"]):
            here = self.run_receipts("mail-list", "maildir:" + self.path("mail"), *options, "--json")
            there = self.run_receipts("mail-list", *self.source(), *options, "--json")
            for records in (here, there):
                self.assertTrue(records)
            self.assertEqual([(record["subject"], record.get("depth")) for record in there],
                             [(record["subject"], record.get("depth")) for record in here], options)

    def test_changes(self):
        self.fill(numbered(3))
        self.client.create("Archive")
        refs = b"".join(json.dumps({"ref": record["ref"]}).encode() + b"\n"
                        for record in self.run_receipts("mail-list", *self.source(), "--json"))
        change = ["mail-list", "--refs", "-", *self.source()[1:]]
        self.run_ok(*change, "--flag", "+Seen", stdin=refs)
        self.client.noop()
        self.assertEqual(self.client.search(None, "SEEN")[1], [b"1 2 3"])
        archive = self.source("/Archive")[0]
        self.run_ok(*change, "--copy", archive, stdin=refs)
        self.run_ok(*change, "--move", archive, stdin=refs)
        self.assertEqual(self.on_server(), [])
        self.client.select("Archive")
        self.assertEqual(self.on_server(), sorted(numbered(3) * 2))


if __name__ == "__main__":
    main()
