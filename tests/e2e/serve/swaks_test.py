"""swaks into mail-serve."""

from peers.case import main
from peers.commands import run
from peers.messages import TEXTS
from serve_case import ServeCase


class Swaks(ServeCase):
    def send(self, octets, *options):
        before = self.server.messages("alice")
        path = self.write("message", octets)
        outcome = run(["swaks", "--from", "carol@example.net", "--to", "alice@example.org", "--data", "@" + path,
                       "--ehlo", "client.example.net", "--timeout", "20", *options], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        return self.delivered("alice", before)[0]

    def check(self, *options, protocol):
        for name in ("plain", "umlauts", "empty body", "folded"):
            with self.subTest(name):
                stored = self.send(TEXTS[name], *options)
                # swaks adds an empty line at the end of every message.
                self.check_delivered(stored, TEXTS[name] + (b"" if stored.endswith(TEXTS[name]) else b"\n"),
                                     "carol@example.net", protocol=protocol)

    def test_plain(self):
        self.check("--server", "127.0.0.1", "--port", str(self.server.port("smtp")), protocol="ESMTP")

    def test_starttls_and_auth(self):
        for mechanism in ("PLAIN", "LOGIN"):
            self.check("--server", "127.0.0.1", "--port", str(self.server.port("smtp")), "--tls", "--auth", mechanism,
                       "--auth-user", "alice", "--auth-password", "secret", protocol="ESMTPSA")

    def test_implicit_tls(self):
        self.check("--server", "127.0.0.1", "--port", str(self.server.port("smtps")), "--tlsc", protocol="ESMTPS")

    def test_pipelined(self):
        self.check("--server", "127.0.0.1", "--port", str(self.server.port("smtp")), "--pipeline", protocol="ESMTP")

    def test_wrong_password(self):
        outcome = run(["swaks", "--server", "127.0.0.1", "--port", str(self.server.port("smtp")), "--tls", "--to",
                       "alice@example.org", "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "wrong",
                       "--timeout", "20"], self.directory)
        self.assertEqual(outcome.status, 28, str(outcome))
        self.assertIn(b"535 5.7.8", outcome.stdout)


if __name__ == "__main__":
    main()
