"""mail-fetch --watch over several mailboxes: one connection by NOTIFY (Dovecot, mail-serve), and without."""

import imaplib
import os
import re
import signal
import subprocess
import time

from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import crlf, message
from peers.process import wait_until
from peers.scripted import ScriptedServer, imap


class Watching(Case):
    def start(self, port, *options):
        argv = ["mail-fetch", f"imap://alice@127.0.0.1:{port}", "--tls", "none", *self.password(), "--watch",
                "--mailboxes", "*", "--to", "maildir:" + self.path("mail/%m"), "--trace", "--interval", "1h", *options]
        with open(self.path("stderr"), "wb") as stderr:
            self.process = subprocess.Popen([binary(argv[0]), *argv[1:]], stdin=subprocess.DEVNULL, cwd=self.directory,
                                            stdout=subprocess.DEVNULL, stderr=stderr,
                                            env=clean_environment(self.directory))
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), -signal.SIGTERM)

    def sent(self):
        """Commands without their tags."""
        with open(self.path("stderr"), encoding="utf-8") as file:
            return [re.sub(r"^C: \w+ ", "", line) for line in file.read().splitlines() if line.startswith("C: ")]

    def errors(self):
        with open(self.path("stderr"), encoding="utf-8") as file:
            return [line for line in file.read().splitlines() if not line.startswith(("C: ", "S: "))]

    def count(self):
        return sum(len(files) for folder, _, files in os.walk(self.path("mail"))
                   if os.path.basename(folder) in ("new", "cur"))

    def wait_for(self, count, seconds=20):
        wait_until(lambda: self.count() == count, f"{count} messages, not {self.count()}", seconds)

    def wait_sent(self, pattern, count=1):
        wait_until(lambda: sum(bool(re.match(pattern, line)) for line in self.sent()) >= count, pattern, 20)


class Notify:
    port = 0

    def setUp(self):
        super().setUp()
        self.client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        self.addCleanup(self.client.shutdown)
        self.client.login("alice", "secret")
        for name in ("Alpha", "Beta", "Gamma", "INBOX"):
            self.client.create(name)
            self.client.select(name)
            for number in self.client.search(None, "ALL")[1][0].split():
                self.client.store(number, "+FLAGS.SILENT", r"(\Deleted)")
            self.client.expunge()

    def append(self, mailbox, flags=""):
        self.assertEqual(self.client.append(mailbox, flags, None, crlf(message("m", "x\n")))[0], "OK")

    def test_each_mailbox_at_once(self):
        for name in ("INBOX", "Alpha", "Beta"):
            self.append(name)
        self.start(self.port)
        self.wait_for(3)
        self.wait_sent("NOTIFY SET STATUS")
        count = 3
        for name in ("Alpha", "Gamma", "INBOX", "Beta", "Beta", "Alpha"):
            before = len(self.sent())
            self.append(name)
            count += 1
            self.wait_for(count)
            wait_until(lambda: len(self.sent()) > before, "a command", 10)
            # No other mailbox is looked at.
            selected = [line.split()[1].strip('"') for line in self.sent()[before:] if line.startswith("EXAMINE")]
            self.assertEqual(selected, [name])
        self.assertEqual(sum("AUTHENTICATE" in line or line.startswith("LOGIN") for line in self.sent()), 1)
        self.assertEqual(sum(line.startswith("NOTIFY") for line in self.sent()), 1)
        self.stop()
        self.assertEqual(self.errors(), [])

    def test_flags_where_they_decide(self):
        self.append("Alpha")
        self.append("Beta")
        self.start(self.port, "--seen-only")
        self.wait_sent("NOTIFY SET STATUS .*FlagChange")
        for count, name in enumerate(("Alpha", "Beta"), 1):
            self.client.select(name)
            self.client.store("1", "+FLAGS", r"(\Seen)")
            self.wait_for(count)
        self.stop()


class OfDovecot(Notify, Watching):
    @classmethod
    def setUpClass(cls):
        dovecot = Dovecot(extra="mailbox_list_index = yes\n").start()
        cls.addClassCleanup(dovecot.stop)
        cls.port = dovecot.imap


class OfMailServe(Notify, Watching):
    @classmethod
    def setUpClass(cls):
        server = MailServe(listen=("imap://127.0.0.1:0",)).start()
        cls.addClassCleanup(server.stop)
        cls.port = int(server.urls["imap"].rsplit(":", 1)[1])


class Scripted(Watching):
    def setUp(self):
        super().setUp()
        self.idle_ends = False
        self.aside = {}  # said once, with the answer to a SEARCH in that mailbox

    def serve(self, notify):
        boxes = {"A": 0, "B": 0}  # messages
        texts = [crlf(message(f"m{n}", "x\n")) for n in range(3)]

        def examine(conversation, tag, line):
            self.selected = line.split(b'"')[1].decode()
            if self.selected not in boxes:
                conversation.send(tag + b" NO x\r\n")
                return
            exists = boxes[self.selected]
            conversation.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY 17] x\r\n* OK [UIDNEXT %d] x\r\n%s OK x\r\n"
                              % (exists, exists + 1, tag))

        def search(conversation, tag, _):
            uids = b"".join(b" %d" % (n + 1) for n in range(boxes[self.selected]))
            aside = self.aside.pop(self.selected, b"")
            conversation.send(b"* SEARCH" + uids + b"\r\n" + aside + tag + b" OK x\r\n")

        script = imap((b'"A"', b'"B"'), texts, ("IMAP4rev1", "NOTIFY", "IDLE"),
                      {b"EXAMINE": examine, b"SEARCH": search, b"NOTIFY": notify, b"IDLE": self.idle})
        server = ScriptedServer(script, deadline=60)
        self.addCleanup(server.__exit__)
        return server, boxes

    def idle(self, conversation, tag, _):
        conversation.send(b"+ idling\r\n")
        if self.idle_ends:
            return False
        conversation.read_line()
        conversation.send(tag + b" OK x\r\n")
        return True

    def test_no(self):
        """IDLE alone, in the last mailbox, then."""
        server, _ = self.serve(lambda conversation, tag, _: conversation.send(
            tag + b" NO [BADEVENT (MessageNew)] x\r\n"))
        self.start(server.port)
        self.wait_sent("IDLE")
        self.assertEqual(sum(line.startswith("NOTIFY") for line in self.sent()), 1)
        self.assertEqual(self.errors(), [])

    def test_flags_that_change_before_another_mailbox_is_selected(self):
        server, boxes = self.serve(lambda conversation, tag, _: conversation.send(tag + b" NO x\r\n"))
        boxes["A"] = 1
        self.aside = {"A": b"* 1 FETCH (FLAGS (\\Seen))\r\n"}
        self.start(server.port, "--seen-only")
        self.wait_sent('EXAMINE "A"', 2)
        self.assertEqual(self.errors(), [])

    def test_a_mailbox_that_fails_and_a_connection_that_ends(self):
        """What has just failed is not tried again at once because IDLE has ended."""
        server, boxes = self.serve(lambda conversation, tag, _: conversation.send(tag + b" NO x\r\n"))
        del boxes["B"]
        self.idle_ends = True
        self.start(server.port)
        began = time.monotonic()
        wait_until(lambda: len(server.conversations) >= 3, "a third connection", 20)
        self.assertGreater(time.monotonic() - began, 1.5)

    def test_overflow(self):
        """All are looked at, and after some times NOTIFY is no more asked for."""
        server, _ = self.serve(lambda conversation, tag, _: conversation.send(
            tag + b" OK x\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n"))
        self.start(server.port)
        self.wait_sent('EXAMINE "B"', 4)
        self.wait_sent("IDLE")
        self.assertEqual(sum(line.startswith("NOTIFY") for line in self.sent()), 3)
        self.assertEqual(sum(line.startswith('EXAMINE "A"') for line in self.sent()), 4)

    def test_mailboxes_that_nobody_asked_for(self):
        """And one that did come."""
        def notify(conversation, tag, _):
            boxes["B"] = 1
            conversation.send(tag + b" OK x\r\n" + b"* STATUS Never (MESSAGES 3 UIDNEXT 9)\r\n" * 1000 +
                              b'* STATUS "A" (MESSAGES 0 UIDNEXT 1)\r\n* STATUS "../../etc" (MESSAGES 1)\r\n'
                              b'* LIST () "/" New\r\n* STATUS "B" (MESSAGES 1 UIDNEXT 2)\r\n')
        server, boxes = self.serve(notify)
        self.start(server.port)
        self.wait_for(1)
        self.assertEqual(sum(line.startswith('EXAMINE "A"') for line in self.sent()), 1)
        self.assertEqual(sorted({line for line in self.sent() if line.startswith("EXAMINE")}),
                         ['EXAMINE "A"', 'EXAMINE "B"'])
        self.assertEqual(self.errors(), [])

    def test_endless_notices(self):
        def notify(conversation, tag, _):
            conversation.send(tag + b" OK x\r\n")
            conversation.endless(b"* STATUS Never (MESSAGES 3 UIDNEXT 9)\r\n")
        server, _ = self.serve(notify)
        self.start(server.port)
        wait_until(lambda: len(server.conversations) >= 2, "a second connection", 40)

    def test_malformed_notice(self):
        def notify(conversation, tag, _):
            conversation.send(tag + b" OK x\r\n* STATUS A (MESSAGES x)\r\n")
        server, _ = self.serve(notify)
        self.start(server.port)
        wait_until(lambda: len(server.conversations) >= 2, "a second connection", 20)


if __name__ == "__main__":
    main()
