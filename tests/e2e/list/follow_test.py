"""--follow of mail-list: what is there, then what arrives, over Maildir, mbox and Dovecot, until a signal."""

import json
import os
import signal
import subprocess
import threading
import time

from peers import schema
from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.dovecot import Dovecot
from peers.messages import crlf, message
from peers.process import free_ports
from peers.relay import Relay
from peers.scripted import ScriptedServer, imap

_DEADLINE = 60.0
_WITHOUT_IDLE = "protocol imap {\n  imap_capability = IMAP4rev1 LITERAL+ SASL-IR\n}\n"


class Following:
    """A running mail-list --follow; its lines are read as they come."""

    def __init__(self, case, *argv):
        self.case = case
        self.process = subprocess.Popen([binary("mail-list"), "--follow", "--json", *argv], cwd=case.directory,
                                        env=clean_environment(case.directory), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        case.addCleanup(self.kill)
        self.records = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            record = json.loads(line)
            with self.changed:
                self.records.append(record)
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def subjects(self):
        with self.changed:
            return [record["subject"] for record in self.records]

    def expect(self, *subjects):
        """Waits for exactly these, in this order."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.records) >= len(subjects) or not self.reader.is_alive(), _DEADLINE)
        self.case.assertEqual(self.subjects(), list(subjects))

    def stop(self, number=signal.SIGTERM, status=0):
        self.process.send_signal(number)
        begun = time.monotonic()
        self.process.wait(_DEADLINE)
        seconds = time.monotonic() - begun
        self.reader.join(_DEADLINE)
        self.case.assertEqual((self.process.returncode, self.process.stderr.read()), (status, b""))
        for record in self.records:
            schema.check(record)
        return seconds


class Follow(Case):
    def setUp(self):
        super().setUp()
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", sub))
        self.number = 0

    def deliver(self, subject, folder="mail", link=False):
        self.number += 1
        name = f"{1700000000 + self.number}.M{self.number}P1.host"
        staged = self.write(os.path.join(folder, "tmp", name), message(subject, "text\n"))
        target = self.path(folder, "new", name)
        if link:
            os.link(staged, target)
            os.unlink(staged)
        else:
            os.rename(staged, target)
        return name

    def test_maildir(self):
        self.deliver("one")
        following = Following(self, "maildir:" + self.path("mail"))
        following.expect("one")
        name = self.deliver("two")
        following.expect("one", "two")
        # A flag change, a removal and what lies in tmp/ are no arrivals.
        os.rename(self.path("mail", "new", name), self.path("mail", "cur", name + ":2,S"))
        os.rename(self.path("mail", "cur", name + ":2,S"), self.path("mail", "cur", name + ":2,FS"))
        os.unlink(self.path("mail", "cur", name + ":2,FS"))
        self.write("mail/tmp/staged", message("staged", "x\n"))
        self.deliver("three", link=True)
        following.expect("one", "two", "three")
        following.stop()

    def test_many_at_once(self):
        following = Following(self, "maildir:" + self.path("mail"))
        subjects = [f"subject {n}" for n in range(300)]
        for subject in subjects:
            self.deliver(subject)
        with following.changed:
            following.changed.wait_for(lambda: len(following.records) >= 300, _DEADLINE)
        self.assertEqual(sorted(following.subjects()), sorted(subjects))
        following.stop(signal.SIGINT)

    def test_search_and_limit(self):
        following = Following(self, "maildir:" + self.path("mail"), "--search", "SUBJECT wanted", "--limit", "2")
        for subject in ("wanted 1", "other", "wanted 2", "wanted 3"):
            self.deliver(subject)
        following.process.wait(_DEADLINE)
        following.reader.join(_DEADLINE)
        self.assertEqual(len(following.records), 2)
        self.assertEqual(following.process.returncode, 0)

    def append(self, subject, path=None):
        with open(path or self.path("box"), "ab") as file:
            file.write(b"From x@example.net Mon Nov  2 10:00:00 2026\n" + message(subject, "text\n") + b"\n")

    def test_mbox(self):
        self.append("one")
        following = Following(self, "mbox:" + self.path("box"))
        following.expect("one")
        self.append("two")
        following.expect("one", "two")
        # Written anew: by a flag, by a removal; what is left is not new.
        self.run_receipts("mail-list", "mbox:" + self.path("box"), "--flag", "+Seen", "--json")
        self.run_receipts("mail-list", "mbox:" + self.path("box"), "--search", "SUBJECT one", "--delete", "--json")
        self.append("three")
        following.expect("one", "two", "three")
        # Two that are alike.
        self.append("three")
        following.expect("one", "two", "three", "three")
        following.stop()

    def test_mbox_that_is_replaced(self):
        self.append("one")
        following = Following(self, "mbox:" + self.path("box"))
        following.expect("one")
        os.unlink(self.path("box"))
        self.append("two", self.path("other"))
        os.rename(self.path("other"), self.path("box"))
        following.expect("one", "two")
        following.stop()

    def test_several_and_recursive(self):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", ".Sub", sub))
        self.append("box")
        following = Following(self, "maildir:" + self.path("mail"), "mbox:" + self.path("box"), "--recursive")
        following.expect("box")
        self.deliver("below", "mail/.Sub")
        following.expect("box", "below")
        self.deliver("above")
        following.expect("box", "below", "above")
        self.assertEqual([record.get("mailbox") for record in following.records], [None, "Sub", "INBOX"])
        following.stop()

    def test_stop_is_prompt(self):
        following = Following(self, "maildir:" + self.path("mail"))
        self.deliver("one")
        following.expect("one")
        self.assertLess(following.stop(), _DEADLINE)

    def test_errors(self):
        self.run_error(64, "cannot be followed", argv=["mail-list", "--follow", "pop3://localhost"])
        self.run_error(66, "nothing", argv=["mail-list", "--follow", "maildir:" + self.path("nothing")])
        self.run_error(64, "cannot be given together",
                       argv=["mail-list", "--follow", "--sort", "DATE", "maildir:" + self.path("mail")])


class FollowDovecot(Case):
    extra = ""
    arrivals = 5

    def setUp(self):
        super().setUp()
        self.dovecot = Dovecot(extra=self.extra, certificate=self.certificates().good).start()
        self.addCleanup(self.dovecot.stop)
        self.number = 0

    def deliver(self, subject):
        self.number += 1
        self.dovecot.deliver("alice", message(subject, "text\n"), f"{1000000000 + self.number}.M{self.number}P1.x")

    def follow(self, *options):
        return Following(self, f"imaps://alice@localhost:{self.dovecot.imaps}", "--tls-ca", self.certificates().ca,
                         *self.password(), *options)

    def test_arrivals(self):
        self.deliver("one")
        following = self.follow()
        following.expect("one")
        for number in range(self.arrivals):
            self.deliver(f"next {number}")
            following.expect("one", *(f"next {n}" for n in range(number + 1)))
        following.stop()

    def test_search(self):
        following = self.follow("--search", "SUBJECT wanted")
        for subject in ("wanted 1", "other", "wanted 2"):
            self.deliver(subject)
        following.expect("wanted 1", "wanted 2")
        following.stop(signal.SIGINT)

    def test_a_connection_that_ends_is_made_again(self):
        """What comes meanwhile is listed then, and nothing twice."""
        self.deliver("one")
        port = free_ports(1)[0]
        with Relay(self.dovecot.imap, port=port):
            following = Following(self, f"imap://alice@localhost:{port}", "--tls", "none", *self.password())
            following.expect("one")
        self.deliver("two")
        with Relay(self.dovecot.imap, port=port):
            following.expect("one", "two")
            self.deliver("three")
            following.expect("one", "two", "three")
            following.process.send_signal(signal.SIGTERM)
            self.assertEqual(following.process.wait(_DEADLINE), 0)
        notes = following.process.stderr.read().decode().splitlines()
        self.assertEqual(len(notes), 2, notes)
        self.assertIn("works again", notes[1])


class FollowWithoutIdle(FollowDovecot):
    """NOOP, now and then."""
    extra = _WITHOUT_IDLE
    arrivals = 1


class FollowScripted(Case):
    def test_another_uid_validity_without_uidnext(self):
        """What was there then is not listed, though nothing says up to where it goes."""
        selects = []
        there = [1, 2]

        def examine(conversation, tag, line):
            selects.append(line)
            conversation.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n%s OK x\r\n"
                              % (len(there), 16 + len(selects), tag))

        def search(conversation, tag, _):
            conversation.send(b"* SEARCH" + b"".join(b" %d" % uid for uid in there) + b"\r\n" + tag + b" OK x\r\n")

        def idle(conversation, tag, _):
            is_first = len(selects) == 1
            if not is_first and len(there) == 2:
                there.append(3)
            conversation.send(b"+ idling\r\n* %d EXISTS\r\n" % len(there))
            conversation.read_line()
            if is_first:
                return False
            conversation.send(tag + b" OK x\r\n")
            return True

        script = imap((b'"INBOX"',), [crlf(message(f"m{n}", "x\n")) for n in (1, 2, 3)], ("IMAP4rev1", "IDLE"),
                      {b"EXAMINE": examine, b"SEARCH": search, b"IDLE": idle})
        with ScriptedServer(script, deadline=60) as server:
            following = Following(self, f"imap://alice@127.0.0.1:{server.port}", "--tls", "none", *self.password())
            following.expect("m1", "m2", "m3")
            following.process.send_signal(signal.SIGTERM)
            self.assertEqual(following.process.wait(_DEADLINE), 0)
        self.assertEqual(len(selects), 2)


if __name__ == "__main__":
    main()
