"""mail-serve relays for its users: a message from one host to another, and its failure back; for nobody else."""

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import TEXTS, message
from peers.process import free_port, wait_until
from serve_case import wait_for_empty_queue


class Relay(Case):
    def setUp(self):
        super().setUp()
        self.there = MailServe(domains=["there.example"], users={"bob": "hunter2"}).start()
        self.addCleanup(self.there.stop)
        config = self.write("config.toml", b'[host."127.0.0.1"]\ntls = "none"\n')
        self.here = MailServe(domains=["here.example"], users={"alice": "secret"}, arguments=[
            "--relay-server", f"smtp://127.0.0.1:{self.there.port('smtp')}", "--queue-dir", self.path("queue"),
            "--config", config]).start()
        self.addCleanup(self.here.stop)

    def send(self, octets, *recipients, login=True):
        user = "alice@" if login else ""
        return run(["mail-send", "--server", f"smtp://{user}127.0.0.1:{self.here.port('smtp')}", "--tls", "none",
                    *(self.password() if login else []), "-f", "alice@here.example", "--json", *recipients],
                   self.directory, stdin=octets)

    def test_from_host_to_host(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.there.messages("bob")
                outcome = self.send(octets, "bob@there.example")
                self.assertEqual(outcome.status, 0, str(outcome))
                self.assertRegex(schema.check_lines(outcome.stdout)[0]["recipients"][0]["text"], "Queued, id ")
                wait_until(lambda before=before: len(self.there.messages("bob")) > len(before), name)
                arrived, = [one for one in self.there.messages("bob") if one not in before]
                self.assertTrue(arrived.endswith(octets), name)
                self.assertRegex(arrived, rb"with (UTF8|E)SMTPA id")
        attempt = self.here.wait_event(lambda event: event["event"] == "attempt", "an attempt")
        self.assertEqual(attempt["recipients"][0]["outcome"], "delivered")

    def test_here_and_there_at_once(self):
        octets = message("to both", "x\n")
        outcome = self.send(octets, "alice@here.example", "bob@there.example")
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(len(self.here.messages("alice")), 1, "delivered when it says so")
        wait_until(lambda: self.there.messages("bob"), "the one there")
        self.here.wait_event(lambda event: event["event"] == "queued" and event["recipients"] == ["bob@there.example"],
                             "the event")

    def test_an_unknown_user_there_comes_back(self):
        octets = message("lost", "the first part of it\n")
        self.assertEqual(self.send(octets, "nobody@there.example").status, 0)
        wait_until(lambda: self.here.messages("alice"), "the report")
        report, = self.here.messages("alice")
        for part in (b"Return-Path: <>", b"Subject: Not delivered: lost",
                     b"Final-Recipient: rfc822; nobody@there.example", b"Status: 5.1.1", b"the first part of it"):
            self.assertIn(part, report)
        shown = self.run_ok("mail-show", self.write("report.eml", report)).stdout
        self.assertIn(b"Delivery to nobody@there.example failed", shown)
        wait_for_empty_queue(self)

    def test_strangers_are_refused(self):
        outcome = self.send(message("relay", "x\n"), "bob@there.example", login=False)
        self.assertEqual(outcome.status, 69, str(outcome))
        self.assertEqual(schema.check_lines(outcome.stdout)[0]["recipients"][0]["enhanced"], "5.7.1")
        self.assertEqual(self.there.messages("bob"), [])

    def test_what_waits_goes_out_after_a_restart(self):
        port = self.there.port("smtp")
        self.there.stop()
        self.assertEqual(self.send(message("waits", "x\n"), "bob@there.example").status, 0)
        self.here.wait_event(lambda event: event["event"] == "attempt", "an attempt")
        self.assertEqual(self.here.stop(), 0)
        again = MailServe(listen=(f"smtp://127.0.0.1:{port}",), domains=["there.example"],
                          users={"bob": "hunter2"}).start()
        self.addCleanup(again.stop)
        self.run_ok("mail-send", "--queue-dir", self.path("queue"), "--flush", "--server", f"smtp://127.0.0.1:{port}",
                    "--tls", "none", "-q")
        self.assertEqual(len(again.messages("bob")), 1)

    def test_a_server_that_is_none(self):
        for status, says, options in (
                (64, "--relay-server imap://localhost: not a server to send to", ("imap://localhost",)),
                (66, "--relay-server mail: no such file", ("mail",)),
                (78, "--relay-server @work: no such account", ("@work",)),
                (64, "--relay-server smtp://u:[*]+@x: a password in a URL is refused", ("smtp://u:secret@x",)),
                (66, "--relay: mail: no such file", ("mx:", "--relay", "a.example -> mail")),
                (64, "serve: --dns-server: not ADDRESS", ("mx:", "--dns-server", "x"))):
            with self.subTest(options):
                self.run_error(status, says, argv=[
                    "mail-serve", "--store", f"maildir:{self.path('store')}/%u", "--user", "alice:secret", "--listen",
                    f"smtp://127.0.0.1:{free_port()}", "--queue-dir", self.path("q2"), "--relay-server", *options])


main()
