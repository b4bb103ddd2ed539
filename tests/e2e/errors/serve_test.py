"""Errors of mail-serve: at the start one line and an exit status; later a reply to the peer and an event."""

import os
import smtplib
import socket
import subprocess

from error_case import ErrorCase
from peers.case import main
from peers.disk import SmallDisk, unwritable
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf, message


class ServeErrors(ErrorCase):
    def serve(self, *options, store="store", listen="smtp://127.0.0.1:0"):
        return ["mail-serve", "--store", f"maildir:{self.path(store)}/%u", "--domain", "example.org", "--user",
                "alice:secret", "--listen", listen, *options]

    def test_usage(self):
        for argv, says in (
                (["mail-serve", "--no-such-option"], "no-such-option"),
                (["mail-serve", "--listen", "smtp://127.0.0.1:0"], "--store"),
                (["mail-serve", "--store", "maildir:/tmp/%u"], "--listen"),
                (self.serve("--user", "bob"), "NAME:PASSWORD"),
                (self.serve(listen="http://127.0.0.1:0"), "http"),
                (self.serve(listen="smtp://127.0.0.1:99999"), "99999|port"),
                (self.serve("--tls-cert", "x.pem"), "--tls-key"),
                (self.serve("--tls-cert", "x.pem", "--tls-cert", "y.pem", "--tls-key", "z.pem"), "--tls-key.*order"),
                (self.serve("--tls-client-ca", "x.pem"), "--tls-client-ca.*TLS"),
                (self.serve("--pop3-uidl", "mine"), "--pop3-uidl"),
                (self.serve("--failed-login-delay", "-1"), "--failed-login-delay"),
                (self.serve("--max-message-size", "big"), "max-message-size|size"),
                (["mail-serve", "--store", "mh:/tmp/%u", "--listen", "smtp://127.0.0.1:0"], "mh:.*maildir"),
                (["mail-serve", "--store", f"maildir:{self.path('fixed')}", "--domain", "example.org", "--user",
                  "alice:secret", "--user", "bob:secret", "--listen", "smtp://127.0.0.1:0"], "%u"),
                (["mail-serve", "--store", f"maildir:{self.path('fixed')}", "--listen", "smtp://127.0.0.1:0"], "%u"),
                (self.serve(listen="smtps://127.0.0.1:0"), "(?i)tls|certificate")):
            with self.subTest(argv=argv[1:]):
                self.fails(64, argv, says)

    def test_user_names_never_become_paths(self):
        """threats.md: path traversal by user."""
        for name in ("../alice", "a/b", ".", "..", ".hidden/../x"):
            with self.subTest(name):
                self.fails(64, self.serve("--user", f"{name}:secret"), "(?i)user|name")
        self.assertFalse(os.path.exists(self.path("alice")))

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.fails(75, self.serve(listen=f"smtp://127.0.0.1:{taken.getsockname()[1]}"), "(?i)in use")

    def test_what_cannot_be_bound(self):
        # TEST-NET-3 is nobody's.
        self.fails(75, self.serve(listen="smtp://203.0.113.7:0"), "203.0.113.7 port 0: Cannot assign")
        self.fails(75, self.serve("--metrics", "http://203.0.113.7:0/metrics"), "203.0.113.7 port 0: Cannot assign")
        self.fails(73, self.serve(listen="lmtp:" + self.write("file", b"")), "file: a file that is no socket")

    def test_unwritable_store(self):
        unwritable(self, "locked")
        self.fails(73, self.serve(store="locked/store"), "locked/store", "(?i)read-only|permission")

    def test_bad_tls_files(self):
        empty = self.write("empty.pem", b"")
        good = self.certificates().good
        for certificate, key, says in ((self.path("missing.pem"), good.key, "missing.pem"),
                                       (empty, good.key, "empty.pem"),
                                       (good.certificate, self.certificates().expired.key, r"expired\.key|good\.pem")):
            with self.subTest(says):
                self.fails(78, self.serve("--tls-cert", certificate, "--tls-key", key), says)

    def test_bad_users_file(self):
        for text, says in ((b"alice\n", "users:1"), (b"alice:$6$ab$cdefghijk\nbob:plain\n", "users:[12]"),
                           (b"../x:$6$abcdefgh$abcdefgh\n", "users:1")):
            with self.subTest(text):
                self.fails(78, ["mail-serve", "--store", f"maildir:{self.path('store')}/%u", "--domain", "example.org",
                                "--users", self.write("users", text), "--listen", "smtp://127.0.0.1:0"], says)
        self.fails(78, ["mail-serve", "--store", f"maildir:{self.path('store')}/%u", "--domain", "example.org",
                        "--users", self.path("missing"), "--listen", "smtp://127.0.0.1:0"], "missing")

    def test_full_disk(self):
        with SmallDisk(self.path("small"), 600) as disk:
            with MailServe(listen=["smtp://127.0.0.1:0"], store=self.path("small", "store")) as server:
                large = message("large", ("y" * 70 + "\n") * 15000)
                client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
                with self.assertRaises(smtplib.SMTPDataError) as caught:
                    client.sendmail("carol@example.net", ["alice@example.org"], crlf(large))
                self.assertEqual((caught.exception.smtp_code, caught.exception.smtp_error[:5]), (452, b"4.3.1"))
                server.wait_event(lambda event: event["event"] == "error", "an error event", 10)
                self.assertEqual(server.messages("alice"), [])
                staged = self.path("small", "store", "alice", "tmp")
                self.assertEqual(os.listdir(staged) if os.path.isdir(staged) else [], [])
                # The session goes on, and there is room for a small one.
                client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
                disk.grow(5000)
                client.sendmail("carol@example.net", ["alice@example.org"], crlf(large))
                client.quit()
                self.assertEqual(len(server.messages("alice")), 2)

    def test_octets_that_smtp_forbids(self):
        with MailServe(listen=["smtp://127.0.0.1:0"]) as server:
            for text in (b"a\0b\r\n", b"one\ntwo\r\n", b"one\rtwo\r\n"):
                with self.subTest(text):
                    raw = socket.create_connection(("127.0.0.1", server.port("smtp")), timeout=20)
                    self.addCleanup(raw.close)
                    reader = raw.makefile("rb")
                    raw.sendall(b"HELO c\r\nMAIL FROM:<c@example.net>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n")
                    replies = [reader.readline()[:3] for _ in range(5)]
                    self.assertEqual(replies, [b"220", b"250", b"250", b"250", b"354"])
                    raw.sendall(b"Subject: x\r\n\r\n" + text + b".\r\n")
                    self.assertRegex(reader.readline(), rb"^5[05][04] 5\.[56]\.")
            self.assertEqual(server.messages("alice"), [])

    def test_line_of_1_mb(self):
        with MailServe(listen=["smtp://127.0.0.1:0"]) as server:
            octets = message("long line", "z" * 1_000_000 + "\n")
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets))
            client.quit()
            stored, = server.messages("alice")
            self.assertTrue(stored.endswith(octets))

    def test_overlong_command(self):
        with MailServe(listen=["smtp://127.0.0.1:0", "pop3://127.0.0.1:0"]) as server:
            for scheme, refusal in (("smtp", b"5"), ("pop3", b"-ERR")):
                raw = socket.create_connection(("127.0.0.1", server.port(scheme)), timeout=20)
                self.addCleanup(raw.close)
                reader = raw.makefile("rb")
                reader.readline()
                raw.sendall(b"NOOP " + b"x" * 100000 + b"\r\n")
                self.assertTrue(reader.readline().startswith(refusal))

    def test_message_larger_than_the_limit(self):
        with MailServe(listen=["smtp://127.0.0.1:0"], arguments=["--max-message-size", "10k"]) as server:
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.helo()  # without SIZE, so that the data themselves are too large
            client.mail("carol@example.net")
            client.rcpt("alice@example.org")
            self.assertEqual(client.data(crlf(message("large", ("y" * 70 + "\n") * 500)))[0], 552)
            self.assertEqual(client.noop()[0], 250)
            client.quit()
            self.assertEqual(server.messages("alice"), [])

    def test_mail_that_loops(self):
        with MailServe(listen=["smtp://127.0.0.1:0"]) as server:
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            octets = b"Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0100\n" * 60 + TEXTS["plain"]
            with self.assertRaises(smtplib.SMTPDataError) as caught:
                client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets))
            self.assertEqual((caught.exception.smtp_code, caught.exception.smtp_error[:5]), (554, b"5.4.6"))
            client.quit()

    def test_three_wrong_passwords_end_the_session(self):
        with MailServe(listen=["smtp://127.0.0.1:0"]) as server:
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.ehlo()
            codes = []
            try:
                for _ in range(10):
                    codes.append(client.docmd("AUTH", "PLAIN AGFsaWNlAHdyb25n")[0])
            except smtplib.SMTPServerDisconnected:
                pass
            self.assertIn(len([code for code in codes if code == 535]), (2, 3), codes)
            self.assertLess(len(codes), 6)

    def test_bad_files_of_users(self):
        for text, mode, says in ((b"alice:*\n", 0o644, "chmod 600"), (b"alice:*\n", 0o620, "chmod 600"),
                                 (b"\nalice:plain\n", 0o600, "users:2: .*crypt"),
                                 (b"alice:{MD4}secret\n", 0o600, "users:1: {MD4}.*not supported"),
                                 (b"../a:*\n", 0o600, "users:1: user name"),
                                 (b"alice:*:SCRAM-SHA-256$1:a$b:c\n", 0o600, "users:1: SCRAM")):
            with self.subTest(text):
                self.fails(78, self.serve("--users", self.write("users", text, mode)), says)
        self.fails(78, self.serve("--users", self.path("missing")), "missing")

    def test_bad_files_of_limits(self):
        for text, mode, says in ((b"max-recipients = 0\n", 0o644, "limits:1: max-recipients: a number"),
                                 (b"\nthreads = 2\n", 0o644, "limits:2: no limit is called 'threads'"),
                                 (b"timeout = 10\n", 0o666, "limits: others can write it")):
            with self.subTest(text):
                self.fails(78, self.serve("--limits", self.write("limits", text, mode)), says)
        self.fails(78, self.serve("--limits", self.path("missing")), "missing")

    def test_idle_peer(self):
        with MailServe(listen=["smtp://127.0.0.1:0", "pop3://127.0.0.1:0"], arguments=["--timeout", "1"]) as server:
            for scheme in ("smtp", "pop3"):
                raw = socket.create_connection(("127.0.0.1", server.port(scheme)), timeout=20)
                self.addCleanup(raw.close)
                self.assertRegex(raw.makefile("rb").read(), rb"^220 [^\n]*\n421 4\.4\.2|^\+OK [^\n]*\n(-ERR[^\n]*\n)?$")

    def test_the_reader_of_the_events_has_left(self):
        process = subprocess.Popen([os.path.join(os.environ["MAILPIPE_BIN"], "mail-serve"),
                                    *self.serve("--events", "-")[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        for event in (b'"sandbox"', b'"listening"', b'"ready"'):
            self.assertIn(event, process.stdout.readline())
        process.stdout.close()
        process.terminate()
        self.assertEqual(process.wait(20), 0)
        process.stderr.close()


if __name__ == "__main__":
    main()
