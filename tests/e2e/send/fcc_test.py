"""mail-send --fcc: a copy of what was sent, only when it was sent, and made later where it could not be made."""

import os
import shutil

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import message
from peers.scripted import ScriptedServer, smtp

_TEXT = message("copied", "hello\n").replace(b"Subject", b"Bcc: bob@example.org\nSubject")


class Copies(Case):
    def send(self, server, place, *arguments, status=0):
        argv = ["mail-send", "--server", f"smtp://127.0.0.1:{server.port}", "--tls", "none", "-f", "a@example.net",
                "-t", "--fcc", place, *arguments]
        outcome = run(argv, self.directory, stdin=_TEXT)
        self.assertEqual(outcome.status, status, str(outcome))
        receipt, = schema.check_lines(outcome.stdout, "mail-send")
        return receipt, outcome

    def kept(self):
        folder = self.path("state", "mailpipe", "fcc")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def test_maildir_and_mbox(self):
        with ScriptedServer(smtp()) as server:
            receipt, _ = self.send(server, "maildir:" + self.path("Sent"))
            self.assertEqual(receipt["copy"], "maildir:" + self.path("Sent"))
            self.assertEqual(self.maildir("Sent"), [_TEXT])
            self.assertTrue(os.listdir(self.path("Sent", "cur"))[0].endswith("S"))
            self.send(server, "mbox:" + self.path("sent.mbox"))
            with open(self.path("sent.mbox"), "rb") as file:
                self.assertIn(_TEXT.split(b"\n\n")[0], file.read())
            self.assertNotIn(b"Bcc: bob@example.org", server.lines)

    def test_nothing_is_copied_that_was_not_sent(self):
        with ScriptedServer(smtp(replies={b"RCPT": b"550 5.1.1 unknown\r\n"})) as server:
            receipt, _ = self.send(server, "maildir:" + self.path("Sent"), status=67)
            self.assertNotIn("copy", receipt)
        self.assertEqual((self.maildir("Sent"), self.kept()), ([], []))

    def test_a_copy_that_fails_is_made_later(self):
        """The place of the Maildir is taken while the message is sent."""
        def take_place(conversation, line):
            shutil.rmtree(self.path("Sent"))
            self.write("Sent", b"")
            conversation.send(b"250 2.1.0 ok\r\n")

        with ScriptedServer(smtp(replies={b"MAIL": take_place})) as server:
            receipt, outcome = self.send(server, "maildir:" + self.path("Sent"), status=73)
            self.assertEqual(receipt["event"], "sent")
            self.assertIn("sent, copy failed", receipt["copyError"])
            self.assertRegex("\n".join(outcome.error_lines), "sent, copy failed: .*--retry-fcc makes it")
            self.assertEqual(len(self.kept()), 1)
            self.assertNotEqual(run(["mail-send", "--retry-fcc"], self.directory).status, 0)
            self.assertEqual(len(self.kept()), 1)
            os.unlink(self.path("Sent"))
            self.assertEqual(run(["mail-send", "--retry-fcc", "-q"], self.directory).status, 0)
            self.assertEqual((self.maildir("Sent"), self.kept()), ([_TEXT], []))
            self.run_ok("mail-send", "--retry-fcc")
            self.assertEqual(self.maildir("Sent"), [_TEXT])
            self.assertEqual(len(server.conversations), 1)

    def test_imap(self):
        with Dovecot() as dovecot, ScriptedServer(smtp()) as server:
            password = self.write("secret", b"secret\n")
            place = f"imap://alice@127.0.0.1:{dovecot.imap}/Sent"
            self.write_config(f'[host."127.0.0.1"]\ntls = "none"\npassword-file = "{password}"\n')
            receipt, _ = self.send(server, place)
            self.assertEqual(receipt["copy"], place)
            listed = self.run_ok("mail-list", "--json", place).stdout
            self.assertIn(b'"subject":"copied"', listed)
            self.assertIn(b"$seen", listed)

    def write_config(self, text):
        os.makedirs(self.path(".config", "mailpipe"), exist_ok=True)
        self.write(".config/mailpipe/config.toml", text.encode())

    def test_options(self):
        for place in ("smtp://h", "-", "pop3://h"):
            argv = ["mail-send", "--server", "smtp://127.0.0.1:1", "-f", "a@b.c", "--fcc", place, "d@e.f"]
            self.run_error(64, "no place for a copy", argv=argv)


if __name__ == "__main__":
    main()
