"""A Maildir that another POP3 server served before: mpop, which knows it, downloads nothing again, new mail once."""

import contextlib
import os
import poplib
import shutil
import smtplib

from peers.case import Case, main
from peers.commands import run
from peers.courier import Courier
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf, message


class Takeover(Case):
    def mpop(self, port):
        """Fetches what is there for the first time; the octets of all that was fetched so far."""
        for name in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", name), exist_ok=True)
        outcome = run(["mpop", "--file=/dev/null", "--host=localhost", f"--port={port}", "--user=alice", "--tls=off",
                       "--auth=user", "--passwordeval=echo secret", f"--delivery=maildir,{self.path('mail')}",
                       f"--uidls-file={self.path('uidls')}", "--keep=on", "--received-header=off", "--timeout=20"],
                      self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        return self.maildir("mail")

    def uidls(self, port):
        client = poplib.POP3("127.0.0.1", port, timeout=20)
        client.user("alice")
        client.pass_("secret")
        found = {line.split()[1] for line in client.uidl()[1]}
        client.quit()
        return found

    def serve(self, *arguments):
        return MailServe(listen=("pop3://127.0.0.1:0", "lmtp://127.0.0.1:0"), store=self.path("store"),
                         arguments=arguments)

    def send(self, server, octets):
        with smtplib.LMTP("127.0.0.1", server.port("lmtp")) as client:
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets))

    def check(self, maildir, port):
        fetched = self.mpop(port)
        self.assertEqual(len(fetched), len(TEXTS))
        known = self.uidls(port)
        shutil.copytree(maildir, self.path("store", "alice"))
        with self.serve() as server:
            self.assertEqual(self.uidls(server.port("pop3")), known)
            self.assertEqual(self.mpop(server.port("pop3")), fetched)
            self.send(server, message("after the change", "text\n"))
            for _ in range(2):
                self.assertEqual(len(self.mpop(server.port("pop3"))), len(fetched) + 1)
            ours = self.uidls(server.port("pop3"))
            self.assertEqual(ours & known, known)
        with self.serve() as server:
            self.assertEqual(self.uidls(server.port("pop3")), ours)
        with self.serve("--pop3-uidl", "own") as server:
            self.assertFalse(self.uidls(server.port("pop3")) & known)

    def fill(self, deliver):
        for number, octets in enumerate(TEXTS.values()):
            deliver(octets, f"{1700000000 + number}.M{number}P1.host")

    def check_dovecot(self, extra=""):
        with contextlib.ExitStack() as stack:
            dovecot = stack.enter_context(Dovecot(extra=extra))
            self.fill(lambda octets, name: dovecot.deliver("alice", octets, name))
            self.check(dovecot.maildir("alice"), dovecot.pop3)

    def test_dovecot(self):
        self.check_dovecot()

    def test_dovecot_that_keeps_uidls(self):
        self.check_dovecot("protocol pop3 {\n  pop3_save_uidl = yes\n  pop3_uidl_format = %u-%v\n}")

    def test_courier(self):
        courier = Courier()
        self.addCleanup(shutil.rmtree, courier.directory, ignore_errors=True)
        self.addCleanup(courier.stop)

        def deliver(octets, name):
            with open(os.path.join(courier.maildir, "new", name), "wb") as file:
                file.write(octets)

        self.fill(deliver)
        self.check(courier.maildir, courier.pop3)


if __name__ == "__main__":
    main()
