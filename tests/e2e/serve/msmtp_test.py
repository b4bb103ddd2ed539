"""msmtp into mail-serve."""

from peers.case import main
from peers.commands import run
from peers.messages import TEXTS
from serve_case import ServeCase


class Msmtp(ServeCase):
    def msmtp(self, *options, stdin, recipient="alice@example.org"):
        return run(["msmtp", "--file=/dev/null", "--host=localhost", "--timeout=20", "--from=carol@example.net",
                    "--domain=client.example.net", f"--tls-trust-file={self.certificates().ca}",
                    "--set-from-header=off", "--set-date-header=off", *options, "--", recipient], self.directory,
                   stdin=stdin)

    def check(self, *options, protocol):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.server.messages("alice")
                outcome = self.msmtp(*options, stdin=octets)
                self.assertEqual(outcome.status, 0, str(outcome))
                stored, = self.delivered("alice", before)
                self.check_delivered(stored, octets, "carol@example.net", protocol=protocol)

    def test_plain(self):
        self.check(f"--port={self.server.port('smtp')}", "--tls=off", protocol="ESMTP")

    def test_starttls_and_auth(self):
        for mechanism in ("plain", "login"):
            self.check(f"--port={self.server.port('smtp')}", "--tls=on", "--tls-starttls=on", f"--auth={mechanism}",
                       "--user=alice", "--passwordeval=echo secret", protocol="ESMTPSA")

    def test_implicit_tls(self):
        self.check(f"--port={self.server.port('smtps')}", "--tls=on", "--tls-starttls=off", protocol="ESMTPS")

    def test_lmtp(self):
        self.check(f"--port={self.server.port('lmtp')}", "--protocol=lmtp", "--tls=off", protocol="LMTP")

    def test_unknown_user(self):
        outcome = self.msmtp(f"--port={self.server.port('smtp')}", "--tls=off", stdin=TEXTS["plain"],
                             recipient="nobody@example.org")
        self.assertEqual(outcome.status, 65, str(outcome))
        self.assertIn(b"550", outcome.stderr)


if __name__ == "__main__":
    main()
