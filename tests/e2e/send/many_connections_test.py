"""mail-send over many connections at once, whose servers answer quickly, slowly, not at all, or refuse."""

import collections
import os
import signal
import subprocess
import time

from peers import schema
from peers.case import Case, main
from peers.commands import binary, run
from peers.mailserve import MailServe
from peers.messages import numbered
from peers.process import wait_until
from peers.scripted import ScriptedServer
from send_checks import mboxrd

MESSAGES = 600


class Server:
    """Takes messages over any number of connections. Of each connection `fault(message number)` decides what happens
    instead of the reply to the end of a message: a function of the conversation, or None."""

    def __init__(self, fault=lambda connection, number: None, extensions=("PIPELINING", "8BITMIME")):
        self.fault = fault
        self.extensions = extensions
        self.taken = collections.Counter()  # subjects of messages that were answered with 250
        self.seen = collections.Counter()   # of all that have come to their end
        self.connections = 0

    def talk(self, conversation):
        self.connections += 1
        connection = self.connections
        number = 0
        conversation.send(b"220 mx\r\n")
        while (line := conversation.read_line()) is not None:
            verb = line.split()[0].upper()
            if verb == b"EHLO":
                conversation.send(b"".join(b"250-%s\r\n" % name.encode() for name in self.extensions) + b"250 ok\r\n")
            elif verb == b"DATA":
                conversation.send(b"354 go\r\n")
                subject = b""
                while (text := conversation.read_line()) not in (b".", None):
                    subject = text if text.startswith(b"Subject:") else subject
                if text is None:
                    return
                number += 1
                self.seen[subject] += 1
                instead = self.fault(connection, number)
                if instead is not None:
                    if instead(conversation) is False:
                        return
                    continue
                self.taken[subject] += 1
                conversation.send(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                conversation.send(b"221 bye\r\n")
                return
            else:
                conversation.send(b"250 ok\r\n")


class ManyConnections(Case):
    def command(self, server, *rest):
        return ["mail-send", "--server", f"smtp://127.0.0.1:{server.port}", "--tls", "none", "-f", "carol@example.net",
                "--jobs", "8", *rest, "alice@example.org"]

    def send(self, server, *rest):
        with ScriptedServer(server.talk) as listener:
            outcome = run(self.command(listener, *rest), self.directory, stdin=mboxrd(numbered(MESSAGES)))
        return outcome, schema.check_lines(outcome.stdout, "mail-send")

    def events(self, receipts):
        return collections.Counter(receipt["event"] for receipt in receipts)

    def test_each_message_once(self):
        for extensions in ("PIPELINING", "8BITMIME"), ("8BITMIME",):
            with self.subTest(extensions):
                server = Server(extensions=extensions)
                outcome, receipts = self.send(server)
                self.assertEqual(outcome.status, 0, str(outcome))
                self.assertEqual(self.events(receipts), {"sent": MESSAGES})
                self.assertEqual(set(server.taken.values()), {1})
                self.assertEqual(len(server.taken), MESSAGES)

    def test_over_tls_and_lmtp(self):
        """CHUNKING as well, and replies of more than one line."""
        socket = self.path("lmtp")
        with MailServe(listen=["smtp://127.0.0.1:0", "lmtp:" + socket], arguments=["--tls-self-signed"]) as server:
            pin = next(event["pinSha256"] for event in server.events if "pinSha256" in event)
            for n, way in enumerate((["--server", server.urls["smtp"], "--pin-sha256", pin],
                                     ["--server", "lmtp:" + socket]), 1):
                with self.subTest(way):
                    receipts = self.run_receipts("mail-send", *way, "-f", "carol@example.net", "--jobs", "8",
                                                 "alice@example.org", stdin=mboxrd(numbered(MESSAGES)))
                    self.assertEqual(self.events(receipts), {"sent": MESSAGES})
                    new = os.path.join(server.store, "alice", "new")
                    wait_until(lambda: len(os.listdir(new)) == n * MESSAGES, "all files are there")
                    subjects = collections.Counter()
                    for name in os.listdir(new):
                        with open(os.path.join(new, name), "rb") as file:
                            subjects[next(line for line in file if line.startswith(b"Subject:"))] += 1
                    self.assertEqual(len(subjects), MESSAGES)
                    self.assertEqual(set(subjects.values()), {n})

    def test_a_slow_server_holds_up_no_other(self):
        """One in twenty is answered late, in the middle of quick ones."""
        def late(conversation):
            time.sleep(0.1)
            conversation.send(b"450 4.3.0 late\r\n")

        server = Server(lambda connection, number: late if number % 20 == connection else None)
        outcome, receipts = self.send(server)
        events = self.events(receipts)
        self.assertEqual(sum(events.values()), MESSAGES)
        self.assertEqual(events["sent"], len(server.taken), str(outcome))
        self.assertEqual(events["failed"], MESSAGES - len(server.taken))
        self.assertEqual(set(server.seen.values()), {1})

    def test_connections_that_end(self):
        """Some before a message's reply, which nobody sends again; some politely, behind it."""
        def cut(conversation):
            conversation.reset()
            return False

        def bye(conversation):
            conversation.send(b"250 2.0.0 taken\r\n421 4.3.2 enough\r\n")
            return False

        def fault(connection, number):
            if number != 5 + connection % 7:
                return None
            return cut if connection % 2 else bye

        server = Server(fault)
        outcome, receipts = self.send(server)
        events = self.events(receipts)
        self.assertEqual(sum(events.values()), MESSAGES, str(outcome))
        self.assertEqual(set(server.seen.values()), {1})
        self.assertEqual(len(server.seen), MESSAGES)
        self.assertGreater(server.connections, 16)
        # Of the others each was taken, and has been said to be.
        self.assertGreaterEqual(events["sent"], len(server.taken))

    def test_a_signal_ends_it_between_messages(self):
        def slowly(conversation):
            time.sleep(0.002)
            conversation.send(b"250 2.0.0 taken\r\n")

        server = Server(lambda connection, number: slowly)
        path = self.path("messages")
        with open(path, "wb") as file:
            file.write(mboxrd(numbered(20 * MESSAGES)))
        with ScriptedServer(server.talk) as listener, open(path, "rb") as messages:
            with subprocess.Popen([binary("mail-send"), *self.command(listener)[1:]], stdin=messages,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env={**os.environ, "HOME": self.directory}) as process:
                receipts = [process.stdout.readline() for _ in range(50)]
                process.send_signal(signal.SIGTERM)
                receipts += process.stdout.readlines()
                errors = process.stderr.read()
                process.wait(20)
        self.assertEqual(process.returncode, 75, errors)
        self.assertRegex(errors, rb"interrupted after \d+ messages")
        self.assertEqual(len(receipts), sum(server.seen.values()))
        self.assertEqual(set(server.seen.values()), {1})

    def test_receipts_that_cannot_be_written_end_it(self):
        server = Server()
        with ScriptedServer(server.talk) as listener, open("/dev/full", "wb") as full:
            done = subprocess.run([binary("mail-send"), *self.command(listener)[1:]], input=mboxrd(numbered(MESSAGES)),
                                  stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
                                  env={**os.environ, "HOME": self.directory})
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertLess(len(server.seen), MESSAGES / 2)


if __name__ == "__main__":
    main()
