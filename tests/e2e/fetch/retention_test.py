"""What stays on the server and what is looked at, over POP3 and IMAP, against Dovecot (mail-fetch(1), RETENTION)."""

import fcntl
import glob
import json
import os
import re
import shutil
import zlib

from dovecot_fetch import DovecotSource
from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import message, numbered

_DAY = 86400


def of_size(name, size):
    text = message(name, "")
    return text + b"x" * (size - len(text) - 1) + b"\n"


class Retention(DovecotSource):
    def command(self, *options, to="mail", rest=""):
        return ["mail-fetch", *self.source(rest=rest), "--to", "maildir:" + self.path(to), *options]

    def fetch(self, *options, status=0, to="mail"):
        outcome = run(self.command(*options, to=to), self.directory)
        self.assertEqual(outcome.status, status, str(outcome))
        if status == 0 and "--trace" not in options:
            self.assertEqual(outcome.error_lines, [], str(outcome))
        return outcome

    def on_server(self):
        return sorted(self.dovecot.messages("alice"))

    def age_state(self, seconds):
        """Moves what was delivered into the past: the times in the journal, each line with its checksum."""

        for path in glob.glob(os.path.join(self.directory, "**", "fetch-*"), recursive=True):
            with open(path, encoding="ascii") as file:
                lines = [line[9:].split(" ") for line in file.read().splitlines()]
            for words in lines:
                if words[0] == "done":
                    words[2] = str(int(words[2]) - seconds)
                if words[0] == "complete" and len(words) == 11 and words[9] != "0":
                    words[9] = str(int(words[9]) - seconds)
            with open(path, "w", encoding="ascii") as file:
                for words in lines:
                    text = " ".join(words)
                    file.write(f"{zlib.crc32(text.encode()):08x} {text}\n")

    def test_delete_after(self):
        messages = self.fill(numbered(3))
        self.fetch("--delete-after", "14d")
        self.assertEqual(self.on_server(), sorted(messages))
        self.age_state(14 * _DAY - 100)
        more = self.fill([message("later", "x\n")])
        self.fetch("--delete-after", "14d")
        self.assertEqual(self.on_server(), sorted(messages + more))
        self.age_state(200)
        self.fetch("--delete-after", "14d")
        self.assertEqual(self.on_server(), more)
        self.assertEqual(self.maildir("mail"), sorted(messages + more))

    def test_delete_removed(self):
        messages = self.fill(numbered(4))
        self.fetch("--delete-removed")
        self.assertEqual(self.on_server(), sorted(messages))
        first, second, *_ = sorted(glob.glob(os.path.join(self.path("mail"), "new", "*")))
        with open(first, "rb") as file, open(second, "rb") as other:
            gone = [file.read(), other.read()]
        os.unlink(first)
        os.makedirs(self.path("elsewhere"))
        os.rename(second, os.path.join(self.path("elsewhere"), "moved"))
        # Flags are no removal.
        third = sorted(glob.glob(os.path.join(self.path("mail"), "new", "*")))[0]
        os.rename(third, os.path.join(self.path("mail"), "cur", os.path.basename(third) + ":2,S"))
        self.fetch("--delete-removed")
        self.assertEqual(self.on_server(), sorted(one for one in messages if one not in gone))
        # And what was removed does not come back.
        self.fetch("--delete-removed")
        self.assertEqual(len(self.maildir("mail")), 2)

    def test_delete_removed_is_wary_of_an_empty_maildir(self):
        messages = self.fill(numbered(3))
        self.fetch("--delete-removed")
        for path in glob.glob(os.path.join(self.path("mail"), "new", "*")):
            os.unlink(path)
        outcome = self.fetch("--delete-removed", status=65)
        self.assertIn("none of the 3 messages", outcome.error_lines[0])
        self.assertEqual(self.on_server(), sorted(messages))
        self.fetch("--delete-removed", "--max-delete", "100%")
        self.assertEqual(self.on_server(), [])

    def test_keep_newest(self):
        messages = self.fill(numbered(5))
        self.fetch("--keep-newest", "2")
        self.assertEqual(self.on_server(), sorted(messages[-2:]))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        more = self.fill([message("more", "x\n")])
        self.fetch("--keep-newest", "2")
        self.assertEqual(self.on_server(), sorted([messages[-1], *more]))

    def test_keep_size(self):
        messages = self.fill([of_size("a", 3000), of_size("b", 2000), of_size("c", 2500)])
        # CRLF octets count: each has 6 to 10 lines more than its size here.
        self.fetch("--keep-size", "5k")
        self.assertEqual(self.on_server(), sorted(messages[1:]))

    def test_max_delete(self):
        messages = self.fill(numbered(10))
        self.fetch("--keep")
        outcome = self.fetch("--keep-newest", "5", "--max-delete", "40%", status=76)
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))
        self.assertIn("5 of 10 messages", outcome.error_lines[0])
        self.assertEqual(self.on_server(), sorted(messages))
        self.fetch("--keep-newest", "5", "--max-delete", "50%")
        self.assertEqual(self.on_server(), sorted(messages[5:]))

    def test_dry_run_changes_nothing(self):
        messages = self.fill(numbered(3))
        self.fetch("--keep", "--state", self.path("state"))
        more = self.fill(numbered(4)[3:])
        before = {path: os.stat(path).st_mtime_ns for path in glob.glob(self.path("state") + "/*")}
        outcome = self.fetch("--keep-newest", "1", "--dry-run", "--state", self.path("state"))
        records = schema.check_lines(outcome.stdout)
        self.assertEqual(sorted(record["action"] for record in records), ["delete"] * 3 + ["fetch"])
        for record in records:
            self.assertIn("ref", record)
            self.assertGreater(record["size"], 10)
        self.assertEqual(self.on_server(), sorted(messages + more))
        self.assertEqual(len(self.maildir("mail")), 3)
        self.assertEqual({path: os.stat(path).st_mtime_ns for path in glob.glob(self.path("state") + "/*")}, before)
        # And creates nothing.
        self.fetch("--delete", "--dry-run", "--state", self.path("nowhere"), to="nothing")
        self.assertFalse(os.path.exists(self.path("nowhere")) or os.path.exists(self.path("nothing")))

    def test_max_size(self):
        small, large = self.fill([of_size("small", 2000), of_size("large", 9000)])
        self.fetch("--max-size", "4k", "--delete")
        self.assertEqual(self.maildir("mail"), [small])
        self.assertEqual(self.on_server(), [large])
        self.fetch("--delete")
        self.assertEqual(self.maildir("mail"), sorted([small, large]))

    def test_headers_only(self):
        messages = self.fill(numbered(2))
        self.fetch("--headers-only", to="headers")
        self.assertEqual(self.maildir("headers"),
                         sorted(octets[:octets.index(b"\n\n") + 2] for octets in messages))
        self.assertEqual(self.fetch("--headers-only", "--delete", status=64).stdout, b"")
        # It is not what --to without it has fetched.
        self.fetch(to="headers")
        self.assertEqual(len(self.maildir("headers")), 4)

    def test_a_lost_journal_is_made_again(self):
        messages = self.fill(numbered(5))
        self.fetch("--state", self.path("state"))
        shutil.rmtree(self.path("state"))
        os.rename(self.path("mail"), self.path("moved"))
        more = self.fill([message("more", "x\n")])
        outcome = run(self.command("--state", self.path("state"), "--trace", to="moved"), self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertIn(b"5 of 6 messages", outcome.stderr)
        self.assertEqual(len(outcome.stdout.splitlines()), 1)
        self.assertEqual(self.maildir("moved"), sorted(messages + more))
        self.assertEqual(self.fetch("--state", self.path("state"), "--delete", to="moved").stdout, b"")
        self.assertEqual(self.on_server(), [])

    def test_another_source_is_no_lost_journal(self):
        """What came from bob's mailbox is not taken for alice's, although it is the same."""
        messages = self.fill(numbered(3))
        for number, octets in enumerate(messages):
            self.dovecot.deliver("bob", octets, f"{1100000000 + number}.M{number}P1.example")
        self.addCleanup(self.empty, "bob")
        url, *options = self.source()
        password = self.path("bob's password")
        with open(password, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("hunter2\n")
        outcome = run(["mail-fetch", url.replace("alice", "bob"), *options, "--password-file", password, "--to",
                       "maildir:" + self.path("mail")], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.fetch()
        self.assertEqual(self.maildir("mail"), sorted(2 * messages))

    def test_two_at_once(self):
        self.fill(numbered(1))
        self.fetch("--state", self.path("state"))
        held = glob.glob(self.path("state") + "/fetch-*")[0]
        with open(held, "a", encoding="ascii") as file:

            fcntl.lockf(file, fcntl.LOCK_EX)
            outcome = self.fetch("--state", self.path("state"), status=75)
            self.assertIn("is in use by another mail-fetch", outcome.error_lines[0])
            self.fetch("--state", self.path("state"), "--wait-lock", "0.2", status=75)

    def test_usage(self):
        for options, word in ((["--delete-after", "14"], "no duration"), (["--keep-size", "1T"], "no size"),
                              (["--max-delete", "120%"], "no number"), (["--keep", "--delete"], "--keep"),
                              (["--jobs", "0"], "--jobs"), (["--seen-only", "--unseen-only"], "--seen-only")):
            outcome = self.fetch(*options, status=64)
            self.assertEqual(len(outcome.error_lines), 1, str(outcome))
            self.assertIn(word, outcome.error_lines[0])
        outcome = run(["mail-fetch", *self.source(), "--delete-removed", "--to", "mbox:" + self.path("box")],
                      self.directory)
        self.assertEqual(outcome.status, 64, str(outcome))
        self.assertFalse(os.path.exists(self.path("box")))


class Pop3(Retention, Case):
    protocol = "pop3"

    def test_renumbered(self):
        """A server that gives all messages other UIDLs: found again by their headers."""
        messages = self.fill(numbered(4))
        self.fetch()
        self.empty("alice")
        for name in glob.glob(os.path.join(self.dovecot.maildir("alice"), "dovecot*")):
            os.unlink(name)
        self.fill(messages)
        more = self.fill([message("more", "x\n")])
        outcome = run(self.command(), self.directory)
        self.assertEqual((outcome.status, len(outcome.stdout.splitlines())), (0, 1), str(outcome))
        self.assertIn("4 of 5 messages are known by their header", outcome.error_lines[0])
        self.assertEqual(self.maildir("mail"), sorted(messages + more))

    def test_what_only_imap_can_do(self):
        for options in (["--seen-only"], ["--search", "FROM a"], ["--max-age", "1d"], ["--mailboxes", "*"]):
            outcome = self.fetch(*options, status=64)
            self.assertIn("for IMAP", outcome.error_lines[0])


class Imap(Retention, Case):
    protocol = "imap"

    def test_seen(self):
        messages = self.fill(numbered(3))
        client = self.login()
        client.select("INBOX")
        number = client.search(None, 'SUBJECT "message 1"')[1][0].decode()
        self.assertIn(b"\\Seen", client.store(number, "+FLAGS", "\\Seen")[1][0])
        client.logout()
        seen = [messages[1]]
        unseen = [messages[0], messages[2]]
        self.fetch("--unseen-only", to="unseen")
        self.assertEqual(self.maildir("unseen"), sorted(unseen))
        self.fetch("--seen-only", "--delete", to="seen")
        self.assertEqual(self.maildir("seen"), seen)
        self.assertEqual(self.on_server(), sorted(unseen))

    def test_search_and_age(self):
        messages = self.fill([message("one", "x\n"), message("two", "y\n")])
        for path in glob.glob(os.path.join(self.dovecot.maildir("alice"), "*", "*.example*")):
            os.utime(path, (1000000000, 1000000000))
        self.fetch("--search", 'SUBJECT two', to="found")
        self.assertEqual(self.maildir("found"), [messages[1]])
        self.fetch("--max-age", "1d", to="young")
        self.assertEqual(self.maildir("young"), [])
        outcome = self.fetch("--search", "SUBJECT", status=64)
        self.assertIn("--search", outcome.error_lines[0])

    def test_uidvalidity_change_finds_what_is_known(self):
        messages = self.fill(numbered(4))
        self.fetch("--delete-after", "14d")
        self.empty("alice")
        for name in glob.glob(os.path.join(self.dovecot.maildir("alice"), "dovecot*")):
            os.unlink(name)
        self.fill(messages)
        more = self.fill([message("more", "x\n")])
        outcome = run(self.command("--delete-after", "14d"), self.directory)
        self.assertEqual((outcome.status, len(outcome.stdout.splitlines())), (0, 1), str(outcome))
        self.assertIn("4 of 5 messages are known by their header", outcome.error_lines[0])
        self.assertEqual(self.maildir("mail"), sorted(messages + more))
        # Their age is known, too.
        self.age_state(14 * _DAY)
        self.fetch("--delete-after", "14d")
        self.assertEqual(self.on_server(), [])

    def test_mailboxes(self):
        client = self.login()
        for name in ("Lists", "Lists/a", "Lists/b", "Other"):
            client.create(name.replace("/", "."))
        client.subscribe("Other")
        for name in ("Lists.a", "Lists.b", "Other"):
            client.append(name, "", None, message(name, "x\n").replace(b"\n", b"\r\n"))
        client.logout()

        def subjects(to, *options):
            self.fetch(*options, to=to)
            found = b"".join(self.maildir(to))
            return sorted(name for name in ("Lists.a", "Lists.b", "Other") if b"Subject: " + name.encode() in found)
        self.assertEqual(subjects("lists", "--mailboxes", "Lists*"), ["Lists.a", "Lists.b"])
        self.assertEqual(subjects("top", "--mailboxes", "%"), ["Other"])
        self.assertEqual(subjects("two", "--mailboxes", "Lists.b", "--mailboxes", "Other"), ["Lists.b", "Other"])
        self.assertEqual(subjects("subscribed", "--subscribed"), ["Other"])
        outcome = self.fetch("--mailboxes", "nothing*", status=66)
        self.assertIn("no mailbox", outcome.error_lines[0])
        # One connection for all, and a mailbox that is not there keeps none of the others back.
        url = self.source()[0]
        outcome = run(["mail-fetch", url + "/Lists.a", url + "/none", url + "/Lists.b", *self.source()[1:], "--to",
                       "maildir:" + self.path("three"), "--trace"], self.directory)
        self.assertEqual((outcome.status, len(self.maildir("three"))), (66, 2), str(outcome))
        self.assertEqual(len(re.findall(rb"(?m)^C: \S+ (?:LOGIN|AUTHENTICATE) ", outcome.stderr)), 1)

    def test_many_accounts_at_once(self):
        messages = self.fill(numbered(3))
        url, *options = self.source()
        sources = [url.replace("localhost", "127.0.0.1"), url]  # two accounts to mail-fetch
        outcome = run(["mail-fetch", *sources, *options, "--to", "maildir:" + self.path("mail"), "--jobs", "2"],
                      self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir("mail"), sorted(2 * messages))
        self.assertEqual(len(outcome.stdout.splitlines()), 6)


if __name__ == "__main__":
    main()
