"""POP3 extensions of mail-serve by poplib: LANG, UTF8, EXPIRE, LOGIN-DELAY, IN-USE."""

import os
import poplib
import time

from peers.case import Case, main
from peers.mailserve import MailServe


class Extras(Case):
    def serve(self, *arguments):
        return self.enterContext(MailServe(listen=("pop3://127.0.0.1:0",), store=self.path("store"),
                                           arguments=arguments))

    def connect(self, server):
        client = poplib.POP3("127.0.0.1", server.port("pop3"), timeout=20)
        self.addCleanup(client.close)
        return client

    def log_in(self, server):
        client = self.connect(server)
        client.user("alice")
        client.pass_("secret")
        return client

    def put(self, name, days=0):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path("store", "alice", sub), exist_ok=True)
        path = self.path("store", "alice", "cur", name + ":2,S")
        with open(path, "wb") as file:
            file.write(b"Subject: x\n\ntext\n")
        then = time.time() - days * 86400
        os.utime(path, (then, then))

    def test_german(self):
        server = self.serve()
        client = self.connect(server)
        self.assertIn("LANG", client.capa())
        self.assertEqual(client._longcmd("LANG")[1], [b"en English", b"de Deutsch"])
        self.assertEqual(client._shortcmd("LANG de"), b"+OK de Sprache ist Deutsch")
        self.assertTrue(client.utf8().startswith(b"+OK"))
        client.user("alice")
        with self.assertRaisesRegex(poplib.error_proto, r"\[AUTH\] Anmeldung abgewiesen"):
            client.pass_("wrong")

    def test_old_messages_expire(self):
        for name, days in (("1.old.h", 40), ("2.old.h", 31), ("3.young.h", 29), ("4.young.h", 0)):
            self.put(name, days)
        server = self.serve("--pop3-expire", "30")
        client = self.log_in(server)
        self.assertEqual(client.capa()["EXPIRE"], ["30"])
        self.assertEqual(client.uidl()[1], [b"1 3.young.h", b"2 4.young.h"])
        self.assertEqual(sorted(os.listdir(self.path("store", "alice", "cur"))), ["3.young.h:2,S", "4.young.h:2,S"])
        removal = server.wait_event(lambda event: event["event"] == "removal", "the removal", 10)
        self.assertEqual(removal["uidls"], ["1.old.h", "2.old.h"])

    def test_logins_keep_their_distance(self):
        server = self.serve("--pop3-login-delay", "3600")
        client = self.log_in(server)
        self.assertEqual(client.capa()["LOGIN-DELAY"], ["3600"])
        client.quit()
        with self.assertRaisesRegex(poplib.error_proto, r"\[LOGIN-DELAY\] Wait 3600 s"):
            self.log_in(server)

    def test_one_session_at_a_time(self):
        server = self.serve()
        client = self.log_in(server)
        with self.assertRaisesRegex(poplib.error_proto, r"\[IN-USE\]"):
            self.log_in(server)
        client.quit()
        self.log_in(server)


if __name__ == "__main__":
    main()
