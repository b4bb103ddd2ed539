"""Python's smtplib into mail-serve: SMTP, STARTTLS, implicit TLS, AUTH, LMTP."""

import smtplib
import socket
import ssl

from peers.case import main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf, message
from peers.process import wait_until
from serve_case import ServeCase


class Smtplib(ServeCase):
    def connect(self, starttls=False):
        client = smtplib.SMTP("127.0.0.1", self.server.port("smtp"), local_hostname="client.example.net", timeout=20)
        self.addCleanup(client.close)
        client.ehlo()
        if starttls:
            client.starttls(context=ssl.create_default_context(cafile=self.certificates().ca))
            client.ehlo()
        return client

    def test_extensions(self):
        client = self.connect()
        for name in ("pipelining", "size", "8bitmime", "enhancedstatuscodes", "starttls"):
            self.assertTrue(client.has_extn(name), client.esmtp_features)
        self.assertGreater(int(client.esmtp_features["size"]), 1000000)
        client = self.connect(starttls=True)
        self.assertFalse(client.has_extn("starttls"))
        self.assertEqual(client.esmtp_features["auth"].split(),
                         ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"])

    def check_octets(self, client, protocol):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.server.messages("alice")
                self.assertEqual(client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets),
                                                 ["BODY=8BITMIME"]), {})
                stored, = self.delivered("alice", before)
                self.check_delivered(stored, octets, "carol@example.net", protocol=protocol)

    def test_plain(self):
        self.check_octets(self.connect(), "ESMTP")

    def test_starttls(self):
        self.check_octets(self.connect(starttls=True), "ESMTPS")

    def test_implicit_tls(self):
        client = smtplib.SMTP_SSL("localhost", self.server.port("smtps"), timeout=20,
                                  context=ssl.create_default_context(cafile=self.certificates().ca))
        self.addCleanup(client.close)
        self.check_octets(client, "ESMTPS")

    def test_login(self):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism):
                client = self.connect(starttls=True)
                client.user, client.password = "alice", "secret"
                method = getattr(client, "auth_" + mechanism.lower())
                self.assertEqual(client.auth(mechanism, method)[0], 235)
                self.check_octets(client, "ESMTPSA")

    def test_wrong_password(self):
        client = self.connect(starttls=True)
        with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
            client.login("alice", "wrong")
        self.assertEqual(caught.exception.smtp_code, 535)

    def test_two_recipients(self):
        before = {user: self.server.messages(user) for user in ("alice", "bob")}
        octets = message("to two", "hello\n")
        self.connect().sendmail("carol@example.net", ["alice@example.org", "bob@example.org"], crlf(octets))
        for user in ("alice", "bob"):
            stored, = self.delivered(user, before[user])
            self.check_delivered(stored, octets, "carol@example.net", f"{user}@example.org")

    def test_null_sender(self):
        before = self.server.messages("alice")
        octets = message("bounce", "hello\n")
        self.connect().sendmail("", ["alice@example.org"], crlf(octets))
        stored, = self.delivered("alice", before)
        self.check_delivered(stored, octets, "")

    def test_unknown_user(self):
        with self.assertRaises(smtplib.SMTPRecipientsRefused) as caught:
            self.connect().sendmail("carol@example.net", ["nobody@example.org"], "Subject: x\r\n\r\n")
        self.assertRegex(caught.exception.recipients["nobody@example.org"][1], rb"^5\.1\.1 ")

    def test_never_a_relay(self):
        foreign = ["x@example.com", "x%example.com@example.org", "example.com!x@example.org",
                   '"x@example.com"@example.org', "@example.org:x@example.com", "x@example.com@example.org"]
        for recipient in foreign:
            with self.subTest(recipient):
                client = self.connect()
                client.mail("carol@example.net")
                code, text = client.docmd("RCPT", f"TO:<{recipient}>")
                self.assertIn(code, (550, 553, 501), text)
                if recipient == foreign[0]:
                    self.assertEqual((code, text[:5]), (550, b"5.7.1"))
        client = self.connect(starttls=True)
        client.login("alice", "secret")
        client.mail("alice@example.org")
        self.assertEqual(client.rcpt("x@example.com")[0], 550)

    def test_size_is_refused_at_mail(self):
        client = self.connect()
        limit = int(client.esmtp_features["size"])
        self.assertEqual(client.mail("carol@example.net", [f"SIZE={limit + 1}"])[0], 552)

    def test_pipelining(self):
        before = self.server.messages("alice")
        octets = message("pipelined", "hello\n")
        raw = socket.create_connection(("127.0.0.1", self.server.port("smtp")), timeout=20)
        self.addCleanup(raw.close)
        reader = raw.makefile("rb")
        raw.sendall(b"EHLO c.example.net\r\nMAIL FROM:<carol@example.net>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n")
        wait_until(lambda: reader.readline().startswith(b"354"), "354", 10, every=0)
        raw.sendall(crlf(octets) + b".\r\nMAIL FROM:<carol@example.net>\r\nRSET\r\nQUIT\r\n")
        codes = [line[:3] for line in iter(reader.readline, b"")]
        self.assertEqual(codes, [b"250", b"250", b"250", b"221"])
        stored, = self.delivered("alice", before)
        self.check_delivered(stored, octets, "carol@example.net")

    def test_smtp_smuggling(self):
        """threats.md: only CRLF.CRLF ends data; a bare CR or LF is refused."""
        for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"):
            with self.subTest(end):
                before = [self.server.messages(user) for user in ("alice", "bob")]
                raw = socket.create_connection(("127.0.0.1", self.server.port("smtp")), timeout=20)
                self.addCleanup(raw.close)
                reader = raw.makefile("rb")
                raw.sendall(b"EHLO c.example.net\r\nMAIL FROM:<carol@example.net>\r\nRCPT TO:<alice@example.org>\r\n"
                            b"DATA\r\n")
                wait_until(lambda reader=reader: reader.readline().startswith(b"354"), "354", 10, every=0)
                raw.sendall(b"Subject: a\r\n\r\ntext" + end + b"MAIL FROM:<evil@example.net>\r\n"
                            b"RCPT TO:<bob@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\n\r\n.\r\nQUIT\r\n")
                replies = list(iter(reader.readline, b""))
                self.assertEqual(replies[0][:1], b"5", replies)
                self.assertEqual([self.server.messages(user) for user in ("alice", "bob")], before)

    def test_commands_before_starttls_are_not_kept(self):
        """threats.md: bytes left after the STARTTLS line end the connection."""
        raw = socket.create_connection(("127.0.0.1", self.server.port("smtp")), timeout=20)
        self.addCleanup(raw.close)
        raw.sendall(b"EHLO c\r\nSTARTTLS\r\nMAIL FROM:<evil@example.net>\r\n")
        reader = raw.makefile("rb")
        text = reader.read()
        self.assertNotIn(b"\r\n250 2.1.0", text)
        self.assertFalse(text.rstrip().rsplit(b"\r\n", 1)[-1].startswith(b"250"), text)

    def test_lmtp_has_a_reply_for_each_recipient(self):
        before = self.server.messages("alice")
        octets = message("by LMTP", "hello\n")
        client = smtplib.LMTP("127.0.0.1", self.server.port("lmtp"), local_hostname="client.example.net")
        self.addCleanup(client.close)
        client.ehlo()
        client.mail("carol@example.net")
        self.assertEqual(client.rcpt("alice@example.org")[0], 250)
        self.assertEqual(client.rcpt("nobody@example.org")[0], 550)
        self.assertEqual(client.rcpt("bob@example.org")[0], 250)
        self.assertEqual(client.docmd("DATA")[0], 354)
        client.send(crlf(octets) + b".\r\n")
        self.assertEqual([client.getreply()[0], client.getreply()[0]], [250, 250])
        stored, = self.delivered("alice", before)
        self.check_delivered(stored, octets, "carol@example.net", protocol="LMTP")

    def test_lmtp_socket(self):
        path = self.path("lmtp")
        with MailServe(listen=["lmtp:" + path]) as server:
            client = smtplib.LMTP(path, local_hostname="client.example.net")
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
            client.quit()
            self.assertEqual(len(server.messages("alice")), 1)
            self.check_delivered(server.messages("alice")[0], TEXTS["plain"], "carol@example.net", protocol="LMTP")

    def test_listening_events_hold_the_pin_where_tls_is_spoken(self):
        path = self.path("lmtp")
        with MailServe(listen=["smtp://127.0.0.1:0", "lmtp:" + path], arguments=["--tls-self-signed"]) as server:
            pins = {event["url"]: event.get("pinSha256") for event in server.events if event["event"] == "listening"}
            self.assertRegex(pins[server.urls["smtp"]], r"^[A-Za-z0-9+/]{43}=$")
            self.assertEqual(pins["lmtp:" + path], None)

    def test_events(self):
        octets = message("for the events", "hello\n")
        self.connect(starttls=True).sendmail("carol@example.net", ["alice@example.org"], crlf(octets))
        names = [event["event"] for event in self.server.events]
        self.assertEqual(names[:len(self.listen) + 2], ["sandbox"] + ["listening"] * len(self.listen) + ["ready"])
        self.server.wait_event(lambda event: event["event"] == "connection", "a connection event", 10)
        self.server.wait_event(lambda event: event["event"] == "delivery", "a delivery event", 10)

    def test_the_password_is_wiped_from_the_argument_list(self):
        with open(f"/proc/{self.server.process.pid}/cmdline", "rb") as file:
            self.assertNotIn(b"secret", file.read())

    def test_users_file(self):
        made = run(["openssl", "passwd", "-6", "-salt", "abcdefgh", "of the file"], self.directory)
        users = self.write("users", b"dave:" + made.stdout.strip() + b"\n")
        with MailServe(listen=["smtp://127.0.0.1:0"], users={}, arguments=["--users", users]) as server:
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.login("dave", "of the file")
            client.sendmail("dave@example.org", ["dave@example.org"], crlf(TEXTS["plain"]))
            client.quit()
            self.assertEqual(len(server.messages("dave")), 1)

    def test_sigterm_ends_an_idle_session_with_421(self):
        server = MailServe(listen=["smtp://127.0.0.1:0"]).start()
        self.addCleanup(server.remove)
        client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
        client.ehlo()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(client.getreply()[0], 421)
        client.close()


if __name__ == "__main__":
    main()
