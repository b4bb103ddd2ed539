"""mail-serve gives up what it does not need, and still does all of its work.

tests/unit/app/serve_sandbox_test.cpp shows what becomes of who tries.
"""

import os
import poplib
import smtplib
import ssl

from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf


def statuses(pid):
    """The status of each thread, by field."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            found.append(dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line))
    return found


class Sandbox(Case):
    def server(self, *arguments, **others):
        server = MailServe(arguments=arguments, **others)
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        server.start()
        server.sandbox = next(event for event in server.events if event["event"] == "sandbox")
        if "sanitizer" in server.sandbox.get("message", ""):
            self.skipTest(server.sandbox["message"])
        return server

    def exchange(self, server):
        """Mail in all of the ways that touch the disk and the threads."""
        with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20) as client:
            client.login("alice", "secret")
            client.sendmail("alice@example.org", ["alice@example.org"], crlf(TEXTS["plain"]))
            # Larger than what is held in memory.
            client.sendmail("alice@example.org", ["bob@example.org"], b"Subject: x\r\n\r\n" + b"y\r\n" * 200_000)
        client = poplib.POP3_SSL("localhost", server.port("pop3s"), timeout=20,
                                 context=ssl.create_default_context(cafile=self.certificates().ca))
        client.user("bob")
        client.pass_("hunter2")
        client.retr(1)
        client.dele(1)
        client.quit()
        self.assertEqual((len(server.messages("alice")), len(server.messages("bob"))), (1, 0))

    def test_every_thread_is_confined(self):
        server = self.server(listen=["smtp://127.0.0.1:0", "pop3s://127.0.0.1:0", "lmtp:" + self.path("lmtp")],
                             certificate=self.certificates().good)
        self.exchange(server)
        self.assertTrue(server.sandbox["seccomp"], server.sandbox)
        threads = statuses(server.process.pid)
        self.assertGreater(len(threads), 3)
        for status in threads:
            self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"), status)
            if os.getuid() == 0:
                # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER at most.
                self.assertEqual(int(status["CapEff"], 16) & ~0b1110, 0, status)
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(self.path("lmtp")), "the socket's file is still there")

    def test_off(self):
        server = self.server("--sandbox", "off", listen=["smtp://127.0.0.1:0", "pop3s://127.0.0.1:0"],
                             certificate=self.certificates().good)
        self.assertEqual((server.sandbox["seccomp"], server.sandbox["landlock"]), (False, 0))
        self.assertEqual({status["Seccomp"] for status in statuses(server.process.pid)}, {"0"})
        self.exchange(server)

    def test_commands_are_not_confined(self):
        queue = ["--relay-server", "smtp://127.0.0.1:1", "--queue-dir", self.path("queue"), "--config",
                 self.write("config.toml", b"")]
        server = self.server(*queue)
        self.assertEqual((server.sandbox["seccomp"], server.sandbox["landlock"]), (False, 0))
        self.assertIn("--relay-server", server.sandbox["message"])
        self.run_error(69, "--sandbox require", argv=[
            "mail-serve", "--store", f"maildir:{self.path('store')}/%u", "--user", "alice:secret", "--listen",
            "smtp://127.0.0.1:0", "--sandbox", "require", *queue])


if __name__ == "__main__":
    main()
