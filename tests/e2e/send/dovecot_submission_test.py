"""mail-send into Dovecot's submission service, which logs in and relays."""

import os

from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import message, numbered
from peers.process import find_program, free_port
from peers.sink import Sink
from send_checks import mboxrd, trace_of

_EXTRA = """\
protocols = pop3 imap lmtp submission
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {port}
  }}
}}
"""


class DovecotSubmission(Case):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists("/usr/lib/dovecot/submission") or not find_program("smtp-sink"):
            cls.skipTest(cls, "dovecot-submissiond or smtp-sink is not installed")
        cls.sink = Sink(keeps=True).start()
        cls.addClassCleanup(cls.sink.stop)
        cls.port = free_port()
        cls.dovecot = Dovecot(certificate=Case.certificates().good, tls_needed=True,
                              extra=_EXTRA.format(relay=cls.sink.port, port=cls.port)).start()
        cls.addClassCleanup(cls.dovecot.stop)

    def command(self, *rest):
        return ["mail-send", "--server", f"smtp://alice@localhost:{self.port}", "--tls-ca", self.certificates().ca,
                *self.password(), "-f", "alice@example.org", *rest, "bob@example.net"]

    def test_login_and_relay(self):
        octets = message("through Dovecot", "hello\n")
        receipt, = self.run_receipts(*self.command(), stdin=octets)
        self.assertEqual((receipt["event"], receipt["tls"][:4]), ("sent", "TLSv"))
        self.assertTrue(any(b"Subject: through Dovecot\n" in kept for kept in self.sink.messages()))

    def test_several_in_chunks(self):
        before = len(self.sink.messages())
        outcome = run(self.command("--trace"), self.directory, stdin=mboxrd(numbered(5)))
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(sum(line.startswith("C: BDAT ") for line in trace_of(outcome)), 5)
        self.assertNotIn(b"secret", outcome.stderr)
        self.assertEqual(len(self.sink.messages()), before + 5)

    def test_wrong_password(self):
        right, wrong = self.password()[1], self.password("wrong")[1]
        argv = [wrong if word == right else word for word in self.command()]
        self.run_error(77, "535", receipts=True, argv=argv, stdin=message("x", "x\n"))

    def test_how_far_the_login_goes(self):
        outcome = run(self.command("--stop-after", "auth", "--trace"), self.directory, stdin=message("x", "x\n"))
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertFalse([line for line in trace_of(outcome) if line.startswith("C: MAIL")])


if __name__ == "__main__":
    main()
