"""mail-send into Exim: CHUNKING, DSN, SMTPUTF8, and several messages over one connection."""

from peers.case import Case, main
from peers.commands import run
from peers.exim import Exim
from peers.messages import TEXTS, message, numbered
from peers.process import wait_until
from send_checks import headers_added, mboxrd, trace_of


class EximSubmission(Case):
    @classmethod
    def setUpClass(cls):
        cls.exim = Exim().start()
        cls.addClassCleanup(cls.exim.stop)

    def command(self, *rest):
        return ["mail-send", "--server", f"smtp://127.0.0.1:{self.exim.port}", "--tls", "none", "-f",
                "carol@example.net", *rest]

    def arrived(self, user, count):
        return wait_until(lambda: len(found := self.exim.messages(user)) >= count and found,
                          f"exim delivers {count} message(s) to {user}\n{self.exim.log()}", 30)

    def test_octets_and_envelope_in_one_flight(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.exim.messages("alice")
                outcome = run(self.command("--trace", "alice@example.org"), self.directory, stdin=octets)
                self.assertEqual(outcome.status, 0, str(outcome))
                lines = trace_of(outcome)
                mail = next(n for n, line in enumerate(lines) if line.startswith("C: MAIL"))
                self.assertRegex(lines[mail + 2], r"^C: BDAT \d+ LAST$")
                after = self.arrived("alice", len(before) + 1)
                stored, = [found for found in after if found not in before]
                self.assertIsNotNone(headers_added(stored, octets), stored)

    def test_large_message_in_chunks(self):
        octets = message("large", "0123456789abcdef\n" * 60000)
        before = self.exim.messages("bob")
        outcome = run(self.command("--trace", "bob@example.org"), self.directory, stdin=octets)
        self.assertEqual(outcome.status, 0, str(outcome))
        chunks = [line for line in trace_of(outcome) if line.startswith("C: BDAT")]
        self.assertGreater(len(chunks), 10)
        stored, = [found for found in self.arrived("bob", len(before) + 1) if found not in before]
        self.assertIsNotNone(headers_added(stored, octets))

    def test_all_recipients_refused_while_the_message_is_under_way(self):
        before = self.exim.messages("bob")
        box = mboxrd([message("refused", "MAIL FROM:<evil@example.net>\nRCPT TO:<bob@example.org>\n")])
        self.run_error(69, "unknown user", receipts=True, stdin=box, argv=self.command("nobody@example.org"))
        self.assertEqual(self.exim.messages("bob"), before)

    def test_many_messages_over_one_connection(self):
        sent = numbered(20)
        before = self.exim.messages("bob")
        receipts = self.run_receipts(*self.command("bob@example.org"), stdin=mboxrd(sent))
        self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 20)
        after = self.arrived("bob", len(before) + 20)
        for octets in sent:
            self.assertEqual(sum(stored.endswith(octets) for stored in after), 1)

    def test_delivery_status_notification(self):
        octets = message("with a report", "hello\n")
        self.run_receipts("mail-send", "--server", f"smtp://127.0.0.1:{self.exim.port}", "--tls", "none", "-f",
                          "alice@example.org", "--notify", "success,failure", "--ret", "hdrs", "--envid", "id+1 =2",
                          "bob@example.org", stdin=octets)
        report = wait_until(lambda: next((stored for stored in self.exim.messages("alice")
                                          if b"multipart/report" in stored), None), "exim reports the delivery", 30)
        self.assertIn(b"Original-Envelope-ID: id+2B1+20+3D2\n", report)
        self.assertIn(b"Action: delivered\n", report)

    def test_utf8_addresses(self):
        octets = message("Grüße", "hello\n")
        before = self.exim.messages("others")
        receipt, = self.run_receipts(*self.command("jürg@example.org"), stdin=octets)
        self.assertEqual(receipt["recipients"][0]["recipient"], "jürg@example.org")
        stored, = [found for found in self.arrived("others", len(before) + 1) if found not in before]
        self.assertIsNotNone(headers_added(stored, octets), stored)
        self.assertIn("for jürg@example.org".encode(), stored)


if __name__ == "__main__":
    main()
