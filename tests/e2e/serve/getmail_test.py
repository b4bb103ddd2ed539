"""getmail out of mail-serve: POP3 over TLS and without, what it knows by UIDL, and deletions."""

import os
import shutil

from peers.case import main
from peers.commands import run
from peers.getmail import getmail_argv
from pop_clients import PopClientCase

_RC = """[retriever]
type = {type}
server = localhost
port = {port}
username = alice
password = secret
{more}
[destination]
type = Maildir
path = {mail}/
{user}
[options]
read_all = false
delete = {delete}
delivered_to = false
received = false
verbose = 0
"""


class Getmail(PopClientCase):
    def getmail(self, scheme, delete=False):
        for name in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", name), exist_ok=True)
        user = ""
        if os.getuid() == 0:  # as whom it delivers nothing
            user = "user = nobody"
            for name in ("", "new", "cur", "tmp"):
                shutil.chown(self.path("mail", name), "nobody")
        more = f"ca_certs = {self.certificates().ca}" if scheme == "pop3s" else ""
        kind = "SimplePOP3SSLRetriever" if scheme == "pop3s" else "SimplePOP3Retriever"
        self.write("getmailrc", _RC.format(type=kind, port=self.server.port(scheme), mail=self.path("mail"), more=more,
                                           user=user, delete=str(delete).lower()).encode())
        outcome = run(getmail_argv(self.directory, self.path("getmailrc")), self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))

    def check(self, scheme):
        for _ in range(2):
            self.getmail(scheme)
            self.assertEqual(len(self.maildir("mail")), len(self.stored))
        self.assertEqual(sorted(self.server.messages("alice")), self.stored)
        self.getmail(scheme, delete=True)
        self.assertEqual(len(self.maildir("mail")), len(self.stored))
        self.assertEqual(self.server.messages("alice"), [])

    def test_plain(self):
        self.check("pop3")

    def test_tls(self):
        self.check("pop3s")


if __name__ == "__main__":
    main()
