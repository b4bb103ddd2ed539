"""What imaplib, a client that somebody else wrote, sees of the faults of IMAP."""

import imaplib
import smtplib
import socket
import ssl
import time

from peers.case import Case, main
from peers.process import wait_until
from peers.testserve import TestServe

TEXT = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 100
ENDED = (imaplib.IMAP4.abort, ConnectionError, ssl.SSLError)


class Faults(Case):
    def serve(self, *faults):
        arguments = [argument for fault in faults for argument in ("--fault", fault)]
        server = TestServe(*arguments)
        server.start()
        self.addCleanup(self._stop, server)
        return server

    def _stop(self, server):
        try:
            server.stop()  # also checks the events against the schema
        finally:
            server.remove()

    def connect(self, server):
        client = imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=20)
        self.addCleanup(self._shut, client)
        return client

    @staticmethod
    def _shut(client):
        try:
            client.shutdown()
        except OSError:  # it is
            pass

    def log_in(self, server, mailbox=None):
        client = self.connect(server)
        client.login("bob", "secret")
        if mailbox:
            self.assertEqual(client.select(mailbox)[0], "OK")
        return client

    def fill(self, server):
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            for _ in range(3):
                client.sendmail("a@client.example", ["bob@x.example"], TEXT)

    def test_connect_and_greeting(self):
        for fault in ("imap connect drop", "imap connect reset", 'imap greeting reply="* BYE Busy"',
                      "imap greeting cut-after=3"):
            with self.subTest(fault):
                server = self.serve(fault)
                with self.assertRaises((*ENDED, imaplib.IMAP4.error)):
                    self.connect(server)
                server.wait_event(lambda event: event.get("fault") == fault, "the fault acts")

    def test_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        server = self.serve("imap tls n=1 fail", "imap tls n=2 drop")
        with self.assertRaises(ENDED):
            imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=context, timeout=20)
        client = self.connect(server)
        with self.assertRaises(ENDED):
            client.starttls(context)
        with imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=context, timeout=20) as client:
            client.login("bob", "secret")

    def test_logins(self):
        server = self.serve('imap login user=bob n=1 reply="NO [UNAVAILABLE] Later"',
                            'imap authenticate user=bob n=1 reply="NO [UNAVAILABLE] Later"')
        client = self.connect(server)
        with self.assertRaisesRegex(imaplib.IMAP4.error, "UNAVAILABLE"):
            client.login("bob", "secret")
        with self.assertRaisesRegex(imaplib.IMAP4.error, "UNAVAILABLE"):
            client.authenticate("PLAIN", lambda _: b"\0bob\0secret")
        self.assertEqual(client.authenticate("PLAIN", lambda _: b"\0bob\0secret")[0], "OK")
        events = [event for event in server.events if event["event"] == "fault"]
        self.assertEqual([(event["point"], event["user"]) for event in events],
                         [("login", "bob"), ("authenticate", "bob")])

    def test_counts_and_uids_that_are_wrong(self):
        server = self.serve("imap select wrong-count=+1 wrong-uidnext=1 wrong-uidvalidity=+1",
                            "imap status wrong-count=-1 wrong-uidnext=+5")
        self.fill(server)
        client = self.log_in(server)
        self.assertEqual(client.select(), ("OK", [b"4"]))
        uidvalidity = int(client.response("UIDVALIDITY")[1][0])
        self.assertEqual(client.response("UIDNEXT")[1], [b"1"])
        status = client.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY)")[1][0]
        self.assertEqual(status, b"INBOX (MESSAGES 2 UIDNEXT 9 UIDVALIDITY %d)" % (uidvalidity - 1))
        self.assertEqual(client.fetch("1:*", "(UID)")[1][-1], b"3 (UID 3)")

    def test_a_mailbox_that_is_not_to_be_had(self):
        server = self.serve('imap command mailbox=Archive reply="NO [NOPERM] No"')
        client = self.log_in(server, "INBOX")
        for answer in (client.create("Archive"), client.select("Archive"), client.status("Archive", "(MESSAGES)"),
                       client.append("Archive", None, None, TEXT), client.noop()):
            self.assertEqual(answer[0], "NO" if b"NOPERM" in answer[1][0] else "OK")
        wait_until(lambda: len(server.faults()) == 4, "all faults are told")

    def test_a_literal_that_is_cut(self):
        server = self.serve("imap fetch n=2 cut-literal=100")
        self.fill(server)
        client = self.log_in(server, "INBOX")
        self.assertIn(TEXT[-100:], client.fetch("1", "(BODY.PEEK[])")[1][0][1])
        with self.assertRaises(ENDED):
            client.fetch("2", "(BODY.PEEK[])")
        client = self.log_in(server, "INBOX")
        self.assertIn(TEXT[-100:], client.fetch("2", "(BODY.PEEK[])")[1][0][1])

    def test_bye_within_an_answer(self):
        server = self.serve("imap fetch bye-after=2")
        self.fill(server)
        client = self.log_in(server, "INBOX")
        with self.assertRaisesRegex(imaplib.IMAP4.abort, "going down"):
            client.fetch("1:*", "(FLAGS)")

    def test_unsolicited_data(self):
        server = self.serve(r'imap fetch unsolicited="* 3 EXPUNGE\n* 17 EXISTS\n* 99 FETCH (FLAGS (\\Seen))"')
        self.fill(server)
        client = self.log_in(server, "INBOX")
        data = client.fetch("1", "(UID)")[1]
        self.assertEqual(data, [b"1 (UID 1)", rb"99 (FLAGS (\Seen))"])
        self.assertEqual(client.untagged_responses["EXPUNGE"], [b"3"])
        self.assertEqual(client.untagged_responses["EXISTS"][-1], b"17")

    def test_results_that_are_wrong(self):
        server = self.serve('imap store wrong-result="NO [SERVERBUG] x"', 'imap copy wrong-result="OK done"',
                            'imap expunge reply="OK done"', "imap search wrong-result=BAD")
        self.fill(server)
        client = self.log_in(server, "INBOX")
        self.assertEqual(client.store("1", "+FLAGS", r"(\Deleted)")[0], "NO")
        self.assertEqual(client.fetch("1", "(FLAGS)")[1][-1], rb"1 (FLAGS (\Deleted))")  # done nonetheless
        client.create("x")
        self.assertEqual(client.copy("1", "x"), ("OK", [b"done"]))
        self.assertEqual(client.expunge(), ("OK", [None]))
        self.assertEqual(client.fetch("1", "(UID)")[1], [b"1 (UID 1)"])  # not done
        with self.assertRaises(imaplib.IMAP4.error):
            client.search(None, "ALL")

    def test_messages_that_are_stored_or_not(self):
        for fault, stored in (("imap append drop", False), ("imap body cut-after=20", False), ("imap end drop", False),
                              ("imap stored drop", True), ("imap append cut-after=0", True)):
            with self.subTest(fault):
                server = self.serve(f"{fault} times=1")
                client = self.log_in(server)
                with self.assertRaises(ENDED):
                    client.append("INBOX", None, None, TEXT)
                client = self.log_in(server)
                self.assertEqual(client.select()[1], [b"1" if stored else b"0"])
                self.assertEqual(client.append("INBOX", None, None, TEXT)[0], "OK")

    def test_slow_and_silent(self):
        server = self.serve("imap noop delay=400ms", "imap check hang", "imap search throttle=100")
        self.fill(server)
        client = self.log_in(server, "INBOX")
        for command, least in ((client.noop, 0.4), (lambda: client.search(None, "ALL"), 0.2)):
            begin = time.monotonic()
            command()
            self.assertGreater(time.monotonic() - begin, least)
        client.sock.settimeout(1)
        with self.assertRaises((socket.timeout, *ENDED)):
            client.check()

    def test_one_client_of_two(self):
        server = self.serve("imap noop per=connection n=2 reset")
        first, second = self.log_in(server), self.log_in(server)
        for client in (first, second):
            client.noop()
            with self.assertRaises(ENDED):
                client.noop()


if __name__ == "__main__":
    main()
