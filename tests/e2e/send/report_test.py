"""Error reports of mail-send's queue as programs of other people read them: Sisimai, flufl.bounce, Python."""

import email
import email.policy
import subprocess
import time

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import message
from peers.process import find_program, free_port, wait_until

_SISIMAI = """
my $found = Sisimai->make(shift, delivered => 1) or exit 1;
print join(' ', $_->recipient->address, $_->action, $_->deliverystatus, $_->reason), "\\n" for @$found;
"""


class Reports(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe().start()
        cls.addClassCleanup(cls.server.stop)

    def command(self, *rest):
        return ["mail-send", "--queue-dir", self.path("queue"), "--json", *rest]

    def flush(self, status, *flags):
        server = f"smtp://127.0.0.1:{self.server.port('smtp')}"
        outcome = run(self.command("--flush", "--server", server, "--tls", "none", *flags), self.directory)
        self.assertEqual(outcome.status, status, str(outcome))
        return outcome.stdout

    def report(self, subject, recipient, octets=None):
        """The report that comes when the message cannot be delivered."""
        octets = octets or message(subject, "the text of it\n")
        self.run_receipts(*self.command("--queue", "-f", "alice@example.org", recipient), stdin=octets)
        self.flush(0)

        def come():
            return [one for one in self.server.messages("alice") if f": {subject}\n".encode() in one.split(b"\n\n")[0]]
        wait_until(come, "the report")
        return come()[-1]

    def sisimai(self, octets):
        if not find_program("perl") or subprocess.run(["perl", "-MSisimai", "-e", "1"], capture_output=True,
                                                      check=False).returncode:
            self.skipTest("Sisimai is not installed")
        done = subprocess.run(["perl", "-MSisimai", "-e", _SISIMAI, self.write("report.eml", octets)], check=True,
                              capture_output=True, timeout=60)
        return done.stdout.decode().splitlines()

    def flufl(self, octets):
        try:
            from flufl.bounce import all_failures
        except ImportError:
            self.skipTest("flufl.bounce is not installed")
        return all_failures(email.message_from_bytes(octets))

    def test_failed(self):
        octets = self.report("no such user", "nobody@example.org")
        self.assertEqual(self.sisimai(octets), ["nobody@example.org failed 5.1.1 userunknown"])
        self.assertEqual(self.flufl(octets), (set(), {b"nobody@example.org"}))

    def report_of_silence(self, *flags):
        """The report about a message for a server that is not there, two seconds after it came. It stays in the queue,
        since its sender is to be reached by the same server."""
        begun = time.time()
        self.run_receipts(*self.command("--queue", "-f", "alice@example.org", "--server",
                                        f"smtp://127.0.0.1:{free_port()}", "bob@example.net"),
                          stdin=message("into silence", "x\n"))
        wait_until(lambda: time.time() > int(begun) + 2, "two seconds")
        self.flush(75, *flags)
        listed = self.run_receipts(*self.command("--list"))
        report, = [one["id"] for one in listed if "reportOf" in one]
        octets = self.run_ok("mail-send", "--queue-dir", self.path("queue"), "--show", report, "--output",
                             "text").stdout
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        return octets, list(parsed.iter_parts())[1].get_payload()[1], len(listed)

    def test_delayed(self):
        octets, fields, left = self.report_of_silence("--warn-after", "1s")
        self.assertEqual(self.flufl(octets), ({b"bob@example.net"}, set()))
        self.assertEqual((fields["Action"], left), ("delayed", 2))
        self.assertTrue(fields["Will-Retry-Until"])
        shown = self.run_ok("mail-show", self.write("delayed.eml", octets)).stdout.decode()
        self.assertIn("Delivery to bob@example.net is delayed", shown)
        self.assertNotIn(b'"kind":"delayed"', self.flush(75, "--warn-after", "1s"))

    def test_gives_up(self):
        octets, fields, left = self.report_of_silence("--give-up-after", "1s")
        self.assertEqual((fields["Action"], fields["Status"], left), ("failed", "4.4.1", 1))
        self.assertEqual(self.sisimai(octets)[0].split()[:2], ["bob@example.net", "failed"])

    def test_first_part_of_a_large_message(self):
        body = "".join(f"line {n} of it\n" for n in range(20000))
        octets = self.report("large one", "nobody@example.org", octets=message("large one", body))
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        returned = list(parsed.iter_parts())[2].get_content()
        self.assertEqual(returned["Subject"], "large one")
        text = returned.get_content()
        self.assertTrue(body.startswith(text) or body.startswith(text.rstrip("\n") + "\n"), text[-200:])
        self.assertGreater(len(text), 40000)
        self.assertLess(len(octets), 60000)

    def test_eight_bit(self):
        text = "From: a@example.org\nSubject: eight bit\nContent-Type: text/plain; charset=utf-8\n" \
               "Content-Transfer-Encoding: 8bit\n\ngrün\n".encode()
        octets = self.report("eight bit", "nobody@example.org", octets=text)
        self.assertEqual(self.sisimai(octets), ["nobody@example.org failed 5.1.1 userunknown"])
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        self.assertEqual(list(parsed.iter_parts())[2].get_content().get_content().strip(), "grün")

    def test_none_about_what_a_program_sent(self):
        octets = b"From: a@example.org\nSubject: by cron\nAuto-Submitted: auto-generated\n\nx\n"
        self.run_receipts(*self.command("--queue", "-f", "alice@example.org", "nobody@example.org"), stdin=octets)
        self.assertIn(b'"event":"undeliverable"', self.flush(0))
        listed, = self.run_receipts(*self.command("--list"))
        self.assertEqual(listed["state"], "undeliverable")


main()
