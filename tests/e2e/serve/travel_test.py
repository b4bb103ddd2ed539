"""A message travels over three hosts, with DNS on loopback: a foreign sender's mail-send finds the mail host of a
domain; that mail-serve passes it on to the mail host of another, from where mail-fetch gets it; and what cannot be
delivered there comes back to the sender by the mail host of his domain."""

import socket

from peers import schema
from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS, message
from peers.nameserver import NameServer
from peers.process import wait_until

_ADDRESSES = {"a": "127.0.0.31", "b": "127.0.0.32", "home": "127.0.0.33"}
_ZONES = {"test": "".join(f"{name} IN A {address}\n" for name, address in _ADDRESSES.items()),
          "a.example": "@ IN MX 10 a.test.\n", "b.example": "@ IN MX 5 dead.test.\n@ IN MX 10 b.test.\n",
          "home.example": "@ IN MX 10 home.test.\n"}


class Travel(Case):
    def setUp(self):
        super().setUp()
        self.names = NameServer(_ZONES).start()
        self.addCleanup(self.names.stop)
        # All mail hosts have one port, each an address of its own.
        with socket.socket() as probe:
            probe.bind((_ADDRESSES["a"], 0))
            self.port = probe.getsockname()[1]
        aliases = self.write("aliases", b"bob: bob@b.example\nlost: nobody@b.example\n", 0o644)
        self.relaying = ["--relay-server", "mx:", "--mx-port", str(self.port), "--dns-server", self.names.address]
        self.a = self.host("a", users={"carol": "secret"}, arguments=[
            *self.relaying, "--queue-dir", self.path("queue-a"), "--aliases", aliases])
        self.b = self.host("b", users={"bob": "secret"})
        self.home = self.host("home", users={"alice": "secret"})

    def host(self, name, arguments=(), **more):
        address = _ADDRESSES[name]
        host = MailServe(listen=(f"smtp://{address}:{self.port}", f"pop3://{address}:0"), domains=[f"{name}.example"],
                         certificate=self.certificates().good, arguments=["--host-name", f"{name}.test", *arguments],
                             **more)
        host.start()
        self.addCleanup(host.stop)
        return host

    def send(self, octets, recipient):
        receipt, = self.run_receipts(
            "mail-send", "--server", "mx:", "--mx-port", str(self.port), "--dns-server", self.names.address, "--helo",
            "sender.home.example", "-f", "alice@home.example", "--json", recipient, stdin=octets)
        self.assertEqual((receipt["event"], receipt["recipients"][0]["server"]), ("sent", "a.test"))

    def fetch(self, name, user):
        server = getattr(self, name)
        wait_until(lambda: server.messages(user), f"a message for {user} at {name}", 20)
        self.run_ok("mail-fetch", f"pop3://{user}@{_ADDRESSES[name]}:{server.port('pop3')}", "--tls", "none",
            *self.password(),
                    "--delete", "--to", f"maildir:{self.path('fetched')}", "-q")
        fetched, = self.maildir("fetched")
        return fetched

    def test_from_host_to_host_to_host(self):
        octets = TEXTS["umlauts"]
        self.send(octets, "bob@a.example")
        fetched = self.fetch("b", "bob")
        self.assertTrue(fetched.endswith(octets), fetched)
        hosts = [line for line in fetched.split(b"\n") if line.startswith(b"Received:")]
        self.assertEqual(len(hosts), 2, fetched)
        self.assertEqual(self.b.messages("bob"), [])
        attempt = self.a.wait_event(lambda event: event["event"] == "attempt", "the attempt")
        self.assertEqual(attempt["recipients"][0]["outcome"], "delivered", attempt)

    def test_a_large_one(self):
        octets = message("large", "0123456789abcdef\n" * 200_000)
        self.send(octets, "bob@a.example")
        self.assertTrue(self.fetch("b", "bob").endswith(octets))

    def test_what_is_lost_there_comes_back(self):
        octets = message("lost", "the first part of it\n" * 10, recipient="lost@a.example")
        self.send(octets, "lost@a.example")
        report = self.fetch("home", "alice")
        for part in (b"Return-Path: <>", b"Subject: Not delivered: lost", b"Final-Recipient: rfc822; nobody@b.example",
                     b"Status: 5.1.1", b"the first part of it"):
            self.assertIn(part, report)
        shown = schema.check_lines(self.run_ok("mail-show", "--json", self.write("report", report)).stdout)
        self.assertEqual(shown[0]["from"][0]["email"].split("@")[1], "a.test")
        # Nothing is left of it on the way.
        wait_until(lambda: self.run_ok("mail-send", "--queue-dir", self.path("queue-a"), "--list").stdout == b"",
                   "the queue is empty", 20)


if __name__ == "__main__":
    main()
