"""mail-fetch out of Dovecot over POP3: plain, STLS, implicit TLS."""

from dovecot_fetch import DovecotFetch
from peers.case import Case, main


class Pop3(DovecotFetch, Case):
    protocol = "pop3"

    def test_a_message_without_a_body(self):
        self.fill([b"Subject: no body at all\n"])
        self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail"))
        self.assertEqual(self.maildir("mail"), [b"Subject: no body at all\n"])


if __name__ == "__main__":
    main()
