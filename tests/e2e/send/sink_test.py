"""mail-send into smtp-sink: what a server lacks, and how far a run goes."""

import json
import os

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import message, numbered
from peers.sink import Sink
from send_checks import mboxrd, trace_of


class SinkSubmission(Case):
    def command(self, sink, *rest, scheme="smtp"):
        return ["mail-send", "--server", f"{scheme}://127.0.0.1:{sink.port}", "--tls", "none", "-f",
                "carol@example.net", *rest, "alice@example.org"]

    def test_conversion_for_a_server_without_8bitmime(self):
        octets = (b"From: carol@example.net\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
                  b"Content-Transfer-Encoding: 8bit\n\n--b\nContent-Type: text/plain; charset=utf-8\n"
                  b"Content-Transfer-Encoding: 8bit\n\ncaf\xc3\xa9\n--b\nContent-Type: text/plain\n\n"
                  b"ascii = as is\n--b--\n")
        with Sink("-8", keeps=True) as sink:
            receipt, = self.run_receipts(*self.command(sink), stdin=octets)
            self.assertEqual(receipt["event"], "sent")
            kept, = sink.messages()
        self.assertIn(b"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n--b\nContent-Type: text/plain\n\n"
                      b"ascii = as is\n", kept)
        self.assertNotIn(b"8bit", kept)

    def test_what_cannot_be_converted_is_refused(self):
        signed = (b"From: a@example.net\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n\n"
                  b"\xc3\xa9\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n")
        with Sink("-8", keeps=True) as sink:
            for octets, says in ((signed, "signed"), (message("Grüße", "x\n"), "header")):
                self.run_error(69, says, receipts=True, stdin=octets, argv=self.command(sink))
            self.assertEqual(sink.messages(), [])

    def test_long_lines_are_repaired(self):
        octets = message("long", "y" * 3000 + "\n").replace(b"8bit", b"7bit")
        with Sink(keeps=True) as sink:
            self.run_error(65, "kLongestLine", "--repair", receipts=True, stdin=octets, argv=self.command(sink))
            self.run_receipts(*self.command(sink, "--repair"), stdin=octets)
            kept, = sink.messages()
        self.assertIn(b"quoted-printable", kept)
        self.assertIn(b"y" * 3000, kept.replace(b"=\n", b""))

    def test_many_messages_with_and_without_pipelining_and_over_lmtp(self):
        sent = numbered(30)
        for options, scheme in ((), "smtp"), (("-p",), "smtp"), (("-L",), "lmtp"):
            for jobs in "1", "3":
                with self.subTest(options=options, jobs=jobs), Sink(*options, keeps=True) as sink:
                    receipts = self.run_receipts(*self.command(sink, "--jobs", jobs, scheme=scheme),
                                                 stdin=mboxrd(sent))
                    self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 30)
                    kept = sink.messages()
                    for octets in sent:
                        self.assertEqual(sum(octets in found for found in kept), 1)

    def test_the_next_envelope_leaves_with_the_message_before(self):
        with Sink() as sink:
            outcome = run(self.command(sink, "--trace"), self.directory, stdin=mboxrd(numbered(3)))
        self.assertEqual(outcome.status, 0, str(outcome))
        lines = trace_of(outcome)
        for n, line in enumerate(lines):
            if line.startswith("C: ["):
                self.assertTrue(lines[n + 1].startswith(("C: MAIL", "C: QUIT")), lines[n:n + 3])

    def test_a_refused_message_between_others(self):
        for command in "rcpt", ".":
            with self.subTest(command), Sink("-f", command, keeps=True) as sink:
                outcome = run(self.command(sink), self.directory, stdin=mboxrd(numbered(3)))
                self.assertEqual(outcome.status, 69, str(outcome))
                receipts = schema.check_lines(outcome.stdout, "mail-send")
                self.assertEqual([receipt["event"] for receipt in receipts], ["failed"] * 3)

    def test_messages_that_refs_name(self):
        box = os.path.join(self.directory, "out")
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(box, sub))
        sent = numbered(4)
        for n, octets in enumerate(sent):
            with open(os.path.join(box, "cur", f"{1700000000 + n}.M{n}P1.host:2,"), "wb") as file:
                file.write(octets)
        listed = run(["mail-list", f"maildir:{box}", "--json"], self.directory)
        self.assertEqual(listed.status, 0, str(listed))
        with Sink(keeps=True) as sink:
            receipts = self.run_receipts(*self.command(sink, "--refs", "-"), stdin=listed.stdout)
            kept = sink.messages()
        self.assertEqual([receipt["ref"].split(";")[0] for receipt in receipts], [f"maildir:{box}"] * 4)
        for octets in sent:
            self.assertEqual(sum(octets in found for found in kept), 1)

    def test_no_option_injects_a_command(self):
        """threats.md: CR, LF, NUL in addresses, names, options."""
        evil = "x\r\nRCPT TO:<evil@example.net>"
        with Sink(keeps=True) as sink:
            for options in (("--envid", evil), ("--orcpt", evil), ("--orcpt", "rfc822 NOTIFY=NEVER;x"),
                            ("-f", f"{evil}@x.org"), ("-f", "<a@x.org> SIZE=1"), ("--helo", evil),
                            ("--helo", "a b"), ("--hold-until", evil), ("--notify", evil), ("--deliver-by", evil)):
                with self.subTest(options):
                    self.run_error(64, argv=self.command(sink, *options), stdin=message("x", "x\n"), receipts=True)
            with self.subTest("recipient"):
                self.run_error(64, argv=[*self.command(sink), f"{evil}@x.org"], stdin=message("x", "x\n"),
                               receipts=True)
            self.assertEqual(sink.messages(), [])

    def test_a_ref_that_names_nothing(self):
        with Sink() as sink:
            outcome = run(self.command(sink, "--refs", "-"), self.directory,
                          stdin=json.dumps({"ref": f"maildir:{self.directory}/none;ID=none"}).encode() + b"\n")
        self.assertEqual(outcome.status, 66, str(outcome))

    def test_stop_after(self):
        octets = message("stop", "x\n")
        with Sink(keeps=True) as sink:
            for stage, behind in (("connect", "EHLO"), ("ehlo", "MAIL"), ("mail", "RCPT"), ("rcpt", "DATA"),
                                  ("data", "[")):
                with self.subTest(stage):
                    outcome = run(self.command(sink, "--stop-after", stage, "--trace"), self.directory, stdin=octets)
                    self.assertEqual(outcome.status, 0, str(outcome))
                    receipt, = schema.check_lines(outcome.stdout, "mail-send")
                    self.assertEqual((receipt["event"], receipt["stage"]), ("stopped", stage))
                    self.assertFalse(receipt["recipients"][0]["accepted"])
                    self.assertIn("connect", receipt["stages"])
                    self.assertFalse([line for line in trace_of(outcome) if line.startswith(f"C: {behind}")])
            self.assertEqual(sink.messages(), [])
        with Sink("-f", "rcpt") as sink:
            outcome = run(self.command(sink, "--stop-after", "rcpt"), self.directory, stdin=octets)
            self.assertEqual(outcome.status, 69, str(outcome))
            outcome = run(self.command(sink, "--stop-after", "mail"), self.directory, stdin=octets)
            self.assertEqual(outcome.status, 0, str(outcome))


if __name__ == "__main__":
    main()
