"""mail-serve users: the file of users by a command; what it makes lets users in."""

import os
import smtplib
import threading

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.terminal import Terminal


class Users(Case):
    def users(self, verb, *more, stdin=b""):
        return run(["mail-serve", "users", verb, "--users", self.path("users"), *more], self.directory,
                   stdin=stdin)

    def ok(self, verb, *more, stdin=b""):
        outcome = self.users(verb, *more, stdin=stdin)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        return outcome.stdout

    def fails(self, status, says, verb, *more, stdin=b""):
        outcome = self.users(verb, *more, stdin=stdin)
        self.assertEqual(outcome.status, status, str(outcome))
        self.assertIn(says, outcome.stderr.decode())
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))

    def lines(self):
        with open(self.path("users"), encoding="ascii") as file:
            return file.read().splitlines()

    def test_a_user_comes_and_goes(self):
        self.ok("add", "alice", stdin=b"secret\nnot this\n")
        self.assertEqual(os.stat(self.path("users")).st_mode & 0o7777, 0o600)
        self.ok("add", "--no-scram", "bob", stdin=b"hunter2\n")
        self.assertEqual(self.ok("list"), b"alice\tpassword, SCRAM-SHA-256\nbob\tpassword\n")
        self.assertTrue(self.lines()[0].startswith("alice:$y$"))
        self.assertNotIn("secret", "".join(self.lines()))
        before = self.lines()
        self.ok("passwd", "ALICE", stdin=b"other\n")
        self.assertEqual(self.lines()[1], before[1])
        self.assertNotEqual(self.lines()[0], before[0])
        self.assertTrue(self.lines()[0].startswith("alice:"))
        self.ok("remove", "bob")
        self.assertEqual(self.ok("list"), b"alice\tpassword, SCRAM-SHA-256\n")

    def test_what_is_there_stays(self):
        text = b"# people\nx:*\n\nraw:{PLAIN}pw:1:1::/home/raw\n"
        self.write("users", text, 0o640)
        os.symlink(self.path("users"), self.path("link"))
        outcome = run(["mail-serve", "users", "add", "--users", self.path("link"), "alice"], self.directory,
                      stdin=b"secret\n")
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(os.stat(self.path("users")).st_mode & 0o7777, 0o640)
        with open(self.path("users"), "rb") as file:
            self.assertTrue(file.read().startswith(text))
        self.assertEqual(self.ok("list").splitlines()[:2], [b"x\tno login", b"raw\tpassword in the clear"])

    def test_errors(self):
        self.fails(66, "users", "list")
        self.fails(66, "users", "remove", "alice")
        self.fails(65, "password is empty", "add", "alice", stdin=b"\n")
        self.assertFalse(os.path.exists(self.path("users")))
        self.ok("add", "alice", stdin=b"secret\n")
        self.fails(73, "is there already", "add", "Alice", stdin=b"x\n")
        self.fails(67, "there is no user", "passwd", "bob", stdin=b"x\n")
        self.fails(65, "password is empty", "add", "bob", stdin=b"\n")
        for name in ("../bob", "a:b", ".bob", "b ob"):
            self.fails(64, "is no name", "add", name, stdin=b"x\n")
        self.fails(64, "the name of the user is missing", "add")
        self.fails(64, "list takes no name", "list", "alice")
        self.fails(64, "frob not in", "frob", "alice")
        os.chmod(self.path("users"), 0o644)
        self.fails(78, "chmod 600", "list")

    def test_many_at_once(self):
        threads = [threading.Thread(target=self.ok, args=("add", f"user{n}"), kwargs={"stdin": b"secret\n"})
                   for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(len(self.ok("list").splitlines()), 8)

    def test_the_terminal_shows_no_password(self):
        terminal = Terminal(["mail-serve", "users", "add", "--users", self.path("users"), "alice"], self.directory)
        terminal.wait_for(b"New password of alice: ")
        terminal.type(b"hush-hush\r")
        terminal.wait_for(b"Again: ")
        terminal.type(b"hush-hush\r")
        status, shown = terminal.finish()
        self.assertEqual(status, 0, shown)
        self.assertNotIn(b"hush", shown)
        self.assertEqual(self.ok("list"), b"alice\tpassword, SCRAM-SHA-256\n")

    def test_the_server_takes_them(self):
        self.ok("add", "alice", stdin=b"secret\n")
        with MailServe(listen=("smtp://127.0.0.1:0",), users={}, arguments=["--users", self.path("users")]) as server:
            with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=30) as client:
                client.ehlo()
                self.assertIn("SCRAM-SHA-256", client.esmtp_features["auth"].split())
                client.login("alice", "secret")


if __name__ == "__main__":
    main()
