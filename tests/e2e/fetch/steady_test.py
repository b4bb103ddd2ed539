"""What a run with rules asks of a mailbox in which little has happened: CONDSTORE, QRESYNC, UIDNEXT."""

import imaplib
import os
import re
import time

from peers.case import Case, main
from peers.commands import run
from peers.cyrus import Cyrus
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import crlf, message


class Steady:
    port = 0

    def setUp(self):
        super().setUp()
        self.client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        self.addCleanup(self.client.shutdown)
        self.client.login("alice", "secret")
        self.box = f"Box{time.monotonic_ns()}"
        self.assertEqual(self.client.create(self.box)[0], "OK")
        self.client.enable("CONDSTORE")
        self.client.select(self.box)

    def append(self, *subjects, flags=""):
        for subject in subjects:
            self.assertEqual(self.client.append(self.box, flags, None, crlf(message(subject, "x\n")))[0], "OK")

    def mark(self, uid, change, flag):
        self.assertEqual(self.client.uid("STORE", uid, change, f"({flag})")[0], "OK")

    def expunge(self, uid):
        self.mark(uid, "+FLAGS.SILENT", r"\Deleted")
        self.client.expunge()

    def command(self):
        return ["mail-fetch", f"imap://alice@127.0.0.1:{self.port}/{self.box}", "--tls", "none", *self.password(),
                "--to", "maildir:" + self.path("mail")]

    def fetch(self, *options, before=()):
        """The commands that were sent behind the login, and how many messages came."""
        name, *rest = self.command()
        argv = [name, *before, *rest, "--trace", "--json", *options]
        outcome = run(argv, self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        lines = outcome.stderr.decode().splitlines()
        self.assertEqual([line for line in lines if not line.startswith(("C: ", "S: "))], [], str(outcome))
        sent = [re.sub(r"^C: \w+ ", "", line) for line in lines if line.startswith("C: ")]
        selects = [n for n, line in enumerate(sent) if line.startswith(("SELECT", "EXAMINE"))]
        return sent[selects[0]:], len(outcome.stdout.splitlines())

    def uids(self):
        self.client.noop()
        return self.client.uid("SEARCH", "ALL")[1][0].split()

    def subjects(self):
        return [re.search(rb"Subject: (.*)", octets)[1].decode() for octets in self.maildir("mail")]

    def remove_here(self, subject):
        folder = self.path("mail", "new")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                if f"Subject: {subject}\n".encode() in file.read():
                    os.unlink(file.name)

    def check_rest(self, sent):
        """Nothing is asked for but the mailbox."""
        self.assertEqual([line.split()[0] for line in sent], [sent[0].split()[0], "LOGOUT"], sent)

    def test_seen_only(self):
        self.append("one", "two", "three")
        self.mark("1", "+FLAGS", r"\Seen")
        self.assertEqual(self.fetch("--seen-only")[1], 1)
        sent, count = self.fetch("--seen-only")
        self.assertEqual(count, 0)
        self.check_rest(sent)
        self.assertIn("(QRESYNC (", sent[0])
        # A flag alone.
        self.mark("3", "+FLAGS", r"\Seen")
        sent, count = self.fetch("--seen-only")
        self.assertEqual(count, 1)
        self.assertFalse([line for line in sent if "SEARCH" in line], sent)
        # And one that has come.
        self.append("four", flags=r"(\Seen)")
        self.append("five")
        sent, count = self.fetch("--seen-only")
        self.assertEqual(count, 1)
        self.assertTrue([line for line in sent if re.search(r"UID SEARCH .*MODSEQ \d+ UID \d+:\*", line)], sent)
        self.assertEqual(sorted(self.subjects()), ["four", "one", "three"])
        # Other rules know nothing of it.
        self.assertEqual(self.fetch("--unseen-only")[1], 2)
        self.assertEqual(sorted(self.subjects()), ["five", "four", "one", "three", "two"])

    def test_behind_another_mailbox(self):
        """RFC 5161 section 3.1: ENABLE comes before the first SELECT."""
        self.append("one", flags=r"(\Seen)")
        self.assertEqual(self.fetch("--seen-only")[1], 1)
        sent, count = self.fetch("--seen-only", before=(f"imap://alice@127.0.0.1:{self.port}/INBOX",))
        self.assertEqual(count, 0)
        self.assertFalse([line for line in sent if line.startswith("ENABLE")], sent)
        selects = [line for line in sent if line.startswith(("SELECT", "EXAMINE"))]
        self.assertIn("INBOX", selects[0])
        self.assertIn("(QRESYNC (", selects[1])

    def test_unseen_again(self):
        self.append("one", flags=r"(\Seen)")
        self.assertEqual(self.fetch("--unseen-only")[1], 0)
        self.check_rest(self.fetch("--unseen-only")[0])
        self.mark("1", "-FLAGS", r"\Seen")
        self.assertEqual(self.fetch("--unseen-only")[1], 1)

    def test_search(self):
        self.append("apple", "pear", "apple pie")
        options = ("--search", "SUBJECT apple FLAGGED")
        self.mark("1", "+FLAGS", r"\Flagged")
        self.assertEqual(self.fetch(*options)[1], 1)
        self.check_rest(self.fetch(*options)[0])
        self.mark("2:3", "+FLAGS", r"\Flagged")
        sent, count = self.fetch(*options)
        self.assertEqual(count, 1)
        self.assertTrue([line for line in sent if "SUBJECT" in line and "MODSEQ" in line], sent)
        # Time alone changes what that finds.
        self.fetch("--search", "OLDER 1")
        self.assertTrue([line for line in self.fetch("--search", "OLDER 1")[0] if "SEARCH" in line])

    def test_delete_seen_only(self):
        self.append("one", "two", "three")
        self.mark("1", "+FLAGS", r"\Seen")
        self.fetch("--seen-only", "--delete")
        self.assertEqual(self.uids(), [b"2", b"3"])
        self.fetch("--seen-only", "--delete")  # its own deletion was news
        self.check_rest(self.fetch("--seen-only", "--delete")[0])
        self.mark("3", "+FLAGS", r"\Seen")
        self.fetch("--seen-only", "--delete")
        self.assertEqual(self.uids(), [b"2"])
        self.assertEqual(sorted(self.subjects()), ["one", "three"])

    def test_what_has_vanished(self):
        self.append("one", "two", "three")
        self.fetch("--unseen-only")
        self.expunge("2")
        self.assertEqual(self.fetch("--unseen-only")[1], 0)
        self.check_rest(self.fetch("--unseen-only")[0])
        self.assertEqual(len(self.subjects()), 3)

    def test_keep_newest_and_delete_after(self):
        self.append("one", "two", "three")
        for options in (("--keep-newest", "2"), ("--delete-after", "14d"), ("--keep-size", "1M")):
            self.fetch(*options)
            self.assertEqual(self.uids(), [b"2", b"3"], options)
            self.fetch(*options)
            self.check_rest(self.fetch(*options)[0])
        self.append("four")
        self.fetch("--keep-newest", "2")
        self.assertEqual(self.uids(), [b"3", b"4"])
        self.assertEqual(len(self.subjects()), 4)

    def test_delete_removed(self):
        self.append("one", "two", "three")
        self.fetch("--delete-removed")
        # What changed a moment ago may change again without showing it.
        self.fetch("--delete-removed")
        time.sleep(2.1)
        self.fetch("--delete-removed")
        self.check_rest(self.fetch("--delete-removed")[0])
        self.remove_here("one")
        self.fetch("--delete-removed")
        self.assertEqual(self.uids(), [b"2", b"3"])

    def test_another_uid_validity(self):
        self.append("one", "two")
        self.fetch("--unseen-only")
        self.client.select()
        self.client.delete(self.box)
        self.client.create(self.box)
        self.client.select(self.box)
        self.append("three")
        outcome = run([*self.command(), "--unseen-only"], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertIn(b"UIDVALIDITY has changed", outcome.stderr)
        self.assertEqual(sorted(self.subjects()), ["one", "three", "two"])


class OfDovecot(Steady, Case):
    @classmethod
    def setUpClass(cls):
        dovecot = Dovecot().start()
        cls.addClassCleanup(dovecot.stop)
        cls.port = dovecot.imap


class OfCyrus(Steady, Case):
    @classmethod
    def setUpClass(cls):
        cyrus = Cyrus(Case.certificates().good).start()
        cls.addClassCleanup(cyrus.stop)
        cls.port = cyrus.imap


class OfMailServe(Steady, Case):
    @classmethod
    def setUpClass(cls):
        server = MailServe(listen=("imap://127.0.0.1:0",)).start()
        cls.addClassCleanup(server.stop)
        cls.port = int(server.urls["imap"].rsplit(":", 1)[1])


if __name__ == "__main__":
    main()
