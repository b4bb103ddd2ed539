"""Whose mail mail-serve takes: aliases, details, catch-alls, virtual domains; what it forwards, and what comes back."""

import smtplib

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import message
from peers.process import wait_until
from serve_case import wait_for_empty_queue

ALIASES = b"""# comment
team: alice, bob
out: dan@far.example
lost: nobody@far.example
bob: \\bob, dan@far.example
@shop.example: alice
sales@shop.example: bob@here.example
"""


class Routing(Case):
    def setUp(self):
        super().setUp()
        self.far = MailServe(domains=["far.example"], users={"dan": "secret", "eve": "secret"}).start()
        self.addCleanup(self.far.stop)
        config = self.write("config.toml", b'[host."127.0.0.1"]\ntls = "none"\n')
        self.here = MailServe(
            listen=("smtp://127.0.0.1:0", "submission://127.0.0.1:0", "pop3://127.0.0.1:0"),
            domains=["here.example"],
            users={"alice": "secret", "bob": "hunter2", "carol@shop.example": "secret"},
            arguments=["--relay-server", f"smtp://127.0.0.1:{self.far.port('smtp')}", "--config", config,
                       "--queue-dir", self.path("queue"), "--virtual-domain", "shop.example",
                       "--aliases", self.write("aliases", ALIASES),
                       "--srs-secret", self.write("srs", b"0123456789abcdef\n")]).start()
        self.addCleanup(self.here.stop)

    def client(self, scheme="smtp", login=None):
        client = smtplib.SMTP("127.0.0.1", self.here.port(scheme), timeout=30)
        self.addCleanup(client.close)
        client.ehlo("client.example")
        if login:
            client.login(login, "secret")
        return client

    def receive(self, recipients, subject, sender="eve@far.example"):
        self.client().sendmail(sender, recipients, message(subject, "text\n").replace(b"\n", b"\r\n"))

    def arrived(self, server, user, text):
        found = wait_until(lambda: [one for one in server.messages(user) if text in one], f"{text} for {user}", 20)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_aliases_details_and_virtual_domains(self):
        for subject, recipient, user in (
                ("detail", "alice+lists@here.example", "alice"), ("address", "sales@shop.example", "bob"),
                ("catch-all", "anybody@shop.example", "alice"), ("exact", "carol@shop.example", "carol@shop.example"),
                ("exact detail", "carol+x@shop.example", "carol@shop.example")):
            with self.subTest(subject):
                self.receive([recipient], subject)
                found = self.arrived(self.here, user, f"Subject: {subject}\n".encode())
                self.assertIn(f"Delivered-To: {recipient}\n".encode(), found)
        self.receive(["team@here.example", "alice@here.example"], "to the team")
        self.arrived(self.here, "alice", b"Subject: to the team")
        self.arrived(self.here, "bob", b"Subject: to the team")
        self.arrived(self.far, "dan", b"Subject: to the team")
        with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
            self.receive(["alice@shop.example.com", "nobody@here.example", "carol@here.example"], "refused")
        self.assertEqual([code for code, _ in refused.exception.recipients.values()], [550, 550, 550])

    def test_what_is_forwarded_can_come_back(self):
        self.receive(["out@here.example"], "forwarded")
        found = self.arrived(self.far, "dan", b"Subject: forwarded")
        self.assertRegex(found, rb"\AReturn-Path: <SRS0=[A-Z2-7]{8}=[A-Z2-7]{2}=far\.example=eve@here\.example>\n")
        self.receive(["lost@here.example"], "bounced")
        report = self.arrived(self.far, "eve", b"Subject: Not delivered: bounced")
        self.assertTrue(report.startswith(b"Return-Path: <>\n"), report)
        self.assertIn(b"nobody@far.example", report)
        wait_for_empty_queue(self)

    def test_an_srs_address_is_no_relay(self):
        for address in ("SRS0=AAAAAAAA=AA=far.example=dan@here.example", "SRS1=AAAAAAAA=far.example==x@here.example"):
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                self.receive([address], "forged")
        self.assertEqual(self.far.messages("dan"), [])

    def test_vrfy_and_expn(self):
        stranger = self.client()
        self.assertEqual(stranger.verify("alice")[0], 252)
        self.assertEqual(stranger.verify("nobody")[0], 252)
        self.assertEqual(stranger.expn("team")[0], 502)
        user = self.client(login="alice")
        self.assertEqual(user.verify("alice"), (250, b"2.1.5 <alice@here.example>"))
        self.assertEqual(user.verify("<nobody@here.example>")[0], 550)
        self.assertEqual(user.verify("x@far.example")[0], 252)
        self.assertEqual(user.expn("team"), (250, b"2.1.5 <alice@here.example>\n2.1.5 <bob@here.example>\n"
                                                  b"2.1.5 <dan@far.example>"))

    def test_submission_is_for_users_who_send_in_their_own_name(self):
        self.assertEqual(self.client("submission").mail("alice@here.example")[0], 530)
        user = self.client("submission", login="alice")
        self.assertEqual(user.mail("bob@here.example"), (553, b"5.7.1 The sender's address is not one of alice"))
        for sender in ("alice@here.example", "alice+x@here.example", "team@here.example", "alice@elsewhere.example"):
            self.assertEqual(user.mail(sender)[0], 250, sender)
            user.rset()

    def test_submission_completes_messages_and_the_others_do_not(self):
        bare = b"Subject: bare\r\nTo: bob@here.example\r\nBcc: dan@far.example\r\n\r\ntext\r\n"
        self.client("submission", login="alice").sendmail(
            "alice@here.example", ["bob@here.example", "dan@far.example"], bare)
        for server, user in ((self.here, "bob"), (self.far, "dan")):
            found = wait_until(lambda server=server, user=user: [
                one for one in server.messages(user) if b"Subject: bare" in one and b"\nBcc" not in one], user, 20)[0]
            for field in (b"\nFrom: alice@here.example\n", b"\nMessage-ID: <", b"\nDate: "):
                self.assertEqual(found.count(field), 1, found)
        self.client().sendmail("eve@far.example", ["alice@here.example"], bare)
        found = self.arrived(self.here, "alice", b"Subject: bare")
        self.assertTrue(found.endswith(bare.replace(b"\r\n", b"\n")), found)
        self.assertNotIn(b"\nDate:", found)

    def test_a_wrong_file_is_said(self):
        for text, says in ((b"ok: alice\nlost: nobody\n", b"alias lost: it leads to a user who does not exist"),
                           (b"here: there\nthere: here\n", b"alias here: it leads to nobody")):
            with self.subTest(text):
                outcome = run(["mail-serve", "--store", f"maildir:{self.path('store')}/%u", "--listen",
                               "smtp://127.0.0.1:0", "--domain", "here.example", "--user", "alice:x", "--aliases",
                               self.write("wrong", text)], self.directory)
                self.assertEqual(outcome.status, 78)
                self.assertRegex(outcome.stderr, b"^mail-serve: " + says)


if __name__ == "__main__":
    main()
