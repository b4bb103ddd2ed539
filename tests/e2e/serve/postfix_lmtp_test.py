"""Postfix delivering into mail-serve over LMTP."""

import smtplib

from peers.case import main
from peers.messages import TEXTS, crlf, message
from peers.postfix import Postfix
from serve_case import ServeCase


class PostfixLmtp(ServeCase):
    listen = ("lmtp://127.0.0.1:0",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postfix = Postfix(transport=f"lmtp:inet:127.0.0.1:{cls.server.port('lmtp')}",
                              users=("alice", "bob", "ghost")).start()
        cls.addClassCleanup(cls.postfix.stop)

    def send(self, octets, *recipients):
        client = smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=20)
        client.sendmail("carol@example.net", recipients, crlf(octets), ["BODY=8BITMIME"])
        client.quit()

    def test_octets(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.server.messages("alice")
                self.send(octets, "alice@example.org")
                stored, = self.delivered("alice", before)
                self.assertTrue(stored.endswith(octets), stored)
                self.assertTrue(stored.startswith(b"Return-Path: <carol@example.net>\n"), stored)
                self.assertIn(b"by postfix.example.org (Postfix)", stored)

    def test_the_unknown_of_three_recipients_is_bounced_alone(self):
        before = {user: self.server.messages(user) for user in ("alice", "bob")}
        octets = message("to three", "hello\n")
        self.send(octets, "alice@example.org", "ghost@example.org", "bob@example.org")
        for user in ("alice", "bob"):
            stored, = self.delivered(user, before[user])
            self.assertTrue(stored.endswith(octets), stored)
        self.postfix.wait_log("to=<ghost@example.org>")
        line = [line for line in self.postfix.log().splitlines() if "to=<ghost@example.org>" in line][0]
        self.assertRegex(line, r"status=bounced .*550.5\.1\.1")


if __name__ == "__main__":
    main()
