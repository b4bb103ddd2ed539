"""mail-send's queue: --queue, --flush, --watch and what looks at it, with Postfix and mail-serve as next servers."""

import email
import email.policy
import os
import subprocess
import time

from peers import schema
from peers.case import Case, main
from peers.commands import binary, clean_environment, run
from peers.mailserve import MailServe
from peers.messages import message
from peers.process import free_port, wait_until


class Queue(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe().start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        self.queue = self.path("queue")

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server.port('smtp')}"

    def command(self, *rest):
        return ["mail-send", "--queue-dir", self.queue, "--json", *rest]

    def add(self, *recipients, subject="queued", sender="alice@example.org", server=None):
        server = ["--server", server] if server else []
        records = self.run_receipts(*self.command("--queue", "-f", sender, *server, *recipients),
                                    stdin=message(subject, f"body of {subject}\n"))
        self.assertEqual([record["event"] for record in records], ["queued"])
        return records[0]["id"]

    def listed(self, *ids):
        return self.run_receipts(*self.command("--list", *ids))

    def flush(self, status=0, server=None):
        outcome = run(self.command("--flush", "--server", server or self.url, "--tls", "none"), self.directory)
        self.assertEqual(outcome.status, status, str(outcome))
        return schema.check_lines(outcome.stdout, "mail-send --flush")

    def subjects(self, user):
        return sorted(email.message_from_bytes(octets)["Subject"] for octets in self.server.messages(user))

    def test_from_queue_to_mailbox(self):
        first = self.add("bob@example.org", subject="to bob")
        second = self.add("alice@example.org", "bob@example.org", subject="to both")
        self.assertEqual([(one["id"], one["state"]) for one in self.listed()], [(first, "due"), (second, "due")])
        events = self.flush()
        self.assertEqual({event["id"] for event in events}, {first, second})
        self.assertEqual({one["outcome"] for event in events for one in event["recipients"]}, {"delivered"})
        self.assertEqual(self.listed(), [])
        self.assertIn("to bob", self.subjects("bob"))
        self.assertIn("to both", self.subjects("alice"))

    def test_refusal_comes_back_to_the_sender(self):
        lost = self.add("nobody@example.org", subject="lost one")
        events = self.flush()
        report = next(event for event in events if event["event"] == "report")
        self.assertEqual((report["id"], report["kind"], report["recipients"]),
                         (lost, "failed", ["nobody@example.org"]))
        self.assertEqual(self.listed(), [])
        wait_until(lambda: "Not delivered: lost one" in self.subjects("alice"), "the report")
        octets = next(one for one in self.server.messages("alice") if b"Not delivered: lost one" in one)
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        self.assertEqual(parsed.get_content_type(), "multipart/report")
        self.assertEqual(parsed["Auto-Submitted"], "auto-replied")
        self.assertIn(b"Return-Path: <>", octets)
        words, status, returned = parsed.iter_parts()
        self.assertIn("nobody@example.org", words.get_content())
        fields = status.get_payload()
        self.assertEqual(fields[1]["Final-Recipient"], "rfc822; nobody@example.org")
        self.assertEqual((fields[1]["Action"], fields[1]["Status"][0]), ("failed", "5"))
        self.assertEqual(returned.get_content()["Subject"], "lost one")
        self.assertIn("body of lost one", returned.get_content().get_content())
        shown = self.run_ok("mail-show", self.write("report.eml", octets)).stdout.decode()
        self.assertIn("Delivery to nobody@example.org failed", shown)

    def test_a_dead_server_makes_mail_wait(self):
        waiting = self.add("bob@example.org", subject="waits")
        self.flush(75, f"smtp://127.0.0.1:{free_port()}")
        record, = self.listed(waiting)
        self.assertEqual((record["state"], record["recipients"][0]["outcome"], record["recipients"][0]["attempts"]),
                         ("waiting", "deferred", 1))
        self.assertIn("refused", record["recipients"][0]["text"])
        self.flush()
        self.assertIn("waits", self.subjects("bob"))

    def test_each_goes_to_the_server_it_was_queued_for(self):
        self.add("bob@example.org", subject="elsewhere", server=f"smtp://127.0.0.1:{free_port()}")
        self.add("bob@example.org", subject="here", server=self.url)
        self.flush(75, f"smtp://127.0.0.1:{free_port()}")
        self.assertIn("here", self.subjects("bob"))
        self.assertNotIn("elsewhere", self.subjects("bob"))

    def test_hold_release_retry_remove(self):
        kept = self.add("bob@example.org", subject="kept back")
        gone = self.add("bob@example.org", subject="taken out")
        self.assertEqual(self.run_receipts(*self.command("--hold", kept)), [{"event": "held", "id": kept}])
        self.assertEqual(self.run_receipts(*self.command("--remove", gone)), [{"event": "removed", "id": gone}])
        self.assertEqual([(one["id"], one["state"]) for one in self.listed()], [(kept, "held")])
        self.flush()
        self.assertNotIn("kept back", self.subjects("bob"))
        stats, = self.run_receipts(*self.command("--stats"))
        self.assertEqual((stats["messages"], stats["held"]), (1, 1))
        self.run_receipts(*self.command("--release", "all"))
        self.flush()
        self.assertIn("kept back", self.subjects("bob"))
        self.assertNotIn("taken out", self.subjects("bob"))

    def test_show(self):
        octets = message("shown", "body\n")
        shown = self.run_receipts(*self.command("--queue", "bob@example.org"), stdin=octets)[0]["id"]
        written = self.run_ok("mail-send", "--queue-dir", self.queue, "--show", shown, "--output", "text")
        self.assertEqual(written.stdout, octets)
        piped = self.run_ok("mail-show", "--headers", stdin=self.run_ok(*self.command("--show", shown)).stdout)
        self.assertIn(b"shown", piped.stdout)

    def test_wrong_input(self):
        self.run_error(64, "not an id", argv=self.command("--remove", "../../etc/passwd"))
        self.run_error(64, "all", argv=self.command("--hold"))
        self.add("bob@example.org")
        self.run_error(66, "no such message", argv=self.command("--show", "0000000000000"))
        self.run_error(64, "only one thing", argv=self.command("--flush", "--list"))
        self.run_error(64, "--server", argv=["mail-send", "bob@example.org"], stdin=b"")
        os.mkdir(self.path("home"))
        self.write("home/letter", b"x")
        self.run_error(65, "not a queue", stdin=message("x", "y\n"),
                       argv=["mail-send", "--queue-dir", self.path("home"), "--queue", "a@b.example"])

    def test_held_until_its_time(self):
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        outcome = run(self.command("--queue", "--hold-until", later, "bob@example.org"), self.directory,
                      stdin=message("later", "x\n"))
        if outcome.status == 64:
            self.skipTest("no --hold-until")
        record, = self.listed()
        self.assertEqual((record["state"], record["due"]), ("waiting", later))
        self.flush(75)
        self.assertEqual(self.listed(), [record])
        self.run_receipts(*self.command("--retry", record["id"]))
        self.flush()
        self.assertIn("later", self.subjects("bob"))

    def test_watch_sends_what_comes(self):
        self.add("bob@example.org", subject="was there")
        watch = subprocess.Popen(
            [binary("mail-send"), "--queue-dir", self.queue, "--watch", "--server", self.url, "--tls", "none"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(self.directory))
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.stderr.close)
        try:
            wait_until(lambda: "was there" in self.subjects("bob"), "the first message")
            for number in range(3):
                self.add("bob@example.org", subject=f"came {number}")
            wait_until(lambda: {f"came {n}" for n in range(3)} <= set(self.subjects("bob")), "the others")
        finally:
            watch.terminate()
            output, errors = watch.communicate(timeout=20)
        self.assertEqual((watch.returncode, errors), (0, b""))
        self.assertEqual(len(schema.check_lines(output, "mail-send --watch")), 4)
        self.assertEqual(self.listed(), [])

    def test_many_at_once(self):
        """Processes that queue while others flush: each message arrives once."""
        many = b"".join(b"From a\n" + message(f"many {n}", "x\n") + b"\n" for n in range(100))
        for _ in range(3):
            self.run_ok(*self.command("--queue", "-f", "alice@example.org", "bob@example.org"), stdin=many)
        flushes = [subprocess.Popen([binary("mail-send"), "--queue-dir", self.queue, "--flush", "--server", self.url,
                                     "--tls", "none", "-q"], stderr=subprocess.PIPE,
                                    env=clean_environment(self.directory)) for _ in range(3)]
        for flush in flushes:
            flush.communicate(timeout=60)
        self.flush()
        found = [subject for subject in self.subjects("bob") if subject.startswith("many ")]
        self.assertEqual(sorted(found), sorted([f"many {n}" for n in range(100)] * 3))


main()
