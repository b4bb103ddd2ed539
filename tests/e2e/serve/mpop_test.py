"""mpop out of mail-serve."""

import os

from peers.case import main
from peers.commands import run
from pop_clients import PopClientCase


class Mpop(PopClientCase):
    def mpop(self, *options):
        for name in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", name), exist_ok=True)
        outcome = run(["mpop", "--file=/dev/null", "--host=localhost", "--user=alice", "--passwordeval=echo secret",
                       f"--delivery=maildir,{self.path('mail')}", f"--uidls-file={self.path('uidls')}",
                       "--received-header=off", f"--tls-trust-file={self.certificates().ca}", "--timeout=20",
                       *options], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))

    def check(self, *options):
        for _ in range(2):
            self.mpop("--keep=on", *options)
            self.assertEqual(self.maildir("mail"), self.stored)
        self.assertEqual(sorted(self.server.messages("alice")), self.stored)

    def test_plain(self):
        self.check(f"--port={self.server.port('pop3')}", "--tls=off", "--auth=user")

    def test_apop(self):
        self.check(f"--port={self.server.port('pop3')}", "--tls=off", "--auth=apop")

    def test_starttls(self):
        self.check(f"--port={self.server.port('pop3')}", "--tls=on", "--tls-starttls=on")

    def test_implicit_tls(self):
        self.check(f"--port={self.server.port('pop3s')}", "--tls=on", "--tls-starttls=off")

    def test_pipelined_delete(self):
        self.mpop("--keep=off", f"--port={self.server.port('pop3s')}", "--tls=on", "--tls-starttls=off",
                  "--pipelining=on")
        self.assertEqual(self.maildir("mail"), self.stored)
        self.assertEqual(self.server.messages("alice"), [])


if __name__ == "__main__":
    main()
