"""Python's poplib out of mail-serve: USER, APOP, STLS, implicit TLS, TOP, UIDL; deletions at QUIT only."""

import poplib
import socket
import ssl

from peers.case import main
from peers.messages import crlf
from pop_clients import PopClientCase


class Poplib(PopClientCase):
    def setUp(self):
        super().setUp()
        self.stored = sorted(map(crlf, self.stored))

    def connect(self, how="plain"):
        context = ssl.create_default_context(cafile=self.certificates().ca)
        if how == "implicit":
            client = poplib.POP3_SSL("localhost", self.server.port("pop3s"), timeout=20, context=context)
        else:
            client = poplib.POP3("localhost", self.server.port("pop3"), timeout=20)
        self.addCleanup(client.close)
        if how == "starttls":
            client.stls(context)
        return client

    def log_in(self, client):
        client.user("alice")
        client.pass_("secret")
        return client

    def test_octets(self):
        for how in ("plain", "starttls", "implicit"):
            with self.subTest(how):
                client = self.log_in(self.connect(how))
                count, octets = client.stat()
                self.assertEqual((count, octets), (len(self.stored), sum(map(len, self.stored))))
                found = [b"\r\n".join(client.retr(n + 1)[1]) + b"\r\n" for n in range(count)]
                self.assertEqual(sorted(found), self.stored)
                sizes = [int(line.split()[1]) for line in client.list()[1]]
                self.assertEqual(sizes, [len(octets) for octets in found])
                client.quit()

    def test_apop(self):
        client = self.connect()
        self.assertIn(b"+OK", client.apop("alice", "secret"))
        self.assertEqual(client.stat()[0], len(self.stored))
        client.quit()
        with self.assertRaises(poplib.error_proto):
            self.connect().apop("alice", "wrong")

    def test_capabilities(self):
        capabilities = self.connect().capa()
        for name in ("STLS", "TOP", "UIDL", "PIPELINING", "RESP-CODES", "USER"):
            self.assertIn(name, capabilities)
        self.assertNotIn("STLS", self.connect("starttls").capa())

    def test_top(self):
        client = self.log_in(self.connect())
        number = next(n + 1 for n in range(len(self.stored))
                      if b"Subject: dots" in b"\n".join(client.top(n + 1, 0)[1]))
        lines = client.top(number, 2)[1]
        self.assertEqual(lines[-3:], [b"", b".", b".."])
        client.quit()

    def test_uidl_is_stable(self):
        first = self.log_in(self.connect())
        before = first.uidl()[1]
        self.assertEqual(len({line.split()[1] for line in before}), len(self.stored))
        first.quit()
        self.assertEqual(self.log_in(self.connect()).uidl()[1], before)

    def test_deletions_happen_at_quit_only(self):
        client = self.log_in(self.connect())
        client.dele(1)
        client.close()
        client = self.log_in(self.connect())
        self.assertEqual(client.stat()[0], len(self.stored))
        client.dele(1)
        client.dele(2)
        client.rset()
        client.dele(3)
        client.quit()
        client = self.log_in(self.connect())
        self.assertEqual(client.stat()[0], len(self.stored) - 1)
        self.assertEqual(len(self.server.messages("alice")), len(self.stored) - 1)

    def test_wrong_password(self):
        client = self.connect("starttls")
        client.user("alice")
        with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
            client.pass_("wrong")

    def test_an_unknown_user_looks_like_a_wrong_password(self):
        texts = []
        for name in ("alice", "nobody"):
            client = self.connect()
            client.user(name)
            with self.assertRaises(poplib.error_proto) as caught:
                client.pass_("wrong")
            texts.append(str(caught.exception))
        self.assertEqual(texts[0], texts[1])

    def test_pipelining(self):
        raw = socket.create_connection(("127.0.0.1", self.server.port("pop3")), timeout=20)
        self.addCleanup(raw.close)
        raw.sendall(b"USER alice\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nNOOP\r\nRETR 999\r\nQUIT\r\n")
        text = raw.makefile("rb").read()
        lines = [line for line in text.split(b"\r\n") if line.startswith((b"+OK", b"-ERR"))]
        self.assertEqual([line.split()[0] for line in lines],
                         [b"+OK", b"+OK", b"+OK", b"+OK", b"+OK", b"+OK", b"-ERR", b"+OK"])

    def test_commands_before_stls_are_not_kept(self):
        """threats.md: bytes left after the STLS line end the connection."""
        raw = socket.create_connection(("127.0.0.1", self.server.port("pop3")), timeout=20)
        self.addCleanup(raw.close)
        raw.sendall(b"STLS\r\nUSER alice\r\nPASS secret\r\n")
        self.assertLessEqual(raw.makefile("rb").read().count(b"+OK"), 2)


if __name__ == "__main__":
    main()
