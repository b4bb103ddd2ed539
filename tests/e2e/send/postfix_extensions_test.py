"""What mail-send asks Postfix for beside the delivery, and what it shows of the way there."""

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import message, numbered
from peers.postfix import Postfix
from peers.process import wait_until
from send_checks import mboxrd, trace_of


class PostfixExtensions(Case):
    @classmethod
    def setUpClass(cls):
        cls.postfix = Postfix(certificate=Case.certificates().good, tls_needed=True, users=("alice", "bob", "jürg"))
        cls.postfix.start()
        cls.addClassCleanup(cls.postfix.stop)

    def command(self, *rest):
        return ["mail-send", "--server", f"smtp://localhost:{self.postfix.port}", "--tls-ca", self.certificates().ca,
                "-f", "alice@example.org", *rest]

    def receipts(self, outcome, status=0):
        self.assertEqual(outcome.status, status, str(outcome))
        return schema.check_lines(outcome.stdout, "mail-send")

    def test_delivery_status_notification(self):
        self.run_receipts(*self.command("--notify", "success,failure", "--ret", "hdrs", "--envid", "id 1+2", "--orcpt",
                                        "rfc822;Bob@elsewhere.example", "bob@example.org"),
                          stdin=message("with a report", "hello\n"))
        report = wait_until(lambda: next((stored for stored in self.postfix.messages("alice")
                                          if b"multipart/report" in stored), None), "postfix reports the delivery", 30)
        for line in (b"Original-Envelope-Id: id 1+2\n", b"Original-Recipient: rfc822;Bob@elsewhere.example\n",
                     b"Action: delivered\n"):
            self.assertIn(line, report)

    def test_nothing_is_reported_with_never(self):
        outcome = run(self.command("--notify", "never", "--trace", "bob@example.org"), self.directory,
                      stdin=message("without a report", "hello\n"))
        self.receipts(outcome)
        self.assertIn("C: RCPT TO:<bob@example.org> NOTIFY=NEVER ORCPT=rfc822;bob@example.org", trace_of(outcome))

    def test_utf8_local_part_and_international_domain(self):
        receipt, = self.run_receipts(*self.command("jürg@example.org"), stdin=message("Grüße", "hello\n"))
        self.assertTrue(receipt["recipients"][0]["accepted"])
        self.postfix.wait_messages("jürg", 1)
        outcome = run(self.command("--trace", "bob@bücher.example"), self.directory, stdin=message("x", "x\n"))
        self.receipts(outcome, 69)
        self.assertTrue([line for line in trace_of(outcome) if "<bob@xn--bcher-kva.example>" in line])

    def test_what_is_not_offered(self):
        octets = message("asks for much", "hello\n")
        receipt, = self.run_receipts(*self.command("--priority", "4", "--deliver-by", "1h:N", "bob@example.org"),
                                     stdin=octets)
        self.assertEqual(receipt["recipients"][0]["notTaken"], ["DELIVERBY", "MT-PRIORITY"])
        for options, says in ((("--require-tls",), "REQUIRETLS"), (("--deliver-by", "1h"), "DELIVERBY"),
                              (("--hold-for", "1h"), "FUTURERELEASE"),
                              (("--hold-until", "2100-01-01T00:00:00Z"), "FUTURERELEASE")):
            with self.subTest(options):
                self.run_error(69, says, receipts=True, stdin=octets, argv=self.command(*options, "bob@example.org"))
        self.run_error(69, "BINARYMIME", receipts=True, stdin=octets.replace(b"hello", b"a\rb"),
                       argv=self.command("--binary", "bob@example.org"))

    def test_stages_cipher_and_certificate(self):
        outcome = run(self.command("--trace", "bob@example.org"), self.directory, stdin=message("seen", "x\n"))
        receipt, = self.receipts(outcome)
        self.assertEqual(list(receipt["stages"]), ["dns", "connect", "tls", "ehlo", "mail", "rcpt", "reply"])
        self.assertIn("CN=", receipt["certificate"]["subject"])
        self.assertTrue(receipt["cipher"])
        for stage in "connect", "tls", "ehlo", "mail", "rcpt", "data":
            with self.subTest(stage):
                outcome = run(self.command("--stop-after", stage, "bob@example.org"), self.directory,
                              stdin=message("seen", "x\n"))
                receipt, = self.receipts(outcome)
                self.assertEqual((receipt["event"], receipt["stage"]), ("stopped", stage))

    def test_explanations(self):
        outcome = run(self.command("--explain", "bob@example.net"), self.directory, stdin=message("relay", "x\n"))
        receipt, = self.receipts(outcome, 69)
        self.assertIn("log in", receipt["recipients"][0]["explanation"])
        self.assertEqual(len(outcome.error_lines), 2)
        self.assertIn("log in", outcome.error_lines[1])

    def test_a_mass_of_messages_arrives_once(self):
        before = len(self.postfix.messages("bob"))
        sent = numbered(60)
        receipts = self.run_receipts(*self.command("--jobs", "4", "bob@example.org"), stdin=mboxrd(sent))
        self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 60)
        stored = self.postfix.wait_messages("bob", before + 60, 60)
        for octets in sent:
            self.assertEqual(sum(octets in found for found in stored), 1)


if __name__ == "__main__":
    main()
