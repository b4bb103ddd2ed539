"""Mail for alice in a fresh mail-serve, for the clients that fetch it."""

import smtplib

from peers.case import Case
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf


class PopClientCase(Case):
    def setUp(self):
        super().setUp()
        self.server = MailServe(listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0", "pop3s://127.0.0.1:0"),
                                certificate=self.certificates().good)
        self.enterContext(self.server)
        client = smtplib.SMTP("127.0.0.1", self.server.port("smtp"), timeout=20)
        for octets in TEXTS.values():
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets))
        client.quit()
        self.stored = sorted(self.server.messages("alice"))
        self.assertEqual(len(self.stored), len(TEXTS))
