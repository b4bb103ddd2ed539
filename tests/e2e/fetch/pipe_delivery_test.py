"""mail-fetch --to pipe:COMMAND: what the command gets, and what its end means."""

import os

from peers.case import Case, main
from peers.commands import run
from peers.messages import TEXTS, crlf, message, numbered
from peers.scripted import ScriptedServer, pop3


class PipeDelivery(Case):
    def command(self, source, shell, *options):
        return ["mail-fetch", f"pop3://alice@127.0.0.1:{source.port}", "--tls", "none", *self.password(), "--to",
                "pipe:" + shell, *options]

    def test_what_the_command_gets(self):
        texts = [b"Return-Path: <carol@example.net>\n" + octets for octets in TEXTS.values()]
        texts += [message("odd", "one\rtwo\0three\n"), b"Subject: \xff\n\nlarge\n" + b"y" * 70 + b"\n" * 2_000_000]
        with ScriptedServer(pop3([crlf(octets) for octets in texts])) as source:
            command = self.command(source, f"cat > {self.directory}/${{MAILPIPE_REF##*uid-}}; echo talks;"
                                   f" echo \"$SENDER $MAILPIPE_SOURCE\" >> {self.directory}/environment")
            outcome = run(command, self.directory)
            self.assertEqual((outcome.status, outcome.stderr), (0, b"talks\n" * len(texts)), str(outcome)[:2000])
            self.assertEqual(len(outcome.stdout.splitlines()), len(texts))
            self.assertEqual(self.run_ok(*command).stdout, b"")
            source_url = f"pop3://alice@127.0.0.1:{source.port}\n"
        for number, octets in enumerate(texts, 1):
            with open(self.path(str(number)), "rb") as file:
                self.assertEqual(file.read(), octets, number)
        with open(self.path("environment"), encoding="ascii") as file:
            self.assertEqual(file.readlines(),
                             ["carol@example.net " + source_url] * len(TEXTS) + [" " + source_url] * 2)

    def check_end(self, shell, status, says, *options):
        with self.subTest(shell), ScriptedServer(pop3([crlf(octets) for octets in numbered(2)])) as source:
            command = self.command(source, shell, "--delete", "--state", self.path(f"state-{source.port}"), *options)
            outcome = run(command, self.directory)
            self.assertEqual(outcome.status, status, str(outcome))
            deleted = sorted(line for line in source.lines if line.startswith(b"DELE"))
            if says:
                # The first is refused, and keeps the second from nothing.
                self.assertRegex(outcome.error_lines[0], r"UIDL=uid-1: " + says)
                self.assertEqual(len(outcome.error_lines), 1, str(outcome))
                self.assertEqual(deleted, [b"DELE 2"])
            else:
                self.assertEqual((outcome.stderr, deleted), (b"", [b"DELE 1", b"DELE 2"]))

    def test_ends(self):
        first = "case $MAILPIPE_REF in *uid-1) {};; esac; exit 0"
        self.check_end("exit 0", 0, "")
        for end, status, says in (("exit 75", 75, ".*status 75"), ("exit 65", 65, ".*status 65"),
                                  ("exit 67", 67, ".*status 67"), ("exit 69", 69, ".*status 69"),
                                  ("exit 77", 77, ".*status 77"), ("exit 1", 69, ".*status 1"),
                                  ("exit 99", 69, ".*status 99"), ("kill -9 $$", 75, ".*signal 9")):
            self.check_end(first.format(end), status, says)
        self.check_end(first.format("sleep 1000 & wait"), 75, r".*not done after \d+ s \(--timeout\)", "--timeout", "1")

    def test_command_that_cannot_be_run(self):
        """An error of the destination, once: nothing is held against the messages."""
        with ScriptedServer(pop3([crlf(octets) for octets in numbered(3)])) as source:
            command = self.command(source, "no-such-command 2> /dev/null", "--delete")
            self.run_error(78, r"pipe:no-such-command.*status 127", argv=command)
            self.assertFalse(any(line.startswith(b"DELE") for line in source.lines))
            command[command.index("--to") + 1] = "pipe:true"
            self.assertEqual(len(self.run_receipts(*command)), 3)

    def test_cut_message_is_not_piped(self):
        def talk(conversation):
            conversation.send(b"+OK\r\n")
            while (line := conversation.read_line()) is not None:
                if line.startswith(b"RETR"):
                    conversation.send(b"+OK\r\nSubject: cut\r\n\r\nhalf")
                    return
                replies = {b"CAPA": b"+OK\r\nUIDL\r\nUSER\r\n.\r\n", b"UIDL": b"+OK\r\n1 a\r\n.\r\n",
                           b"LIST": b"+OK\r\n1 500\r\n.\r\n", b"STAT": b"+OK 1 500\r\n"}
                conversation.send(replies.get(line[:4], b"+OK\r\n"))

        with ScriptedServer(talk) as source:
            outcome = run(self.command(source, f"touch {self.path('ran')}"), self.directory)
            self.assertEqual(outcome.status, 76, str(outcome))
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_other_commands_say_so(self):
        self.run_error(64, "cannot be listed", argv=["mail-list", "pipe:cat"])
        self.run_error(64, "(?i)cannot be fetched", argv=["mail-fetch", "pipe:cat", "--to", "maildir:x"])
        self.run_error(64, "not a server", argv=["mail-send", "--server", "pipe:cat", "a@example.org"])
        self.run_error(64, "holds no messages", argv=["mail-show", "pipe:cat"])
        self.run_error(64, "command behind pipe: is missing", argv=["mail-fetch", "pop3://a@h", "--to", "pipe:"])


if __name__ == "__main__":
    main()
