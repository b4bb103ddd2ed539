"""Postfix and Exim deliver to mail-serve over SMTP, as mail hosts do."""

import shutil
import smtplib

from peers.case import Case, main
from peers.exim import Exim
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf, message, numbered
from peers.postfix import Postfix
from peers.process import free_port, public_directory, wait_until


class Mta:
    """`peer` takes mail over SMTP and passes it on to `server`."""

    def said(self):
        # Exim's processes that deliver may not write to its log.
        return self.peer.log() + self.peer.output()

    def send(self, octets, *recipients):
        with smtplib.SMTP("127.0.0.1", self.peer.port, timeout=20) as client:
            client.sendmail("carol@example.net", recipients, crlf(octets), ["BODY=8BITMIME"])

    def arrived(self, user, before, count=1):
        return wait_until(lambda: len(found := [one for one in self.server.messages(user)
            if one not in before]) >= count
                          and found, f"{count} for {user}\n{self.said()}", 30)

    def test_octets(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.server.messages("alice")
                self.send(octets, "alice@example.org")
                stored, = self.arrived("alice", before)
                self.assertTrue(stored.endswith(octets), stored)
                self.assertTrue(stored.startswith(b"Return-Path: <carol@example.net>\n"), stored)

    def test_many_at_once(self):
        before = self.server.messages("bob")
        sent = numbered(30)
        for octets in sent:
            self.send(octets, "bob@example.org")
        found = self.arrived("bob", before, len(sent))
        self.assertEqual(len(found), len(sent))
        for octets in sent:
            self.assertEqual(sum(one.endswith(octets) for one in found), 1)

    def test_an_unknown_recipient_is_refused(self):
        before = self.server.messages("alice")
        self.send(message("two", "x\n"), "alice@example.org", "ghost@example.org")
        self.arrived("alice", before)
        wait_until(lambda: "5.1.1 No such user here: ghost" in self.said(), f"the refusal\n{self.said()}", 30)


class FromPostfix(Mta, Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=("smtp://127.0.0.1:0",), certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.server.stop)
        cls.peer = Postfix(transport=f"smtp:[127.0.0.1]:{cls.server.port('smtp')}", users=("alice", "bob", "ghost"),
            extra=(
            f"smtp_tls_security_level = encrypt\nsmtp_tls_loglevel = 1\nsmtp_tls_CAfile = {Case.certificates().ca}\n"))
        cls.peer.start()
        cls.addClassCleanup(cls.peer.stop)

    def test_tls_and_pipelining(self):
        self.send(message("tls", "x\n"), "alice@example.org")
        self.server.wait_event(lambda event: event["event"] == "delivery" and event.get("tls") == "TLSv1.3", "over TLS")


class FromExim(Mta, Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=("smtp://127.0.0.1:0",)).start()
        cls.addClassCleanup(cls.server.stop)
        cls.peer = Exim(relay_to=cls.server.port("smtp")).start()
        cls.addClassCleanup(cls.peer.stop)

    def test_chunking(self):
        self.send(message("chunks", "x\n" * 1000), "bob@example.org")
        wait_until(lambda: " K " in self.said(), f"CHUNKING\n{self.said()}", 30)


class ExtensionsFromExim(Case):
    """What Exim passes on of DSN and SMTPUTF8."""

    @classmethod
    def setUpClass(cls):
        queue = public_directory("queue")
        cls.addClassCleanup(shutil.rmtree, queue, ignore_errors=True)
        cls.server = MailServe(listen=("smtp://127.0.0.1:0",), users={"alice": "x", "bob": "x", "jörg": "x"},
                               arguments=["--relay-server", f"smtp://127.0.0.1:{free_port()}", "--queue-dir",
                                          queue]).start()
        cls.addClassCleanup(cls.server.stop)
        cls.peer = Exim(relay_to=cls.server.port("smtp")).start()
        cls.addClassCleanup(cls.peer.stop)

    def arrived(self, user, text):
        return wait_until(lambda: [one for one in self.server.messages(user) if text in one],
                          f"{text} for {user}\n{self.peer.log()}{self.peer.output()}", 30)[0]

    def test_dsn(self):
        with smtplib.SMTP("127.0.0.1", self.peer.port, timeout=20) as client:
            client.sendmail("alice@example.org", ["bob@example.org"], crlf(message("asked", "the text\n")),
                            ["RET=HDRS", "ENVID=e1"], ["NOTIFY=SUCCESS", "ORCPT=rfc822;robert@example.net"])
        self.arrived("bob", b"Subject: asked")
        report = self.arrived("alice", b"Content-Type: multipart/report")
        for part in (b"Action: delivered", b"Original-Envelope-Id: e1", b"Subject: Delivered: asked",
                     b"Original-Recipient: rfc822; robert@example.net"):
            self.assertIn(part, report)
        self.assertNotIn(b"the text", report)

    def test_smtputf8(self):
        with smtplib.SMTP("127.0.0.1", self.peer.port, timeout=20) as client:
            client.ehlo("client.example")
            client.command_encoding = "utf-8"
            for command in ("MAIL FROM:<zoë@example.net> SMTPUTF8", "RCPT TO:<jörg@example.org>"):
                self.assertEqual(client.docmd(command)[0], 250, command)
            self.assertEqual(client.data(crlf(message("Grüße", "x\n")))[0], 250)
        found = self.arrived("jörg", "Subject: Grüße".encode())
        self.assertTrue(found.startswith("Return-Path: <zoë@example.net>\n".encode()), found)


if __name__ == "__main__":
    main()
