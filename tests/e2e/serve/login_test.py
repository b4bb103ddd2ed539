"""Logins into mail-serve by all mechanisms, with clients that other people wrote; what is slow and what is not."""

import base64
import os
import smtplib
import socket
import ssl
import subprocess
import threading
import time

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf
from peers.process import wait_until

_TOKENS = """read -r token
case $token in
alice-token) echo alice ;;
bob-token) echo bob@example.org ;;
busy) exit 75 ;;
*) exit 1 ;;
esac"""

_USERS = """IFS= read -r name
IFS= read -r password
case $name:$password in
carol:"pass word") exit 0 ;;
slow:*) sleep 60 ;;
broken:*) exit 3 ;;
*) exit 1 ;;
esac"""


class LoginCase(Case):
    def serve(self, *arguments, users=None, listen=("smtp", "smtps", "pop3", "pop3s")):
        server = MailServe(listen=[f"{scheme}://127.0.0.1:0" for scheme in listen], users=users,
                           certificate=self.certificates().good, arguments=arguments)
        return self.enterContext(server)

    def logins(self, server):
        """Mechanism, user and outcome of each login so far."""
        return [(event["mechanism"], event["user"], event["ok"]) for event in server.events
                if event["event"] == "login"]

    def wait_login(self, server, expected):
        server.wait_event(lambda event: event["event"] == "login" and
                          (event["mechanism"], event["user"], event["ok"]) == expected, f"the login {expected}", 10)

    def msmtp(self, server, mechanism, *options, word="secret", user="alice"):
        return run(["msmtp", "--file=/dev/null", "--host=localhost", f"--port={server.port('smtp')}", "--tls=on",
                    "--tls-starttls=on", f"--tls-trust-file={self.certificates().ca}", "--from=alice@example.org",
                    f"--auth={mechanism}", f"--user={user}", f"--passwordeval=echo {word}", *options, "--",
                    "alice@example.org"], self.directory, stdin=TEXTS["plain"])

    def mpop(self, server, mechanism, word="secret", user="alice"):
        for name in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", name), exist_ok=True)
        return run(["mpop", "--file=/dev/null", "--host=localhost", f"--port={server.port('pop3s')}", "--tls=on",
                    "--tls-starttls=off", f"--tls-trust-file={self.certificates().ca}", f"--auth={mechanism}",
                    f"--user={user}", f"--passwordeval=echo {word}", f"--delivery=maildir,{self.path('mail')}",
                    f"--uidls-file={self.path('uidls')}"], self.directory)

    def fetch(self, server, *options, scheme="pop3s", user="alice", environment=None):
        return run(["mail-fetch", f"{scheme}://{user}@localhost:{server.port(scheme)}/", "--to",
                    f"maildir:{self.path('fetched')}", "--tls-ca", self.certificates().ca, *options],
                   self.directory, environment=environment)

    def curl(self, server, scheme, *options, user="alice"):
        path = "client.example.net" if scheme.startswith("smtp") else ""
        more = (["--mail-from", f"{user}@example.org", "--mail-rcpt", "alice@example.org", "--upload-file", "-"]
                if path else [])
        return run(["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.certificates().ca,
                    f"{scheme}://localhost:{server.port(scheme)}/{path}", *more, *options], self.directory,
                   stdin=crlf(TEXTS["plain"]))


class Mechanisms(LoginCase):
    def test_passwords(self):
        server = self.serve("--allow-cram-md5")
        for name in ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"):
            with self.subTest(name):
                self.assertEqual(self.msmtp(server, name).status, 0)
                self.wait_login(server, (name.upper(), "alice", True))
                self.assertNotEqual(self.msmtp(server, name, word="wrong").status, 0)
                self.wait_login(server, (name.upper(), "alice", False))
                self.assertEqual(self.mpop(server, name, user="alice@example.org").status, 0)
                self.assertNotEqual(self.mpop(server, name, word="wrong").status, 0)
                self.assertNotEqual(self.mpop(server, name, user="nobody").status, 0)
                self.wait_login(server, (name.upper(), "nobody", False))
        for name in ("PLAIN", "LOGIN", "CRAM-MD5"):
            outcome = run(["swaks", "--server", "127.0.0.1", "--port", str(server.port("smtp")), "--to",
                           "bob@example.org", "--from", "a@example.net", "--auth", name, "--auth-user", "bob",
                           "--auth-password", "hunter2", "--suppress-data"], self.directory)
            self.assertEqual(outcome.status, 0, str(outcome))
            self.wait_login(server, (name, "bob", True))

    def test_channel_binding_by_our_client(self):
        server = self.serve()
        outcome = self.fetch(server, *self.password())
        self.assertEqual(outcome.status, 0, str(outcome))
        self.wait_login(server, ("SCRAM-SHA-256-PLUS", "alice", True))
        outcome = self.fetch(server, *self.password("wrong"))
        self.assertEqual(outcome.status, 77, str(outcome))
        self.wait_login(server, ("SCRAM-SHA-256-PLUS", "alice", False))

    def test_tokens(self):
        server = self.serve("--token-command", _TOKENS)
        for name in ("xoauth2", "oauthbearer"):
            with self.subTest(name):
                self.assertEqual(self.msmtp(server, name, word="alice-token").status, 0)
                self.assertNotEqual(self.msmtp(server, name, word="bob-token").status, 0)
                self.assertNotEqual(self.msmtp(server, name, word="x").status, 0)
                self.assertEqual(self.mpop(server, name, word="bob-token", user="bob").status, 0)
                self.assertNotEqual(self.mpop(server, name, word="x").status, 0)
                wait_until(lambda: len(self.logins(server)) % 5 == 0, "five more logins", 10)
                self.assertEqual(self.logins(server)[-5:], [
                    (name.upper(), "alice", True), (name.upper(), "alice", False), (name.upper(), "alice", False),
                    (name.upper(), "bob", True), (name.upper(), "alice", False)])
        for scheme in ("smtps", "pop3s"):
            outcome = self.curl(server, scheme, "--user", "alice", "--oauth2-bearer", "alice-token")
            self.assertEqual(outcome.status, 0, str(outcome))
            outcome = self.curl(server, scheme, "--user", "alice", "--oauth2-bearer", "bob-token")
            self.assertEqual(outcome.status, 67, str(outcome))
        self.assertIn(b"454", self.msmtp(server, "xoauth2", word="busy").stderr)

    def test_certificates(self):
        server = self.serve("--tls-client-ca", self.certificates().ca)
        alice = self.certificates().client("alice")
        shown = [f"--tls-cert-file={alice.certificate}", f"--tls-key-file={alice.key}"]
        self.assertEqual(self.msmtp(server, "external", *shown).status, 0)
        self.wait_login(server, ("EXTERNAL", "alice", True))
        self.assertNotEqual(self.msmtp(server, "external", *shown, user="bob").status, 0)
        self.wait_login(server, ("EXTERNAL", "bob", False))
        # Without a certificate the others are there, and EXTERNAL is not.
        self.assertEqual(self.msmtp(server, "plain").status, 0)
        self.assertNotEqual(self.msmtp(server, "external").status, 0)
        stranger = self.certificates().client("nobody")
        self.assertNotEqual(self.msmtp(server, "external", f"--tls-cert-file={stranger.certificate}",
                                       f"--tls-key-file={stranger.key}").status, 0)
        outcome = self.fetch(server, "--tls-cert", alice.certificate, "--tls-key", alice.key)
        self.assertEqual(outcome.status, 0, str(outcome))
        wait_until(lambda: self.logins(server)[-1] == ("EXTERNAL", "alice", True), "the login", 10)

    def test_a_command_judges(self):
        server = self.serve("--user-command", _USERS, users={"alice": "secret"})
        for scheme in ("smtps", "pop3s"):
            self.assertEqual(self.curl(server, scheme, "--user", "carol:pass word", user="carol").status, 0)
            self.assertEqual(self.curl(server, scheme, "--user", "alice:secret").status, 0)
            self.assertEqual(self.curl(server, scheme, "--user", "carol:password").status, 67)
        # From the first login on there is a mailbox.
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            self.assertEqual(client.sendmail("x@example.net", ["carol@example.org"], crlf(TEXTS["plain"])), {})
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("x@example.net", ["dave@example.org"], crlf(TEXTS["plain"]))
            client.ehlo()
            with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                client.login("broken", "x")
            self.assertEqual(caught.exception.smtp_code, 454)
        self.assertIn("ended with status 3", server.stderr())
        self.assertNotIn("pass word", server.stderr())


class Throttling(LoginCase):
    def log_in(self, server, name, word):
        """The reply's code, and the seconds until it came."""
        with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=60) as client:
            client.ehlo()
            begin = time.monotonic()
            plain = base64.b64encode(f"\0{name}\0{word}".encode()).decode()
            code, _ = client.docmd("AUTH", "PLAIN " + plain)
            return code, time.monotonic() - begin

    def test_refusals_are_held_back_and_logins_are_not(self):
        server = self.serve("--failed-login-delay", "0.3", listen=("smtp",))
        for least in (0.3, 0.6, 1.2):
            code, seconds = self.log_in(server, "nobody", "x")
            self.assertEqual(code, 535)
            self.assertGreaterEqual(seconds, least)
        code, seconds = self.log_in(server, "alice", "secret")
        self.assertEqual(code, 235)
        self.assertLess(seconds, 0.3)

    def test_it_ends_while_a_refusal_is_held_back(self):
        server = MailServe(listen=("smtp://127.0.0.1:0",), arguments=["--failed-login-delay", "60"]).start()
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        client = socket.create_connection(("127.0.0.1", server.port("smtp")), timeout=30)
        self.addCleanup(client.close)
        client.sendall(b"EHLO x\r\nAUTH PLAIN " + base64.b64encode(b"\0alice\0x") + b"\r\n")
        # It is judged by the time that a later one has been.
        self.assertEqual(self.log_in(server, "alice", "secret")[0], 235)
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_flood_of_guesses_does_not_delay_others(self):
        """yescrypt takes its time; whoever comes from elsewhere waits for at most what is being computed."""
        users = self.path("users")
        self.run_ok("mail-serve", "users", "add", "--users", users, "alice", stdin=b"secret\n")
        server = self.serve("--users", users, users={}, listen=("smtp",))
        alone = min(self.log_in(server, "alice", "secret")[1] for _ in range(3))
        stop = threading.Event()

        def guess(address):
            while not stop.is_set():
                try:
                    with socket.create_connection(("127.0.0.1", server.port("smtp")), 30, (address, 0)) as raw:
                        raw.sendall(b"EHLO x\r\n" + b"AUTH PLAIN AGFsaWNlAHg=\r\n" * 3)
                        while raw.recv(4096):
                            pass
                except OSError:
                    pass

        threads = [threading.Thread(target=guess, args=(f"127.0.1.{n}",)) for n in range(20)]
        for thread in threads:
            thread.start()
        try:
            server.wait_event(lambda event: event["event"] == "login" and not event["ok"], "a guess", 30)
            taken = [self.log_in(server, "alice", "secret") for _ in range(5)]
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
        self.assertEqual({code for code, _ in taken}, {235})
        # One hash of each thread before it, its own, and the same again for a machine that does other things.
        self.assertLess(min(seconds for _, seconds in taken), 4 * alone + 0.5, (alone, taken))


class Names(LoginCase):
    def subject(self, port, name=None, session=None):
        context = ssl.create_default_context(cafile=self.certificates().ca)
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion.TLSv1_2 if session == "1.2" else ssl.TLSVersion.TLSv1_3
        with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
            with context.wrap_socket(raw, server_hostname=name) as client:
                return {value for kind, value in client.getpeercert()["subjectAltName"] if kind == "DNS"}

    def test_certificates_by_name(self):
        certificates = self.certificates()
        other, wild = certificates.wrong_name, certificates.named("wild", "*.example.com")
        server = self.serve("--tls-cert", other.certificate, "--tls-key", other.key,
                            "--tls-cert", wild.certificate, "--tls-key", wild.key)
        port = server.port("pop3s")
        for name, expected in ((None, "localhost"), ("localhost", "localhost"),
                               ("mail.example.net", "mail.example.net"),
                               ("MAIL.EXAMPLE.NET", "mail.example.net"), ("a.example.com", "*.example.com"),
                               ("a.b.example.com", "localhost"), ("elsewhere.example", "localhost")):
            for version in ("1.2", "1.3"):
                self.assertEqual(self.subject(port, name, version), {expected}, name)

    def test_tickets(self):
        server = self.serve("--tls-client-ca", self.certificates().ca, listen=("pop3s",))
        alice = self.certificates().client("alice")
        for version in ("-tls1_2", "-tls1_3"):
            said = []
            for session in ("-sess_out", "-sess_in"):
                said.append(subprocess.run(
                    ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port('pop3s')}", version, "-CAfile",
                     self.certificates().ca, "-cert", alice.certificate, "-key", alice.key, "-crlf", "-ign_eof",
                     session, self.path("session" + version)], input=b"AUTH EXTERNAL =\nSTAT\nQUIT\n",
                    capture_output=True, check=False, timeout=30).stdout)
            self.assertIn(b"\nNew, TLS", said[0])
            self.assertIn(b"\nReused, TLS", said[1])
            # Who it is is known without showing the certificate again.
            for text in said:
                self.assertIn(b"+OK 0 0", text)


if __name__ == "__main__":
    main()
