"""Login by a Kerberos ticket (SASL GSSAPI), with MIT's KDC and Dovecot, over IMAP and POP3."""

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.kerberos import Kerberos
from peers.messages import numbered

_DOVECOT = """
auth_mechanisms = plain gssapi
auth_gssapi_hostname = localhost
auth_krb5_keytab = {keytab}
import_environment = KRB5_CONFIG={config}
"""


class Gssapi(DovecotSource):
    @classmethod
    def setUpClass(cls):
        users = {"alice": "secret", "mallory": "hunter2"}
        cls.kerberos = Kerberos(["imap/localhost", "pop/localhost"], users).start()
        cls.addClassCleanup(cls.kerberos.stop)
        config = cls.kerberos.environment()["KRB5_CONFIG"]
        extra = _DOVECOT.format(keytab=cls.kerberos.keytab, config=config)
        cls.dovecot = Dovecot(certificate=Case.certificates().good, extra=extra).start()
        cls.addClassCleanup(cls.dovecot.stop)

    def source(self, tls="starttls", rest=""):
        options = ["--tls", "none"] if tls == "none" else ["--tls-ca", self.certificates().ca]
        port = getattr(self.dovecot, self.protocol)
        return [f"{self.protocol}://alice@localhost:{port}", *options, "--gssapi"]

    def test_no_password_is_needed(self):
        messages = self.fill(numbered(2))
        ticket = self.kerberos.ticket("alice")
        for tls in ("starttls", "none"):
            self.run_receipts("mail-fetch", *self.source(tls), "--to", "maildir:" + self.path(tls), environment=ticket)
            self.assertEqual(self.maildir(tls), sorted(messages))

    def test_no_ticket(self):
        argv = ["mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail")]
        nothing = {**self.kerberos.environment(), "KRB5CCNAME": "FILE:" + self.path("none")}
        service = "imap" if self.protocol == "imap" else "pop"
        self.run_error(77, f"no ticket for {service}/localhost", argv=argv, environment=nothing)
        # What is given and cannot be read is no password that is missing.
        self.run_error(78, "none", argv=[*argv, "--password-file", self.path("none")], environment=nothing)

    def test_the_ticket_of_another(self):
        self.fill(numbered(1))
        argv = ["mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail")]
        self.run_error(77, "login refused", argv=argv, environment=self.kerberos.ticket("mallory"))


class Imap(Gssapi, Case):
    protocol = "imap"


class Pop3(Gssapi, Case):
    protocol = "pop3"


if __name__ == "__main__":
    main()
