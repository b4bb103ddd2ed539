"""Templates in destinations: each mailbox of an account into its folder, whatever a server calls it."""

import os

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.commands import run
from peers.messages import TEXTS, crlf, message, numbered
from peers.scripted import ScriptedServer, imap

_NAMES = ["Lists", "Lists.c++", "Entw&APw-rfe", "a\\b"]


class Templates(DovecotSource, Case):
    protocol = "imap"

    def fetch(self, *options, to="maildir:{}/%m", **arguments):
        return self.run_receipts("mail-fetch", *self.source(), "--to", to.format(self.path("Mail")), *options,
                                 **arguments)

    def fill_mailboxes(self):
        client = self.login()
        messages = {}
        for number, name in enumerate(_NAMES):
            quoted = '"%s"' % name.replace("\\", "\\\\")
            client.create(quoted)
            self.addCleanup(self.login().delete, quoted)
            messages[name] = message(f"in {number}", "x\n")
            client.append(quoted, r"(\Seen \Flagged)", '"02-Jan-2020 10:00:00 +0000"', crlf(messages[name]))
        return messages

    def test_each_mailbox_into_its_folder(self):
        """As the folders of the server itself, with flags and dates."""
        inbox = self.fill(list(TEXTS.values()))
        messages = self.fill_mailboxes()
        receipts = self.fetch("--mailboxes", "*")
        self.assertEqual(len(receipts), len(inbox) + len(messages))
        self.assertEqual(self.maildir("Mail"), sorted(inbox))
        for name, octets in messages.items():
            folder = "." + name.replace("\\", "\\5c")
            self.assertEqual(self.maildir("Mail", folder), [octets])
            file, = os.listdir(self.path("Mail", folder, "cur"))
            self.assertTrue(file.endswith(":2,FS"), file)
            self.assertEqual(os.stat(self.path("Mail", folder, "cur", file)).st_mtime, 1577959200)
        self.assertEqual(self.fetch("--mailboxes", "*"), [])
        # What mail-list makes of it.
        listed = self.run_receipts("mail-list", "maildir:" + self.path("Mail"), "--mailboxes", "--json")
        self.assertEqual(sorted(record["name"] for record in listed),
                         sorted(["INBOX", "Lists", "c++", "Entwürfe", "a\\5cb"]))

    def test_one_mailbox_is_asked_for_its_delimiter(self):
        messages = self.fill_mailboxes()
        location, *options = self.source(rest="/Lists.c%2B%2B")
        for _ in range(2):
            self.run_receipts("mail-fetch", location, *options, "--to", f"maildir:{self.path('Mail')}/%m")
        self.assertEqual(self.maildir("Mail", ".Lists.c++"), [messages["Lists.c++"]])
        self.assertEqual(sorted(os.listdir(self.path("Mail"))), [".Lists.c++", "cur", "new", "tmp"])

    def test_user_host_and_account(self):
        messages = self.fill(numbered(2))
        self.fetch(to="mbox:{}/%h/%u/%m")
        with open(self.path("Mail", "localhost", "alice", "INBOX"), "rb") as file:
            self.assertEqual(file.read().count(b"\nMessage-ID: "), len(messages))
        location, *options = self.source()
        text = (f'[account.one]\nsource = "{location}"\nto = "maildir:Mail/%n/%m"\ntls = "none"\n'
                f'password-file = "{options[-1]}"\n')
        self.run_receipts("mail-fetch", "@one", "--config", self.write("config.toml", text.encode()),
                          environment={"HOME": self.directory})
        self.assertEqual(self.maildir("Mail", "one"), sorted(messages))
        self.run_error(64, "%n is the name of an account",
                       argv=["mail-fetch", *self.source(), "--to", f"maildir:{self.path('x')}/%n"])
        self.assertFalse(os.path.exists(self.path("x")))

    def test_rules_with_templates(self):
        self.fill([TEXTS["plain"]])
        messages = self.fill_mailboxes()
        self.fetch("--mailboxes", "*", "--route", f"SUBJECT 1 -> maildir:{self.path('One')}/%m")
        self.assertEqual(self.maildir("One", ".Lists.c++"), [messages["Lists.c++"]])
        self.assertEqual(self.maildir("Mail", ".Lists.c++"), [])
        self.assertEqual(self.maildir("Mail", ".Lists"), [messages["Lists"]])

    def test_a_folder_that_cannot_be_made(self):
        """It has to do with its mailbox, and keeps no other back."""
        messages = self.fill_mailboxes()
        os.mkdir(self.path("Mail"))
        self.write(os.path.join("Mail", ".Lists"), b"in the way\n")
        self.run_error(65, r"/Lists: \S*/Mail/\.Lists: ", receipts=True,
                       argv=["mail-fetch", *self.source(), "--to", f"maildir:{self.path('Mail')}/%m", "--mailboxes",
                             "*"])
        self.assertEqual(self.maildir("Mail", ".Lists.c++"), [messages["Lists.c++"]])

    def test_hostile_names(self):
        """threats.md: a name becomes one file of the directory, or an error, and never another place."""
        names = [b'"INBOX"', b'".."', b'"../../escaped"', b'"/escaped"', b'"a/../../../escaped"', b'"."', b'""',
                 b'"~root"', b"{7}\r\nesc\r\n/x", b'"esc\\\\..\\\\.."', b'"&AC4ALg-"', b'"&AC4ALgAv-x"',
                 b'"%s"' % (b"y" * 300), b'"\xff\xfe"', b'"new"']
        with ScriptedServer(imap(names, [crlf(message("hello", "body\n"))])) as server:
            outcome = run(["mail-fetch", f"imap://alice@127.0.0.1:{server.port}", "--tls", "none", *self.password(),
                           "--to", f"maildir:{self.path('top', 'Mail')}/%m", "--mailboxes", "*"], self.directory)
        self.assertIn(outcome.status, (0, 76), str(outcome))
        self.assertEqual(os.listdir(self.path("top")), ["Mail"])
        self.assertFalse([name for name in os.listdir(self.directory) if "escaped" in name])
        made = os.listdir(self.path("top", "Mail"))
        self.assertLessEqual({"cur", "new", "tmp", ".\\2e\\2e", ".new"}, set(made), str(outcome))
        for name in set(made) - {"cur", "new", "tmp"}:
            self.assertRegex(name, r"\A\.[ -~]{1,199}\Z")
            self.assertEqual(sorted(os.listdir(self.path("top", "Mail", name))), ["cur", "new", "tmp"])


if __name__ == "__main__":
    main()
