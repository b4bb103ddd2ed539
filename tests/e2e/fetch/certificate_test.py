"""A client's certificate as the login (SASL EXTERNAL), with Dovecot over IMAP and POP3."""

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.messages import numbered

_DOVECOT = """
ssl_ca = <{ca}
ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
auth_mechanisms = plain external
passdb {{
  driver = static
  args = nopassword=y
  mechanisms = external
}}
"""


class Certificate(DovecotSource):
    @classmethod
    def setUpClass(cls):
        certificates = Case.certificates()
        cls.alice, cls.bob = certificates.client("alice"), certificates.client("bob")
        # Dovecot wants a list of what is revoked with its authority only when it is told to check it.
        extra = _DOVECOT.format(ca=certificates.ca) + "ssl_require_crl = no\n"
        cls.dovecot = Dovecot(certificate=certificates.good, extra=extra).start()
        cls.addClassCleanup(cls.dovecot.stop)

    def source(self, tls="implicit", certificate=None):
        scheme = self.protocol + ("s" if tls == "implicit" else "")
        certificate = certificate or self.alice
        return [f"{scheme}://alice@localhost:{getattr(self.dovecot, scheme)}", "--tls-ca", self.certificates().ca,
                "--tls-cert", certificate.certificate, "--tls-key", certificate.key]

    def test_no_password_is_needed(self):
        messages = self.fill(numbered(2))
        for tls in ("implicit", "starttls"):
            self.run_receipts("mail-fetch", *self.source(tls), "--to", "maildir:" + self.path(tls))
            self.assertEqual(self.maildir(tls), sorted(messages))

    def test_both_in_one_file(self):
        messages = self.fill(numbered(1))
        both = b""
        for path in (self.alice.certificate, self.alice.key):
            with open(path, "rb") as file:
                both += file.read()
        source = self.source()
        del source[-2:]
        source[-1] = self.write("both.pem", both)
        self.run_receipts("mail-fetch", *source, "--to", "maildir:" + self.path("mail"))
        self.assertEqual(self.maildir("mail"), messages)

    def test_another_user(self):
        self.fill(numbered(1))
        argv = ["mail-fetch", *self.source(certificate=self.bob), "--to", "maildir:" + self.path("mail")]
        self.run_error(77, "login refused", argv=argv)

    def test_wrong_files(self):
        argv = ["mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail")]
        other_key = [*argv[:-4], "--tls-key", self.bob.key, *argv[-2:]]
        self.run_error(78, "does not belong to the certificate", argv=other_key)
        self.run_error(78, "no usable certificate", argv=[*argv[:-6], "--tls-cert", self.path("none"), *argv[-2:]])

    def test_a_server_without_it(self):
        with Dovecot(certificate=self.certificates().good) as other:
            source = self.source()
            source[0] = f"{self.protocol}s://alice@localhost:{getattr(other, self.protocol + 's')}"
            self.run_error(77, "does not offer EXTERNAL or GSSAPI", argv=["mail-fetch", *source, "--to", "maildir:x"])


class Imap(Certificate, Case):
    protocol = "imap"


class Pop3(Certificate, Case):
    protocol = "pop3"


if __name__ == "__main__":
    main()
