"""Who is let into mail-serve: PROXY headers of trusted proxies, and clients that do not wait for the greeting."""

import smtplib
import socket
import ssl
import struct
import time

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.nameserver import NameServer

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def binary(address, port):
    return SIGNATURE + b"\x21\x11" + struct.pack(">H4s4sHH", 12, socket.inet_aton(address),
                                                 socket.inet_aton("192.0.2.1"), port, 25)


class Access(Case):
    def server(self, *arguments, **others):
        return self.enterContext(MailServe(arguments=arguments, **others))

    def dial(self, server, scheme="smtp", first=b""):
        connection = socket.create_connection(("127.0.0.1", server.port(scheme)), timeout=20)
        self.addCleanup(connection.close)
        connection.sendall(first)
        return connection

    def test_proxied(self):
        server = self.server("--proxy-from", "127.0.0.0/8", "--max-connections-per-address", "1",
                             listen=["smtp://127.0.0.1:0", "pop3s://127.0.0.1:0"],
                             certificate=self.certificates().good)
        for header in (b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 25\r\n", binary("203.0.113.8", 40001)):
            connection = self.dial(server, first=header + b"EHLO client.example\r\nQUIT\r\n")
            lines = connection.makefile("rb").read().splitlines()
            self.assertTrue(lines[0].startswith(b"220 "), lines)
            # Whoever comes by a proxy has no rights of this host's own.
            self.assertFalse([line for line in lines if b"AUTH" in line], lines)
            self.assertTrue(lines[-1].startswith(b"221 "), lines)
        for peer in ("203.0.113.7:40000", "203.0.113.8:40001"):
            server.wait_event(lambda event, peer=peer: event["event"] == "client" and event["peer"] == peer, peer, 10)
        # TLS that follows the header at once.
        context = ssl.create_default_context(cafile=self.certificates().ca)
        raw = self.dial(server, "pop3s", first=binary("203.0.113.9", 1))
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            self.assertTrue(connection.recv(100).startswith(b"+OK "))
        # The limits are the clients'.
        header = b"PROXY TCP4 203.0.113.10 192.0.2.1 40000 25\r\n"
        kept = self.dial(server, first=header)
        self.assertTrue(kept.recv(100).startswith(b"220 "))
        self.assertTrue(self.dial(server, first=header).recv(100).startswith(b"421 4.7.0 "))
        self.assertTrue(self.dial(server, first=binary("203.0.113.11", 1)).recv(100).startswith(b"220 "))
        # The proxy itself looks whether the server is there.
        self.assertTrue(self.dial(server, first=b"PROXY UNKNOWN\r\n").recv(100).startswith(b"220 "))

    def test_a_proxy_without_a_header(self):
        server = self.server("--proxy-from", "192.0.2.1,127.0.0.1")
        for first in (b"EHLO client.example\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", SIGNATURE + b"\x21\x11\xff\xff"):
            try:
                self.assertEqual(self.dial(server, first=first).recv(100), b"")
            except ConnectionResetError:
                pass  # closed while what was sent is not read
        server.wait_event(lambda event: event["event"] == "error" and "PROXY header" in event["message"],
                          "the error", 10)

    def test_a_header_of_a_stranger(self):
        server = self.server("--proxy-from", "192.0.2.1")
        connection = self.dial(server, first=b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 25\r\n")
        replies = connection.makefile("rb")
        self.assertTrue(replies.readline().startswith(b"220 "))
        self.assertTrue(replies.readline().startswith(b"500 "))
        self.assertFalse([event for event in server.events if event["event"] == "client"])

    def test_xclient(self):
        server = self.server("--xclient-from", "127.0.0.1", "--max-connections-per-address", "1")
        port = str(server.port("smtp"))

        def swaks(status, *options):
            argv = ["swaks", "--server", "127.0.0.1", "--port", port, "--to", "bob@example.org", "--from",
                    "alice@example.org", "--ehlo", "proxied.example", "--timeout", "20", *options]
            outcome = run(argv, self.directory)
            self.assertEqual(outcome.status, status, str(outcome))
            return outcome.stdout.decode()

        said = swaks(0, "--xclient-addr", "203.0.113.7", "--xclient-port", "40000", "--xclient-name", "c.example",
                     "--xclient-proto", "ESMTP", "--xclient-helo", "c.example", "--xclient-destaddr", "192.0.2.1")
        self.assertIn("250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT", said)
        stored, = server.messages("bob")
        self.assertIn(b"Received: from proxied.example ([203.0.113.7])\n", stored)
        swaks(0, "--xclient-addr", "IPV6:2001:db8::7", "--xclient-login", "alice")
        stored, = (octets for octets in server.messages("bob") if octets != stored)
        self.assertIn(b"([IPv6:2001:db8::7])", stored)
        self.assertIn(b"with ESMTPA id", stored)
        swaks(33, "--xclient-login", "mallory")
        server.wait_event(lambda event: event["event"] == "client" and event["peer"] == "203.0.113.7:40000", "one", 10)
        server.wait_event(lambda event: event["event"] == "client" and event.get("user") == "alice" and
                          event["peer"] == "2001:db8::7", "the other", 10)
        # The limits are the clients', and not the proxy's.
        kept = [self.dial(server, first=b"XCLIENT ADDR=203.0.113.10\r\n").makefile("rb") for _ in range(2)]
        self.assertEqual(sorted([reader.readline()[:3], reader.readline()[:3]] for reader in kept),
                         [[b"220", b"220"], [b"220", b"421"]])

    def test_xclient_of_a_stranger(self):
        server = self.server("--xclient-from", "192.0.2.1")
        replies = self.dial(server, first=b"EHLO x\r\nXCLIENT LOGIN=alice\r\nQUIT\r\n").makefile("rb").read()
        self.assertNotIn(b"-XCLIENT", replies)
        self.assertIn(b"\r\n550 5.7.0 XCLIENT", replies)

    def test_who_speaks_before_the_greeting(self):
        server = self.server("--greeting-delay", "1000", listen=["smtp://127.0.0.1:0", "pop3://127.0.0.1:0"])
        early = self.dial(server, first=b"EHLO spam.example\r\nMAIL FROM:<>\r\n")
        begun = time.monotonic()
        patient = self.dial(server)
        self.assertTrue(early.recv(100).startswith(b"554 5.5.1 "))
        self.assertTrue(patient.recv(100).startswith(b"220 "))
        self.assertGreaterEqual(time.monotonic() - begun, 0.9)
        begun = time.monotonic()
        self.assertTrue(self.dial(server, "pop3").recv(100).startswith(b"+OK "))
        self.assertLess(time.monotonic() - begun, 0.9)
        server.wait_event(lambda event: event["event"] == "error" and "before the greeting" in event["message"],
                          "the error", 10)

    def test_who_is_listed(self):
        names = NameServer({"bl.test": "7.113.0.203 IN A 127.0.0.2\n9.113.0.203 IN A 127.255.255.254\n"})
        self.addCleanup(names.stop)
        names.start()
        # The second list's name server does not answer.
        server = self.server("--proxy-from", "127.0.0.1", "--dnsbl", "bl.test", "--dnsbl", "gone.test", "--dns-server",
                             names.address, listen=["smtp://127.0.0.1:0"])

        def replies(client, *recipients):
            lines = ["EHLO client.example", "MAIL FROM:<carol@example.net>"]
            lines += [f"RCPT TO:<{recipient}>" for recipient in recipients]
            octets = b"PROXY TCP4 %s 192.0.2.1 40000 25\r\n" % client.encode()
            octets += "".join(line + "\r\n" for line in lines + ["QUIT"]).encode()
            return self.dial(server, first=octets).makefile("rb").read().decode().splitlines()[-len(recipients) - 1:-1]

        refused, postmaster = replies("203.0.113.7", "alice@example.org", "postmaster@example.org")
        self.assertEqual(refused, "550 5.7.1 203.0.113.7 is listed by bl.test")
        self.assertTrue(postmaster.startswith("250 "), postmaster)
        # Not listed; and a list that says it will not answer lists nobody.
        for client in ("203.0.113.8", "203.0.113.9"):
            self.assertTrue(replies(client, "alice@example.org")[0].startswith("250 "))

    def test_a_field_for_who_is_listed(self):
        names = NameServer({"bl.test": "7.113.0.203 IN A 127.0.0.2\n"})
        self.addCleanup(names.stop)
        names.start()
        server = self.server("--xclient-from", "127.0.0.1", "--dnsbl", "bl.test", "--dnsbl-action", "header",
                             "--dns-server", names.address, listen=["smtp://127.0.0.1:0"])
        for client in ("203.0.113.7", "203.0.113.8"):
            with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20) as session:
                session.docmd("XCLIENT", f"ADDR={client}")
                session.sendmail("carol@example.net", ["alice@example.org"], f"Subject: {client}\r\n\r\nx\r\n")
        listed, other = sorted(server.messages("alice"), key=lambda octets: b"Subject: 203.0.113.8" in octets)
        self.assertIn(b"\nX-DNSBL: 203.0.113.7 is listed by bl.test\nSubject: 203.0.113.7\n", listed)
        self.assertNotIn(b"X-DNSBL", other)


if __name__ == "__main__":
    main()
