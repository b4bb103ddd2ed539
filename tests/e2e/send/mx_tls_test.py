"""mail-send --server mx: TLS where it is offered, where it is broken, and where it is required."""

from peers.case import main
from peers.certs import Certificates
from peers.process import public_directory
from peers.scripted import smtp

from mx_case import MxCase


class Tls(MxCase):
    def tls_host(self, number, certificate, **arguments):
        """Offers STARTTLS, and whatever it offers behind it."""
        replies = {b"STARTTLS": self.upgrade(certificate)}
        return self.host(number, smtp(extensions=("PIPELINING", "8BITMIME", "STARTTLS"), replies=replies, **arguments))

    @staticmethod
    def upgrade(certificate):
        def start(conversation, line):
            conversation.send(b"220 2.0.0 go\r\n")
            conversation.start_tls(certificate)

        return start

    def broken_host(self, number):
        """Answers the handshake with what is no TLS."""
        def fail(conversation, line):
            conversation.send(b"220 2.0.0 go\r\n")
            conversation.read(5)
            conversation.send(b"554 5.7.0 no TLS after all\r\n")
            return False

        return self.host(number, smtp(extensions=("8BITMIME", "STARTTLS"), replies={b"STARTTLS": fail}))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx1 = cls.certificates()._issue("mx1", "DNS:mx1.test", "20200101000000Z", "20491231235959Z")

    def test_offered_tls_is_used_whoever_signed(self):
        for certificate in (self.certificates().good, self.certificates().expired, self.certificates().wrong_name):
            host = self.tls_host(1, certificate)
            receipt = self.send_one(0, "bob@one.example")
            self.assertRegex(receipt["tls"], "^TLSv1")
            self.assertEqual(host.failures, [])
            self.hosts.close()

    def test_none_is_offered(self):
        self.host(1)
        self.assertNotIn("tls", self.send_one(0, "bob@one.example"))

    def test_none_is_wanted(self):
        host = self.tls_host(1, self.mx1)
        self.assertNotIn("tls", self.send_one(0, "--tls", "none", "bob@one.example"))
        self.assertNotIn("STARTTLS", self.verbs(host))

    def test_starttls_refused(self):
        self.host(1, smtp(extensions=("STARTTLS",), replies={b"STARTTLS": b"454 4.7.0 not now\r\n"}))
        self.assertNotIn("tls", self.send_one(0, "bob@one.example"))

    def test_broken_tls(self):
        host = self.broken_host(1)
        self.assertNotIn("tls", self.send_one(0, "bob@one.example"))
        self.assertEqual(len(host.conversations), 2)

    def test_required(self):
        """For one domain only; with the mail host's name in a certificate of a known CA."""
        trusted = ["--tls-ca", self.certificates().ca, "--tls-required-for", "other.example,one.example"]
        self.tls_host(1, self.mx1)
        self.assertRegex(self.send_one(0, *trusted, "bob@one.example")["tls"], "^TLSv1")
        receipt = self.send_one(75, "--tls-required-for", "one.example", "bob@one.example",
                                says=["unknown CA", "--tls-required-for one.example"])
        self.assertEqual(receipt["event"], "failed")
        self.hosts.close()
        for start, says in ((lambda: self.tls_host(1, self.certificates().wrong_name), "mail.example.net"),
                            (lambda: self.host(1), "does not offer STARTTLS"),
                            (lambda: self.broken_host(1), "does not speak TLS")):
            with self.subTest(says):
                host = start()
                self.send_one(75, *trusted, "bob@one.example", says=[says, "--tls-required-for one.example"])
                self.assertNotIn("MAIL", self.verbs(host))
                self.send_one(0, *trusted, "bob@several.example")
                self.hosts.close()

    def test_required_of_all(self):
        self.host(1)
        self.send_one(75, "--tls", "starttls", "bob@one.example", says=["STARTTLS.*--tls starttls"])

    def test_the_next_host_when_tls_fails(self):
        second = self.certificates()._issue("mx2", "DNS:mx2.test", "20200101000000Z", "20491231235959Z")
        self.host(1)
        self.tls_host(2, second)
        receipt = self.send_one(0, "--tls", "starttls", "--tls-ca", self.certificates().ca, "bob@several.example")
        self.assertEqual(receipt["recipients"][0]["server"], "mx2.test")

    def test_may_is_for_mail_hosts(self):
        argv = ["mail-send", "--server", "smtp://127.0.0.1:1", "--tls", "may", "-f", "a@b.c", "d@e.f"]
        self.run_error(64, "--tls may", argv=argv)


if __name__ == "__main__":
    main()
