"""A mail-serve for a test file, and what it must have put around a delivered message."""

import re

from peers.case import Case
from peers.commands import run
from peers.mailserve import MailServe
from peers.process import wait_until

LISTEN = ("smtp://127.0.0.1:0", "smtps://127.0.0.1:0", "pop3://127.0.0.1:0", "pop3s://127.0.0.1:0",
          "lmtp://127.0.0.1:0")


def wait_for_empty_queue(case):
    """What was sent from it is there before it has heard so."""
    def nothing_is_queued():
        listed = run(["mail-send", "--queue-dir", case.path("queue"), "--list"], case.directory)
        case.assertEqual(listed.status, 0, str(listed))
        return not listed.stdout
    wait_until(nothing_is_queued, "an empty queue", 20)


class ServeCase(Case):
    listen = LISTEN

    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=cls.listen, certificate=Case.certificates().good)
        cls.server.start()
        cls.addClassCleanup(cls.stop_server)

    @classmethod
    def stop_server(cls):
        try:
            status = cls.server.stop()
            assert status == 0, f"mail-serve ended with {status}: {cls.server.stderr()}"
        finally:
            cls.server.remove()

    def delivered(self, user, before, count=1):
        """The messages that arrived since `before`, a list of what was there."""
        found = wait_until(lambda: [octets for octets in self.server.messages(user) if octets not in before],
                           f"a message for {user}", 10)
        self.assertEqual(len(found), count, found)
        return found

    def check_delivered(self, stored, sent, reverse_path, recipient="alice@example.org", protocol="(E|UTF8)?SMTPS?A?"):
        """Return-Path, Delivered-To and Received stand before the message, which is kept octet for octet."""
        self.assertTrue(stored.endswith(sent), stored)
        trace = stored[:len(stored) - len(sent)].decode("ascii")
        lines = re.sub(r"\n[ \t]+", " ", trace).splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["Return-Path", "Delivered-To", "Received"], trace)
        self.assertEqual(lines[0], f"Return-Path: <{reverse_path}>")
        self.assertEqual(lines[1], f"Delivered-To: {recipient}")
        self.assertRegex(lines[2], rf"^Received: from .* by .* with {protocol} .*; .*20\d\d")
