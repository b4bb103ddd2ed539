"""mail-serve --test: what a script gets without saying anything else."""

import json
import os
import poplib
import signal
import smtplib
import socket
import ssl
import subprocess

from peers.case import Case, main
from peers.commands import binary, clean_environment, run
from peers.process import die_with_parent, wait_until


class TestMode(Case):
    def start(self, *options):
        """A server that is ready; the values of its ports file."""
        ports = self.path("ports")
        self.output = self.path("events")
        with open(self.output, "wb") as events:
            process = subprocess.Popen([binary("mail-serve"), "--test", "--ports-file", ports, *options],
                                       stdin=subprocess.DEVNULL, stdout=events, preexec_fn=die_with_parent,
                                       env=clean_environment(self.directory, {"TMPDIR": self.directory}))
        self.addCleanup(self.kill, process)
        wait_until(lambda: os.path.exists(ports), "the ports file", 10)
        with open(ports, encoding="ascii") as file:
            self.ports = dict(line.rstrip("\n").split("=", 1) for line in file)
        return process

    @staticmethod
    def kill(process):
        process.kill()
        process.wait(10)

    def events(self, name):
        with open(self.output, encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        return [event for event in found if event["event"] == name]

    def port(self, scheme):
        return int(self.ports[f"MAILPIPE_{scheme.upper()}_PORT"])

    def send(self, *recipients, scheme="smtp", text=b"Subject: hello\r\n\r\nhello\r\n"):
        kind = smtplib.LMTP if scheme == "lmtp" else smtplib.SMTP
        with kind("127.0.0.1", self.port(scheme)) as client:
            return client.sendmail("carol@example.net", recipients, text)

    def pop3(self, user, word="anything"):
        client = poplib.POP3("127.0.0.1", self.port("pop3"), timeout=10)
        self.addCleanup(client.close)
        client.user(user)
        client.pass_(word)
        return client

    def left_behind(self):
        return [name for name in os.listdir(self.directory) if name.startswith("mail-serve.") or name == "ports"]

    def test_every_recipient_and_login(self):
        process = self.start()
        self.assertEqual(self.send("bob@one.example", "Bob@two.example", "x/y@three.example", "a%b@c.example"), {})
        self.send("postmaster", scheme="lmtp")
        for user, count in (("bob", 1), ("bob@one.example", 1), ("BOB@two.example", 1), ("x/y@three.example", 1),
                            ("postmaster", 1), ("nobody", 0), ("nobody@one.example", 0)):
            with self.subTest(user):
                client = self.pop3(user)
                self.assertEqual(client.stat()[0], count)
                if count:
                    self.assertIn(b"Subject: hello", client.retr(1)[1])
                client.quit()
        # A digest of any password will do as well.
        client = poplib.POP3("127.0.0.1", self.port("pop3"), timeout=10)
        client.apop("bob@two.example", "whatever")
        self.assertEqual(client.stat()[0], 1)
        client.quit()
        # The local part still means the mailbox that mail came for first.
        self.assertEqual([line for line in self.pop3("bob").retr(1)[1] if line.startswith(b"Delivered-To")],
                         [b"Delivered-To: bob@one.example"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(self.left_behind(), [])

    def test_tls_with_the_certificate_of_the_ports_file(self):
        self.start()
        trust = ssl.create_default_context(cafile=self.ports["MAILPIPE_CA_FILE"])
        with smtplib.SMTP("localhost", self.port("smtp")) as client:
            client.starttls(context=trust)
            client.login("anybody@example.org", "word")
        with smtplib.SMTP_SSL("localhost", self.port("smtps"), context=trust) as client:
            self.assertEqual(client.noop()[0], 250)
        client = poplib.POP3_SSL("localhost", self.port("pop3s"), context=trust)
        client.user("x")
        client.pass_("y")
        client.quit()

    def test_users_of_its_own(self):
        self.start("--user", "alice:secret", "--user", "bob@two.example:hunter2")
        self.send("alice@anywhere.example", "bob@two.example", "bob@one.example")
        self.assertEqual(self.pop3("alice", "secret").stat()[0], 1)
        self.assertEqual(self.pop3("bob@two.example", "hunter2").stat()[0], 1)
        for user, word in (("alice", "wrong"), ("bob@one.example", "hunter2"), ("carol", "secret")):
            with self.subTest(user), self.assertRaises(poplib.error_proto):
                self.pop3(user, word)
        self.assertTrue(os.path.isdir(self.ports["MAILPIPE_STORE"][len("maildir:"):].replace("%u", "bob@one.example")))

    def test_a_store_that_stays(self):
        store = f"maildir:{self.path('kept')}/%u"
        process = self.start("--store", store)
        self.assertEqual(self.ports["MAILPIPE_STORE"], store)
        self.send("bob@one.example")
        process.terminate()
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(len(self.maildir("kept", "bob@one.example")), 1)
        process = self.start("--store", store)
        self.assertEqual(self.pop3("bob").stat()[0], 1)

    def test_exit_after_messages(self):
        process = self.start("--exit-after", "2-messages", "--exit-after", "60s")
        self.send("a@x.example", "b@x.example", "c@x.example")
        self.send("a@x.example", scheme="lmtp")
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(len(self.events("delivery")), 4)
        self.assertEqual(self.left_behind(), [])

    def test_exit_after_the_last_connection(self):
        """The client that sent the last message ends its session as it likes."""
        process = self.start("--exit-after", "1-message")
        with smtplib.SMTP("127.0.0.1", self.port("smtp")) as client:
            client.sendmail("a@x.example", ["b@x.example"], "Subject: x\r\n\r\n")
            self.assertIsNone(process.poll())
            self.assertEqual(client.noop()[0], 250)
            self.assertEqual(client.quit()[0], 221)
        self.assertEqual(process.wait(4), 0)

    def test_exit_after_a_time(self):
        self.assertEqual(self.start("--exit-after", "300ms").wait(10), 0)

    def test_exit_when_idle(self):
        process = self.start("--exit-after", "idle:300ms")
        with socket.create_connection(("127.0.0.1", self.port("pop3"))):
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(0.8)
        self.assertEqual(process.wait(10), 0)

    def test_exit_when_the_last_client_has_left(self):
        process = self.start("--exit-after", "idle")
        self.assertIsNone(process.poll())
        with smtplib.SMTP("127.0.0.1", self.port("smtp")) as client:
            client.noop()
            self.pop3("x").quit()
            self.assertIsNone(process.poll())
        self.assertEqual(process.wait(10), 0)

    def test_a_ports_file_that_cannot_be_written(self):
        for path, status in ((self.path("none", "ports"), 73), (self.directory, 74)):
            with self.subTest(path):
                outcome = run(["mail-serve", "--test", "--events", self.path("events"), "--ports-file", path],
                              self.directory)
                self.assertEqual((outcome.status, len(outcome.error_lines)), (status, 1), str(outcome))
                self.assertIn(path, outcome.error_lines[0])
        self.assertEqual(self.left_behind(), [])

    def test_nothing_is_relayed(self):
        self.run_error(64, "nothing is ever relayed",
                       argv=["mail-serve", "--test", "--relay-server", "smtp://mail.example.org"])
        self.run_error(64, "3-messages, 30s, idle or idle:5s", argv=["mail-serve", "--test", "--exit-after", "soon"])


if __name__ == "__main__":
    main()
