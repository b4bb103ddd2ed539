"""mail-serve wait-for: finds what is there and what comes, in a server with --test and in any store."""

import json
import os
import smtplib
import subprocess
import time

from peers.case import Case, main
from peers.commands import binary, clean_environment, run
from peers.process import die_with_parent
from peers.testserve import TestServe


class WaitFor(Case):
    def serve(self):
        server = TestServe("--ports-file", self.path("ports"))
        self.addCleanup(self._stop, server)
        return server.start()

    @staticmethod
    def _stop(server):
        try:
            server.stop()
        finally:
            server.remove()

    @staticmethod
    def send(server, recipient, subject):
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            client.sendmail("a@client.example", [recipient],
                            f"To: {recipient}\r\nSubject: {subject}\r\n\r\nhello {subject}\r\n")

    def begin(self, *options):
        process = subprocess.Popen([binary("mail-serve"), "wait-for", *options], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent,
                                   env=clean_environment(self.directory))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)
        return process

    def fails(self, status, says, *options):
        outcome = run(["mail-serve", "wait-for", *options], self.directory)
        self.assertEqual((outcome.status, outcome.stdout), (status, b""), str(outcome))
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))
        self.assertRegex(outcome.error_lines[0], rf"^mail-serve wait-for: .*{says}")

    def wait_for(self, *options):
        return self.run_ok("mail-serve", "wait-for", "--ports-file", self.path("ports"), *options).stdout

    def test_what_comes(self):
        server = self.serve()
        # In a mailbox that is not there yet.
        process = self.begin("--ports-file", self.path("ports"), "--search", "TO bob SUBJECT hello", "--timeout", "20s")
        self.send(server, "alice@x.example", "hello")
        self.send(server, "bob@x.example", "other")
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)
        self.send(server, "bob@x.example", "hello you")
        out, errors = process.communicate(timeout=10)
        self.assertEqual((process.returncode, errors), (0, b""))
        record, = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(record["subject"], "hello you")
        self.assertIn("bob%40x.example" if "%40" in record["ref"] else "bob@x.example", record["ref"])
        listed = self.run_receipts("mail-list", os.path.join(server.store, "bob@x.example"), "--search", "SUBJECT you",
                                   "--json")
        self.assertEqual([one["subject"] for one in listed], ["hello you"])
        self.assertEqual(set(record), set(listed[0]))

    def test_what_is_there(self):
        server = self.serve()
        for subject in ("one", "two", "three"):
            self.send(server, "bob@x.example", subject)
        self.send(server, "bob@y.example", "four")
        self.send(server, "al@x.example", "five")
        raw = self.wait_for("--search", "SUBJECT two", "--print", "raw")
        self.assertTrue(raw.startswith(b"Return-Path: <a@client.example>\n"))
        self.assertIn(b"hello two\n", raw)
        ref = self.wait_for("--search", "SUBJECT five", "--print", "ref").decode().strip()
        self.assertIn(b"hello five", self.run_ok("mail-show", ref).stdout)
        self.assertEqual(self.wait_for("--print", "none"), b"")
        for names, count in ((["bob"], 4), (["bob@x.example"], 3), (["al", "bob@y.example"], 2), ([], 5)):
            with self.subTest(names):
                options = [word for name in names for word in ("--mailbox", name)]
                self.assertEqual(len(self.wait_for("--count", str(count), *options).splitlines()), count)
                self.fails(75, f"{count} of {count + 1} messages in time", "--ports-file", self.path("ports"),
                           "--timeout", "200ms", "--count", str(count + 1), *options)

    def test_a_server_that_is_not_there_yet(self):
        process = self.begin("--ports-file", self.path("ports"), "--ready", "--timeout", "20s")
        time.sleep(0.1)
        self.assertIsNone(process.poll())
        self.serve()
        self.assertEqual(process.wait(10), 0)
        self.fails(75, "not ready in time", "--ports-file", self.path("none"), "--ready", "--timeout", "100ms")

    def test_a_ports_file_that_a_killed_server_left_behind(self):
        server = TestServe("--ports-file", self.path("ports"), environment={"TMPDIR": self.directory})
        self.addCleanup(server.remove)
        server.start()
        server.process.kill()
        server.process.wait(10)
        self.assertTrue(os.path.exists(self.path("ports")))
        self.fails(75, "not ready in time", "--ports-file", self.path("ports"), "--ready", "--timeout", "100ms")
        process = self.begin("--ports-file", self.path("ports"), "--ready", "--timeout", "20s")
        other = self.serve()
        self.assertEqual(process.wait(10), 0)
        with open(self.path("ports"), encoding="ascii") as file:
            self.assertIn(f"MAILPIPE_SMTP_PORT={other.port('smtp')}\n", file.read())

    def test_a_store(self):
        server = self.serve()
        self.send(server, "bob@x.example", "one")
        for store in (f"maildir:{server.store}/%u", f"maildir:{server.store}/bob@x.example"):
            outcome = self.run_ok("mail-serve", "wait-for", "--store", store, "--search", "SUBJECT one")
            self.assertEqual(json.loads(outcome.stdout)["subject"], "one")

    def test_errors(self):
        for options, says in (([], "--ports-file"), (["--store", "mbox:x"], "only Maildirs"),
                              (["--store", "maildir:x/%u", "--ready"], "--ready"),
                              (["--store", "maildir:x/%u", "--search", "SUBJECT"], "--search"),
                              (["--store", "maildir:x/%u", "--timeout", "soon"], "soon"),
                              (["--store", "maildir:x/%u", "--count", "0"], "--count"),
                              (["--store", "maildir:x/%u", "--count", "2", "--print", "raw"], "one message")):
            with self.subTest(options):
                self.fails(64, says, *options)
        self.write("ports", b"nonsense\n")
        self.fails(65, "NAME=VALUE", "--ports-file", self.path("ports"), "--ready")


if __name__ == "__main__":
    main()
