"""getmail: what is new over IMAP, several mailboxes, and deletions."""

import os
import shutil

from imap_case import ImapCase, digests, needs
from peers.case import main
from peers.getmail import getmail_argv

_RC = """[retriever]
type = {kind}
server = localhost
port = {port}
username = alice
password = secret
mailboxes = {mailboxes}
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


@needs("getmail")
class Getmail(ImapCase):
    def getmail(self, secure=True, delete=False, mailboxes='("INBOX",)'):
        for name in ("new", "cur", "tmp"):
            os.makedirs(self.path("mail", name), exist_ok=True)
        user = ""
        if os.getuid() == 0:  # as whom it delivers nothing
            user = "user = nobody"
            for name in ("", "new", "cur", "tmp"):
                shutil.chown(self.path("mail", name), "nobody")
        self.write("getmailrc", _RC.format(
            kind="SimpleIMAPSSLRetriever" if secure else "SimpleIMAPRetriever",
            port=self.server.imaps if secure else self.server.imap, mailboxes=mailboxes, mail=self.path("mail"),
            more=f"ca_certs = {self.certificates().ca}" if secure else "", user=user,
            delete=str(delete).lower()).encode())
        self.program(*getmail_argv(self.directory, self.path("getmailrc")))

    def test_new_ones(self):
        # It keeps apart what it knows by ports.
        for count, secure in enumerate((True, False), 1):
            for _ in range(2):
                self.getmail(secure)
                self.assertEqual(digests(self.maildir("mail")), digests(self.texts * count))
        self.assertEqual(len(self.stored()), len(self.texts))

    def test_delete(self):
        with self.server.client() as client:
            client.ok("CREATE Second")
        self.append_all(self.texts[:2], "Second")
        self.getmail(delete=True, mailboxes='("INBOX", "Second")')
        self.assertEqual(digests(self.maildir("mail")), digests(self.texts + self.texts[:2]))
        self.assertEqual(self.stored() + self.stored("Second"), [])


if __name__ == "__main__":
    main()
