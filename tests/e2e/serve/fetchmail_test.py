"""fetchmail out of mail-serve."""

import os

from peers.case import main
from peers.commands import run
from pop_clients import PopClientCase


class Fetchmail(PopClientCase):
    def fetch(self, scheme, *rest):
        # fetchmail hands each message to a program; this one stores what it gets under a name of its own.
        os.makedirs(self.path("mail"), exist_ok=True)
        program = self.write("store", b"#!/bin/sh\nexec cat >\"$(mktemp \"$1/XXXXXX\")\"\n", 0o755)
        rc = (f'poll localhost service {self.server.port(scheme)} protocol {rest[0]} timeout 20 no dns uidl\n'
              f'  user "alice" password "secret" {rest[1]}\n'
              f'  sslcertfile "{self.certificates().ca}" no rewrite no mimedecode pass8bits fetchall\n'
              f'  mda "{program} {self.path("mail")}"\n')
        path = self.write("fetchmailrc", rc.encode(), 0o600)
        return run(["fetchmail", "--fetchmailrc", path, "--idfile", self.path("ids"), "--pidfile", self.path("pid"),
                    "--nodetach", "--invisible", "--nosyslog"], self.directory)

    def fetched(self):
        found = []
        for name in os.listdir(self.path("mail")):
            with open(self.path("mail", name), "rb") as file:
                found.append(file.read())
        return sorted(found)

    def check(self, scheme, *rest):
        outcome = self.fetch(scheme, *rest)
        self.assertEqual(outcome.status, 0, str(outcome))
        # fetchmail drops Return-Path, which it passes on as the envelope.
        expected = sorted(stored.replace(b"Return-Path: <carol@example.net>\n", b"", 1) for stored in self.stored)
        found = sorted(stored.replace(b"Return-Path: <carol@example.net>\n", b"", 1) for stored in self.fetched())
        self.assertEqual(found, expected)

    def test_plain_and_delete(self):
        self.check("pop3", "pop3", 'sslproto "" no keep')
        self.assertEqual(self.server.messages("alice"), [])

    def test_starttls_and_keep(self):
        self.check("pop3", "pop3", 'sslproto "TLS1.2+" sslcertck keep')
        self.assertEqual(sorted(self.server.messages("alice")), self.stored)

    def test_implicit_tls(self):
        self.check("pop3s", "pop3", "ssl sslcertck keep")

    def test_apop(self):
        self.check("pop3", "apop", 'sslproto "" keep')


if __name__ == "__main__":
    main()
