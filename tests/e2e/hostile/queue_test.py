"""A queue that somebody else has written to: nothing in it becomes a command, a path, a word of a shell or a line.

threats.md: CR, LF, NUL in addresses, names, options, JSON; shell or option injection; path traversal.
"""

import json
import os
import zlib

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import message
from peers.scripted import ScriptedServer


def line(octets):
    return b"%08x %s\n" % (zlib.crc32(octets), octets)


class HostileQueue(Case):
    def setUp(self):
        super().setUp()
        self.queue = self.path("queue")

    def command(self, *rest):
        return ["mail-send", "--queue-dir", self.queue, "--json", *rest]

    def bucket(self):
        messages = os.path.join(self.queue, "messages")
        return os.path.join(messages, os.listdir(messages)[0])

    def add(self):
        """The path of a message's file, and its lines."""
        record, = self.run_receipts(*self.command("--queue", "-f", "alice@example.org", "bob@example.org"),
                                    stdin=message("queued", "body\n"))
        name, = [name for name in os.listdir(self.bucket()) if name.startswith(record["id"])]
        path = os.path.join(self.bucket(), name)
        with open(path, "rb") as file:
            return path, file.read()

    def rewrite(self, change):
        """A message whose envelope was changed by somebody who knows the checksum."""
        path, octets = self.add()
        first, rest = octets.split(b"\n", 1)
        envelope = json.loads(first[9:])
        change(envelope)
        with open(path, "wb") as file:
            file.write(line(json.dumps(envelope).encode()) + rest)

    def flush_into(self, talk):
        with ScriptedServer(talk) as server:
            outcome = run(self.command("--flush", "--server", f"smtp://127.0.0.1:{server.port}", "--tls", "none"),
                          self.directory)
            return outcome, [one for talk in server.conversations for one in talk.lines]

    @staticmethod
    def honest(talk):
        talk.send(b"220 x\r\n")
        data = False
        while (said := talk.read_line()) is not None:
            if data:
                data = said != b"."
                if data:
                    continue
            if said == b"DATA":
                data = True
            talk.send(b"354 go\r\n" if said == b"DATA" else b"250 ok\r\n")

    def test_line_ends_in_an_envelope(self):
        def recipient(envelope):
            envelope["recipients"][0]["to"] = ["bob>\r\nRCPT TO:<evil@example.com", "example.org"]

        def sender(envelope):
            envelope["from"] = ["alice", "example.org>\r\nRCPT TO:<evil@example.com"]

        def original(envelope):
            envelope["recipients"][0]["orcpt"] = "rfc822;x\r\nRCPT TO:<evil@example.com>"

        def identifier(envelope):
            envelope["envid"] = "x\r\nRCPT TO:<evil@example.com>"

        for change in (recipient, sender, original, identifier):
            with self.subTest(change.__name__):
                self.rewrite(change)
                outcome, lines = self.flush_into(self.honest)
                self.assertFalse([one for one in lines if one.startswith(b"RCPT TO:<evil")], lines)
                schema.check_lines(outcome.stdout, str(outcome))
                run(self.command("--remove", "all"), self.directory)

    def test_a_server_in_a_message_is_no_command(self):
        for server in ("; touch " + self.path("pwned"), "--tunnel=touch " + self.path("pwned"), "$(touch x)", "-f",
                       "pipe:touch " + self.path("pwned"), "maildir:" + self.path("pwned")):
            with self.subTest(server):
                self.rewrite(lambda envelope, server=server: envelope.update(server=server))
                outcome, lines = self.flush_into(self.honest)
                self.assertEqual((outcome.status, lines), (75, []), str(outcome))
                self.assertFalse(os.path.exists(self.path("pwned")))
                run(self.command("--remove", "all"), self.directory)

    def test_what_is_no_message_of_ours(self):
        path, octets = self.add()
        bucket = self.bucket()
        stem = os.path.join(bucket, os.path.basename(bucket) + "000000000-0000000-9-000000")
        other = stem + "1"
        os.symlink("/etc/passwd", other)
        os.mkfifo(stem + "2")
        os.mkdir(stem + "3")
        with open(os.path.join(bucket, "../../tmp/99.1"), "wb") as file:
            file.write(octets)
        os.mkdir(os.path.join(self.queue, "messages", "..."))
        os.rename(self.add()[0], os.path.join(bucket, "0000000000000-0000000-9-0000001"))
        with MailServe() as server:
            url = f"smtp://127.0.0.1:{server.port('smtp')}"
            outcome = run(self.command("--flush", "--server", url, "--tls", "none"), self.directory)
            self.assertEqual(len(server.messages("bob")), 1, str(outcome))
        self.assertFalse(os.path.exists(path))
        self.assertTrue(os.path.islink(other))
        self.assertEqual(len(outcome.error_lines), 4, str(outcome))

    def test_damage_is_set_aside_and_said(self):
        path, octets = self.add()
        with open(path, "wb") as file:
            file.write(octets[:len(octets) // 2])
        outcome, lines = self.flush_into(self.honest)
        self.assertEqual((outcome.status, lines), (65, []), str(outcome))
        self.assertRegex(outcome.error_lines[0], "damaged/")
        self.assertTrue(os.path.exists(os.path.join(self.queue, "damaged", os.path.basename(path))))
        self.assertEqual(self.run_receipts(*self.command("--list")), [])

    def test_what_a_server_says_stays_what_it_says(self):
        self.add()

        def talk(conversation):
            conversation.send(b"220 x\r\n")
            while (said := conversation.read_line()) is not None:
                refusal = b"550 5.1.1 \x1b[31mgone\x00 \"x\" \xff\r\n"
                conversation.send(refusal if said.startswith(b"RCPT") else b"250 ok\r\n")

        outcome, _ = self.flush_into(talk)
        events = schema.check_lines(outcome.stdout, str(outcome))
        self.assertIn("gone", events[0]["recipients"][0]["text"])
        self.run_receipts(*self.command("--list"))
        text = run(["mail-send", "--queue-dir", self.queue, "--list", "--output", "text"], self.directory)
        self.assertNotIn(b"\x1b", text.stdout)


main()
