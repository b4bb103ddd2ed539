"""The limits of mail-serve: connections, rates, recipients, commands, and patience where there are many connections."""

import smtplib
import socket
import time

from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf


class Limits(Case):
    def server(self, *arguments, listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0")):
        server = MailServe(listen=list(listen), arguments=arguments)
        self.enterContext(server)
        return server

    def dial(self, server, scheme="smtp"):
        """A connection and the first line that came on it."""
        connection = socket.create_connection(("127.0.0.1", server.port(scheme)), timeout=20)
        self.addCleanup(connection.close)
        return connection, connection.makefile("rb").readline()

    def client(self, server):
        client = smtplib.SMTP("127.0.0.1", server.port("smtp"), local_hostname="client.example.net", timeout=20)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def wait_limit(self, server, says):
        event = server.wait_event(lambda event: event.get("kind") == "limit" and says in event["message"], says, 10)
        self.assertEqual(event["event"], "error")
        return event

    def test_connections_of_an_address(self):
        server = self.server("--max-connections-per-address", "2")
        first, greeting = self.dial(server)
        self.assertTrue(greeting.startswith(b"220 "), greeting)
        self.dial(server)
        for scheme, says in (("smtp", b"421 4.7.0 "), ("pop3", b"-ERR [SYS/TEMP] ")):
            refused, greeting = self.dial(server, scheme)
            self.assertTrue(greeting.startswith(says), greeting)
            self.assertEqual(refused.recv(10), b"")
        self.assertEqual(self.wait_limit(server, "turned away")["reply"]["code"], 421)
        first.close()
        deadline = time.monotonic() + 10
        while not self.dial(server)[1].startswith(b"220 "):
            self.assertLess(time.monotonic(), deadline, "the seat of a connection that ended is not free")

    def test_connections_in_all(self):
        server = self.server("--max-connections", "10", "--threads", "3")
        for _ in range(10):
            self.assertTrue(self.dial(server)[1].startswith(b"220 "))
        self.assertTrue(self.dial(server)[1].startswith(b"421 4.3.2 "))
        self.wait_limit(server, "more than 10 connections")

    def test_how_often_an_address_connects(self):
        server = self.server("--connection-rate", "2/1h")
        for says in (b"220 ", b"220 ", b"421 4.7.0 "):
            self.assertTrue(self.dial(server)[1].startswith(says))

    def test_connections_of_a_user(self):
        server = self.server("--max-connections-per-user", "1")
        first = self.client(server)
        first.login("alice", "secret")
        second = self.client(server)
        with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
            second.login("alice", "secret")
        self.assertEqual(caught.exception.smtp_code, 454)
        self.assertEqual(self.wait_limit(server, "login refused")["user"], "alice")
        self.client(server).login("bob", "hunter2")

    def test_messages_of_an_address(self):
        server = self.server("--rate-per-address", "2/1h")
        client = self.client(server)
        for _ in range(2):
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
        self.assertEqual(self.client(server).mail("dave@example.net")[0], 450)
        self.wait_limit(server, "message refused")

    def test_messages_of_a_sender(self):
        server = self.server("--rate-per-sender", "1/1h")
        client = self.client(server)
        client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
        self.assertEqual(client.mail("CAROL@example.net")[0], 450)
        self.assertEqual(client.mail("dave@example.net")[0], 250)

    def test_recipients(self):
        client = self.client(self.server("--max-recipients", "2"))
        client.mail("carol@example.net")
        codes = [client.rcpt(f"{name}@example.org")[0] for name in ("alice", "bob", "alice")]
        self.assertEqual(codes, [250, 250, 452])

    def test_a_flood_of_commands(self):
        server = self.server()
        for scheme, line, says in (("smtp", b"NOOP\r\n", b"421 4.7.0 "), ("pop3", b"CAPA\r\n", b"-ERR Too many")):
            with self.subTest(scheme):
                connection, _ = self.dial(server, scheme)
                connection.sendall(line * 2000)
                lines = connection.makefile("rb").read().splitlines()
                self.assertTrue(lines[-1].startswith(says), lines[-1])
                self.assertLess(len(lines), 1500)

    def test_who_is_idle_goes_first_when_there_are_many(self):
        server = self.server("--max-connections", "10")
        working = self.client(server)
        working.login("alice", "secret")
        idle = [self.dial(server)[0] for _ in range(8)]
        begun = time.monotonic()
        for connection in idle:
            self.assertTrue(connection.recv(100).startswith(b"421 4.4.2 "))
        self.assertLess(time.monotonic() - begun, 19)
        self.assertEqual(working.noop()[0], 250)


if __name__ == "__main__":
    main()
