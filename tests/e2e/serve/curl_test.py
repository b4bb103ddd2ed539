"""curl into mail-serve over SMTP, and out of it over POP3."""

from peers.case import main
from peers.commands import run
from peers.messages import TEXTS, crlf, message
from serve_case import ServeCase


class Curl(ServeCase):
    def curl(self, *arguments, stdin=b""):
        return run(["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.certificates().ca,
                    *arguments], self.directory, stdin=stdin)

    def curl_ok(self, *arguments, stdin=b""):
        outcome = self.curl(*arguments, stdin=stdin)
        self.assertEqual(outcome.status, 0, str(outcome))
        return outcome.stdout

    def check(self, url, *options, protocol):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.server.messages("alice")
                self.curl_ok(url, *options, "--mail-from", "carol@example.net", "--mail-rcpt", "alice@example.org",
                             "--upload-file", "-", stdin=crlf(octets))
                stored, = self.delivered("alice", before)
                self.check_delivered(stored, octets, "carol@example.net", protocol=protocol)

    def smtp(self, scheme="smtp"):
        return f"{scheme}://localhost:{self.server.port(scheme)}/client.example.net"

    def test_plain(self):
        self.check(self.smtp(), protocol="ESMTP")

    def test_starttls_and_login(self):
        self.check(self.smtp(), "--ssl-reqd", "--user", "alice:secret", protocol="ESMTPSA")

    def test_implicit_tls(self):
        self.check(self.smtp("smtps"), protocol="ESMTPS")

    def test_pop3(self):
        octets = message("for curl", ".\n..\nend\n", recipient="bob@example.org")
        before = self.server.messages("bob")
        self.curl_ok(self.smtp(), "--mail-from", "carol@example.net", "--mail-rcpt", "bob@example.org",
                     "--upload-file", "-", stdin=crlf(octets))
        stored, = self.delivered("bob", before)
        for scheme, options in (("pop3", []), ("pop3", ["--ssl-reqd"]), ("pop3s", []),
                                ("pop3", ["--login-options", "AUTH=+APOP"])):
            with self.subTest(scheme=scheme, options=options):
                url = f"{scheme}://localhost:{self.server.port(scheme)}/"
                listing = self.curl_ok(url, *options, "--user", "bob:hunter2")
                number, size = listing.split(b"\r\n")[-2 if listing.endswith(b"\r\n") else -1].split()
                self.assertEqual(int(size), len(crlf(stored)))
                self.assertEqual(self.curl_ok(url + number.decode(), *options, "--user", "bob:hunter2"), crlf(stored))
        outcome = self.curl(f"pop3://localhost:{self.server.port('pop3')}/", "--user", "bob:wrong")
        self.assertEqual(outcome.status, 67, str(outcome))

    def test_wrong_password(self):
        outcome = self.curl(self.smtp(), "--ssl-reqd", "--user", "alice:wrong", "--mail-from", "alice@example.org",
                            "--mail-rcpt", "alice@example.org", "--upload-file", "-", stdin=crlf(TEXTS["plain"]))
        self.assertEqual(outcome.status, 67, str(outcome))

    def test_foreign_recipient(self):
        outcome = self.curl(self.smtp(), "--mail-from", "carol@example.net", "--mail-rcpt", "x@example.com",
                            "--upload-file", "-", stdin=crlf(TEXTS["plain"]))
        self.assertEqual(outcome.status, 55, str(outcome))
        self.assertIn(b"550", outcome.stderr)


if __name__ == "__main__":
    main()
