"""mail-fetch --watch against Dovecot: news at once, reconnecting, signals, the service manager."""

import os
import shutil
import signal
import socket
import subprocess

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.messages import crlf, message, numbered
from peers.process import free_ports, wait_until
from peers.relay import Relay


class Watch(DovecotSource, Case):
    protocol = "imap"

    def start(self, *options, protocol="imap", environment=None, port=None):
        self.protocol = protocol
        source = self.source()
        if port:
            source[0] = f"{protocol}://alice@127.0.0.1:{port}"
        argv = ["mail-fetch", *source, "--to", "maildir:" + self.path("mail"), "--watch", *options]
        self.stderr = open(self.path("stderr"), "wb")
        self.addCleanup(self.stderr.close)
        self.process = subprocess.Popen([binary(argv[0]), *argv[1:]], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.stderr, cwd=self.directory,
                                        env={**clean_environment(self.directory), **(environment or {})})
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def errors(self):
        with open(self.path("stderr"), encoding="utf-8") as file:
            return file.read().splitlines()

    def wait_for(self, count, seconds=15):
        def there():
            # tmp/ may hold what is on its way.
            return sum(len(os.listdir(self.path("mail/" + sub))) for sub in ("new", "cur")
                       if os.path.isdir(self.path("mail/" + sub))) == count
        wait_until(there, f"{count} messages", seconds)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), -signal.SIGTERM)

    def test_news_come_at_once(self):
        """Long before the interval is over."""
        messages = self.fill(numbered(2))
        self.start("--interval", "1h")
        self.wait_for(2)
        for n in range(3):
            messages += self.fill([message(f"later {n}", "x\n")])
            self.wait_for(len(messages))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.stop()
        self.assertEqual(self.errors(), [])

    def test_flags_are_news_where_they_decide(self):
        self.fill(numbered(2))
        self.start("--interval", "1h", "--seen-only", "--delete")
        client = self.login()
        client.select()
        wait_until(lambda: os.path.isdir(self.path("mail")), "the first look", 15)
        for count in (1, 2):
            client.noop()
            # The newest: those of the test before may not be known to be gone yet.
            newest = client.uid("SEARCH", "UNSEEN")[1][0].split()[-1]
            client.uid("STORE", newest, "+FLAGS", r"(\Seen)")
            self.wait_for(count)
            wait_until(lambda: len(self.dovecot.messages("alice")) == 2 - count, "its deletion", 15)
        self.stop()
        self.assertEqual(self.errors(), [])

    def test_pop3_at_each_interval(self):
        messages = self.fill(numbered(1))
        self.start("--interval", "1s", "--delete", protocol="pop3")
        self.wait_for(1)
        messages += self.fill([message("later", "x\n")])
        self.wait_for(2)
        wait_until(lambda: not self.dovecot.messages("alice"), "the deletions", 15)
        self.stop()

    def test_a_server_that_goes_and_comes_back(self):
        """Each error is said once, and that it is over."""
        self.fill(numbered(1))
        port = free_ports(1)[0]
        self.start(port=port)
        wait_until(lambda: len(self.errors()) == 1, "an error", 15)
        with Relay(self.dovecot.imap, port=port):
            self.wait_for(1, 20)
            wait_until(lambda: len(self.errors()) == 2, "its end", 15)
        self.assertIn("refused", self.errors()[0].lower())
        self.assertIn("works again", self.errors()[1])
        self.stop()

    def test_one_mailbox_of_several_is_tried_again(self):
        """Not only when the interval is over."""
        client = self.login()
        client.create("Box")
        client.append("Box", "", None, crlf(numbered(2)[1]))
        client.logout()
        folder = os.path.join(self.dovecot.maildir("alice"), ".Box")
        self.addCleanup(shutil.rmtree, folder)
        self.fill(numbered(1))
        # Dovecot, as another user, can open it no more.
        os.chmod(os.path.join(folder, "cur"), 0)
        self.start("--interval", "1h", "--mailboxes", "*")
        self.wait_for(1)
        wait_until(lambda: len(self.errors()) == 1, "an error", 15)
        self.assertIn("/Box", self.errors()[0])
        # The others are watched meanwhile, and the connection stays.
        self.fill([message("another", "x\n")])
        self.wait_for(2)
        os.chmod(os.path.join(folder, "cur"), 0o700)
        self.wait_for(3, 60)
        wait_until(lambda: len(self.errors()) == 2, "its end", 15)
        self.assertRegex(self.errors()[1], "/Box: works again")
        self.stop()

    def test_what_cannot_get_better_ends(self):
        self.start("--password-file", self.path("none"))
        self.assertEqual(self.process.wait(10), 78)
        self.assertEqual(len(self.errors()), 1)

    def test_service_manager(self):
        self.fill(numbered(1))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(self.path("notify"))
            manager.settimeout(15)
            self.start("--interval", "1h",
                       environment={"NOTIFY_SOCKET": self.path("notify"), "WATCHDOG_USEC": "200000"})
            told = []
            while b"READY=1" not in told or told.count(b"WATCHDOG=1") < 3:
                told.append(manager.recv(100))
            self.wait_for(1)
            self.process.send_signal(signal.SIGHUP)
            while told.count(b"READY=1") < 2:
                told.append(manager.recv(100))
            self.assertIn(b"RELOADING=1", told)
            self.stop()

    def test_usage(self):
        self.start("--refs", "-")
        self.assertEqual(self.process.wait(10), 64)


if __name__ == "__main__":
    main()
