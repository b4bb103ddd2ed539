"""mail-send --server mx: what the name server says of a domain, and DNSSEC."""

from peers.case import main

from mx_case import MxCase


class Names(MxCase):
    signed = ("signed.example",)

    def test_domains_that_take_no_mail(self):
        for domain, status, says in (
                ("null.example", 69, "null MX"),
                ("nothing.example", 68, "nothing.example: this mail host has no address"),
                ("gone.example", 68, "no such domain: gone.example"),
                ("nohost.example", 68, "gone.test: this mail host has no address"),
                ("loop.example", 69, "loops back to this host")):
            with self.subTest(domain):
                receipt = self.send_one(status, "bob@" + domain, says=[says])
                self.assertEqual((receipt["event"], receipt["status"]), ("failed", status))

    def test_a_domain_without_mx_is_its_own_host(self):
        host = self.host(1)
        receipt = self.send_one(0, "bob@implicit.example")
        self.assertEqual(receipt["recipients"][0]["server"], "implicit.example")
        self.assertEqual(self.verbs(host).count("DATA"), 1)

    def test_aliases(self):
        """The domain is an alias of one with an MX; the mail host is an alias of one with an address."""
        host = self.host(1)
        self.send_one(0, "bob@www.alias.example")
        self.assertIn(b"RCPT TO:<bob@www.alias.example>", host.lines)
        self.send_one(0, "bob@aliased-host.example")
        self.assertEqual(self.verbs(host).count("DATA"), 2)

    def test_a_host_that_does_not_exist_among_others(self):
        self.host(1)
        self.assertEqual(self.send_one(0, "bob@half.example")["recipients"][0]["server"], "mx1.test")

    def test_only_better_hosts_than_this_one(self):
        """me.test is the name of this host: mx3, which is worse, would send it back here."""
        worse = self.host(3)
        self.send_one(75, "bob@backup.example", says=["mx1.test: cannot connect"])
        self.assertEqual(worse.conversations, [])
        self.host(1)
        self.send_one(0, "bob@backup.example")

    def test_ipv6_then_ipv4(self):
        """Nobody listens at ::1."""
        host = self.host(1)
        self.send_one(0, "bob@families.example")
        self.assertEqual(len(host.conversations), 1)
        self.send_one(0, "-4", "bob@families.example")
        self.send_one(75, "-6", "bob@families.example")

    def test_address_literals(self):
        host = self.host(1)
        receipt = self.send_one(0, "bob@[127.0.0.11]")
        self.assertEqual(receipt["recipients"][0]["server"], "[127.0.0.11]")
        self.assertIn(b"RCPT TO:<bob@[127.0.0.11]>", host.lines)
        self.send_one(75, "bob@[IPv6:::1]")

    def test_no_name_server(self):
        argv = self.argv("--timeout", "1", "bob@one.example")
        argv[argv.index("--dns-server") + 1] = "127.0.0.1@1"
        self.run_error(75, "DNS: MX of one.example", argv=argv, receipts=True,
                       stdin=b"From: a@b.example\n\nx\n")

    def test_options(self):
        for status, says, arguments in (
                (64, "dns-server", ["--dns-server", "ns.test"]),
                (78, "cannot be read", ["--dns-anchor", "/nonexistent"]),
                (64, "not a domain", ["--tls-required-for", "a b"]),
                (64, "no rule", ["--relay", "example.org"]),
                (64, "--relay", ["--relay", "example.org -> pop3://h"]),
                (64, "implicit", ["--tls", "implicit"]),
                (64, "tunnel", ["--tunnel", "cat"])):
            with self.subTest(says):
                argv = self.argv("bob@one.example")
                if arguments[0] == "--dns-server":
                    argv[argv.index("--dns-server") + 1] = arguments[1]
                else:
                    argv += arguments
                self.run_error(status, says, argv=argv, stdin=b"From: a@b.example\n\nx\n")

    def test_dnssec(self):
        self.host(1)
        anchored = ["--dns-anchor", self.names.anchor]
        self.send_one(0, *anchored, "bob@signed.example")
        self.send_one(0, *anchored, "bob@one.example")
        self.names.spoil("signed.example")
        self.send_one(75, *anchored, "bob@signed.example", says=["DNSSEC: the MX records of signed.example"])
        self.send_one(0, "bob@signed.example")


if __name__ == "__main__":
    main()
