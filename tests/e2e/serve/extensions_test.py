"""The SMTP extensions of mail-serve, asked for by mail-send, by Exim and by hand."""

import datetime
import os
import smtplib

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import TEXTS, message
from peers.process import wait_until


class Extensions(Case):
    @classmethod
    def setUpClass(cls):
        cls.far = MailServe(domains=["far.example"], users={"dan": "secret"},
                            certificate=cls.certificates().good).start()
        cls.addClassCleanup(cls.far.stop)

    def setUp(self):
        super().setUp()
        config = self.write("config.toml", b'[host."127.0.0.1"]\ntls = "none"\n')
        self.here = MailServe(
            listen=("smtp://127.0.0.1:0", "submission://127.0.0.1:0", "submissions://127.0.0.1:0",
                    "lmtp://127.0.0.1:0"),
            users={"alice": "secret", "bob": "hunter2", "jörg": "secret"}, certificate=self.certificates().good,
            arguments=["--relay-server", f"smtp://127.0.0.1:{self.far.port('smtp')}", "--config", config,
                       "--queue-dir", self.path("queue")]).start()
        self.addCleanup(self.here.stop)

    def send(self, octets, *arguments, recipients=("bob@example.org",), scheme="submissions", login=True, status=0):
        host = f"{'smtps' if scheme == 'submissions' else 'smtp'}://{'alice@' if login else ''}localhost"
        security = ["--tls-ca", self.certificates().ca] if scheme == "submissions" else ["--tls", "none"]
        outcome = run(["mail-send", "--server", f"{host}:{self.here.port(scheme)}", *security,
                       *(self.password() if login else []), "-f", "alice@example.org", "--json", *arguments,
                       *recipients], self.directory, stdin=octets)
        self.assertEqual(outcome.status, status, str(outcome))
        return schema.check_lines(outcome.stdout)[0]

    def arrived(self, server, user, text):
        return wait_until(lambda: [one for one in server.messages(user) if text in one], f"{text} for {user}", 20)[0]

    def queued(self):
        outcome = run(["mail-send", "--queue-dir", self.path("queue"), "--list", "--json"], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        return schema.check_lines(outcome.stdout)

    def client(self, scheme="smtp", login=None):
        client = smtplib.SMTP("127.0.0.1", self.here.port(scheme), timeout=30)
        self.addCleanup(client.close)
        client.ehlo("client.example")
        if login:
            client.login(login, "secret")
            client.ehlo("client.example")
        return client

    def test_what_is_offered(self):
        stranger = self.client().esmtp_features
        for keyword in ("pipelining", "size", "8bitmime", "chunking", "binarymime", "smtputf8", "dsn", "mt-priority",
                        "deliverby", "limits", "starttls", "enhancedstatuscodes", "auth"):
            self.assertIn(keyword, stranger)
        self.assertNotIn("requiretls", stranger)
        self.assertRegex(stranger["futurerelease"], r"^2592000 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_chunking_keeps_every_octet(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.here.messages("bob")
                self.send(octets)
                found, = [one for one in self.here.messages("bob") if one not in before]
                self.assertTrue(found.endswith(octets), found)
        outcome = run(["mail-send", "--server", f"smtp://localhost:{self.here.port('smtp')}", "--tls", "none",
                       "--trace", "-f", "a@b.example", "bob@example.org"], self.directory, stdin=TEXTS["plain"])
        self.assertRegex(outcome.stderr, rb"C: BDAT \d+ LAST")

    def test_binary_mime_becomes_lines(self):
        octets = (b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
                  b"Content-Transfer-Encoding: binary\r\nSubject: binary\r\n\r\na\nb\0c\rd\xff")
        client = self.client()
        client.mail("a@b.example", ["BODY=BINARYMIME"])
        client.rcpt("bob@example.org")
        self.assertEqual(client.docmd("DATA")[0], 503)
        client.send(b"BDAT 40\r\n" + octets[:40] + b"BDAT %d LAST\r\n" % (len(octets) - 40) + octets[40:])
        self.assertEqual([client.getreply()[0] for _ in range(2)], [250, 250])
        found = self.arrived(self.here, "bob", b"Subject: binary")
        self.assertNotIn(b"\0", found)
        part = self.run_ok("mail-show", "--part", "1", self.write("found.eml", found)).stdout
        self.assertEqual(part, b"a\nb\0c\rd\xff")
        for header in (b"Subject: bare\nline\r\n\r\nx", b"Subject: nul\0\r\n\r\nx"):
            client.mail("a@b.example", ["BODY=BINARYMIME"])
            client.rcpt("bob@example.org")
            client.send(b"BDAT %d LAST\r\n" % len(header) + header)
            self.assertEqual(client.getreply()[0], 550)

    def test_smtputf8(self):
        self.send(message("Grüße", "text\n"), recipients=["jörg@example.org"])
        found = self.arrived(self.here, "jörg", "Subject: Grüße".encode())
        self.assertIn("Delivered-To: jörg@example.org\n".encode(), found)
        self.assertRegex(found, rb"\(mailpipe\) with UTF8SMTPS?A? id ")
        client = self.client()
        client.command_encoding = "utf-8"
        self.assertEqual(client.docmd("MAIL FROM:<jörg@example.org>")[0], 553)

    def test_dsn_of_what_is_delivered_here(self):
        self.send(message("asked", "the text\n"), "--notify", "success", "--envid", "QQ+1", "--ret", "hdrs")
        report = self.arrived(self.here, "alice", b"Content-Type: multipart/report")
        for text in (b"Action: delivered", b"Original-Envelope-Id: QQ+1", b"Final-Recipient: rfc822; bob@example.org"):
            self.assertIn(text, report)
        self.assertNotIn(b"the text", report)
        self.arrived(self.here, "bob", b"Subject: asked")
        self.send(message("never", "text\n"), "--notify", "never", recipients=["nobody@far.example"])
        wait_until(lambda: not self.queued(), "an empty queue", 20)
        self.assertEqual(len(self.here.messages("alice")), 1, "no report where none is wanted")

    def test_dsn_goes_on_to_a_server_that_has_it(self):
        self.send(message("there", "text\n"), "--notify", "success", recipients=["dan@far.example"])
        # The next server offers no DSN: this one says that it has passed the message on (RFC 3461 section 5.2.2).
        report = self.arrived(self.here, "alice", b"Content-Type: multipart/report")
        self.assertIn(b"Action: relayed", report)

    def test_future_release_holds_mail_for_users_here_too(self):
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).replace(microsecond=0)
        self.send(message("later", "text\n"), "--hold-for", "12h")
        self.send(message("then", "text\n"), "--hold-until", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        due = sorted(entry["due"] for entry in self.queued())
        self.assertEqual(len(due), 2)
        self.assertEqual(due[1], until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(self.here.messages("bob"), [])
        self.send(message("too late", "text\n"), "--hold-for", "31d", status=69)

    def test_priority_deadline_and_tls_reach_the_queue(self):
        self.far.stop()
        try:
            self.send(message("urgent", "text\n"), "--priority", "3", "--require-tls", "--deliver-by", "3600:N",
                      recipients=["dan@far.example"])
            entry, = self.queued()
            for directory, _, names in os.walk(self.path("queue", "messages")):
                for name in names:
                    with open(os.path.join(directory, name), "rb") as file:
                        envelope = file.readline()
            self.assertIn(entry["id"].encode(), name.encode())
            for part in (b'"priority":3', b'"requireTls":true', b'"by":'):
                self.assertIn(part, envelope)
        finally:
            type(self).far = MailServe(domains=["far.example"], users={"dan": "secret"},
                                       certificate=self.certificates().good).start()
            self.addClassCleanup(self.far.stop)

    def test_limits_and_late_messages(self):
        client = self.client()
        self.assertEqual(client.esmtp_features["limits"], "RCPTMAX=1000")
        self.assertEqual(client.docmd("MAIL FROM:<a@b.example> BY=0;R")[0], 501)
        self.assertEqual(client.docmd("MAIL FROM:<a@b.example> REQUIRETLS")[0], 555)
        self.assertEqual(client.docmd("MAIL FROM:<a@b.example> HOLDFOR=60")[0], 530)

    def test_lmtp_takes_chunks(self):
        octets = message("lmtp", "text\n")
        outcome = run(["mail-send", "--server", f"lmtp://127.0.0.1:{self.here.port('lmtp')}", "--trace",
                       "--tls-ca", self.certificates().ca,
                       "-f", "a@b.example", "alice@example.org", "bob@example.org"], self.directory, stdin=octets)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertRegex(outcome.stderr, rb"C: BDAT \d+ LAST")
        for user in ("alice", "bob"):
            self.assertTrue(self.arrived(self.here, user, b"Subject: lmtp").endswith(octets))


if __name__ == "__main__":
    main()
