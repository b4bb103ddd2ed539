"""A bounce that Postfix made, explained by mail-show."""

import smtplib

from peers.case import Case, main
from peers.messages import message
from peers.postfix import Postfix


class PostfixBounce(Case):
    def test_bounce(self):
        postfix = Postfix(extra="default_transport = error:5.2.2 the disk of this user is full\n"
                                "smtpd_recipient_restrictions = permit_mynetworks reject_unauth_destination\n"
                                "smtpd_reject_unlisted_recipient = no").start()
        self.addCleanup(postfix.stop)
        # A service of Postfix that failed to start is started again after a minute.
        with smtplib.SMTP("127.0.0.1", postfix.port, timeout=120) as client:
            try:
                client.sendmail("alice@example.org", ["bob@example.net", "carol@example.com"],
                                message("to be returned", "hello\n"))
            except smtplib.SMTPException as error:
                self.fail(f"{error}\n{postfix.log()}")
        bounce = postfix.wait_messages("alice", 1)[0]
        shown = self.run_ok("mail-show", stdin=bounce).stdout.decode()
        for name in ("bob@example.net", "carol@example.com"):
            self.assertRegex(shown, rf"(?m)^Delivery to {name} failed: the mailbox is full \(5\.2\.2; "
                                    r"x-postfix; the disk of this user is full\)$")


if __name__ == "__main__":
    main()
