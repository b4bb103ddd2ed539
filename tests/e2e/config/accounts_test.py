"""Accounts of config.toml in all commands, with Dovecot and mail-serve as the servers."""

import json
import os

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import message


class Accounts(Case):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.serve = MailServe(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.serve.stop)
        cls.messages = [message("first", "one\n"), message("second", "two\n")]
        for number, octets in enumerate(cls.messages):
            cls.dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.x")

    def setUp(self):
        super().setUp()
        self.write("pw", b"secret\n")
        self.write("hunter", b"hunter2\n")

    def config(self, text, mode=0o600, name="config.toml"):
        text = text.replace("IMAPS", f"imaps://alice@localhost:{self.dovecot.imaps}")
        text = text.replace("POP3", f"pop3://alice@localhost:{self.serve.port('pop3')}")
        text = text.replace("SMTP", f"smtp://bob@localhost:{self.serve.port('smtp')}")
        text = text.replace("CA", self.certificates().ca)
        return self.write(name, text.encode(), mode)

    def good(self):
        return ["--config", self.config("""
[defaults]
tls-ca = "CA"
password-file = "pw"
[account.zwei]
source = "IMAPS"
to = "maildir:mail/zwei"
[account.eins]
source = "POP3"
to = "mbox:~/eins"
server = "SMTP"
from = "bob@example.org"
user = "alice"
password-command = "case $0 in *) cat ~/pw ;; esac"
delete = true
[account.out]
server = "SMTP"
password-file = "hunter"
from = "bob@example.org"
""")]

    def records(self, *argv, **arguments):
        return schema.check_lines(self.run_ok(*argv, **arguments).stdout, argv[0])

    def test_list_and_show(self):
        found = self.records("mail-list", "@zwei", *self.good(), "--json")
        self.assertEqual([one["subject"] for one in found], ["first", "second"])
        # A ref goes back to the account that it came out of.
        lines = "".join(json.dumps({"ref": one["ref"]}) + "\n" for one in found).encode()
        shown = self.records("mail-show", "--refs", "-", "--json", *self.good(), stdin=lines)
        self.assertEqual([one["subject"] for one in shown], ["first", "second"])
        shown = self.records("mail-show", "@zwei", "--json", *self.good())
        self.assertEqual([one["ref"] for one in shown], [one["ref"] for one in found])
        uid = found[1]["ref"].split("/INBOX")[1]
        self.assertEqual(self.run_ok("mail-show", "@zwei/INBOX" + uid, "--raw", *self.good()).stdout, self.messages[1])
        names = [one["mailbox"] for one in self.records("mail-list", "--mailboxes", "@zwei", *self.good(), "--json")]
        self.assertIn("INBOX", names)

    def test_move_into_an_account(self):
        mbox = self.write("mbox", b"From a Thu Jan  1 00:00:00 1970\nSubject: moved\n\nx\n\n")
        self.run_ok("mail-list", "mbox:" + mbox, "--copy", "@zwei", *self.good())
        found = self.records("mail-list", "@zwei", "--search", "SUBJECT moved", *self.good(), "--json")
        self.assertEqual(len(found), 1)
        self.run_ok("mail-list", found[0]["ref"], "--delete", *self.good())

    def test_send_and_fetch(self):
        text = b"From: bob@example.org\r\nTo: alice@example.org\r\nSubject: hello\r\n\r\nx\r\n"
        receipt = self.run_receipts("mail-send", "--server", "@out", "-t", *self.good(), stdin=text)[0]
        self.assertEqual(receipt["status"], 0, receipt)
        receipts = self.run_receipts("mail-fetch", "@all", *self.good())
        self.assertEqual(len(receipts), 3, receipts)
        self.assertEqual(self.maildir("mail", "zwei"), sorted(self.messages))
        with open(self.path("eins"), "rb") as file:
            self.assertIn(b"Subject: hello", file.read())
        # The account's `delete`.
        self.assertEqual(self.records("mail-list", "@eins", *self.good(), "--json"), [])
        self.assertEqual(self.run_receipts("mail-fetch", "@all", *self.good()), [])

    def test_the_command_line_beats_the_account(self):
        receipts = self.run_receipts("mail-fetch", "@zwei", "--to", "maildir:" + self.path("other"), *self.good())
        self.assertEqual(len(receipts), 2)
        self.assertFalse(os.path.exists(self.path("mail", "zwei")))
        self.run_error(77, "AUTH|auth", argv=["mail-list", "@zwei", *self.good(), *self.password("wrong")])

    def test_a_url_does_not_do_what_an_account_does(self):
        url = f"imaps://alice@localhost:{self.dovecot.imaps}"
        outcome = self.run_ok("mail-fetch", url, *self.good())
        self.assertEqual(outcome.stdout.count(b"\nSubject: "), 2)

    def test_the_users_own_file(self):
        config = self.good()[1]
        os.makedirs(self.path(".config", "mailpipe"))
        os.rename(config, self.path(".config", "mailpipe", "config.toml"))
        self.assertEqual(len(self.records("mail-list", "@zwei", "--json")), 2)
        os.makedirs(self.path("xdg", "mailpipe"))
        os.rename(self.path(".config", "mailpipe", "config.toml"), self.path("xdg", "mailpipe", "config.toml"))
        self.assertEqual(len(self.records("mail-list", "@zwei", "--json",
                                          environment={"XDG_CONFIG_HOME": self.path("xdg")})), 2)
        self.run_error(78, "@zwei: no such account in .*/.config/mailpipe/config.toml",
                       argv=["mail-list", "@zwei"])

    def test_check_config(self):
        for option in (self.good(), ["--config", self.config("", name="empty")]):
            self.assertEqual(self.run_ok("mail-fetch", "--check-config", *option).stdout, b"")
        bad = self.config('[account.a]\nsource = "IMAPS"\ndeleet = true\ntls = 1\n[default]\nto = "x"\n', name="bad")
        outcome = run(["mail-fetch", "--check-config", "--config", bad], self.directory)
        self.assertEqual((outcome.status, outcome.stdout), (78, b""))
        self.assertEqual(outcome.error_lines, [
            f'mail-fetch: {bad}:3: unknown key "deleet" in [account.a]; did you mean "delete"?',
            f'mail-fetch: {bad}:4: "tls" in [account.a] is a string',
            f'mail-fetch: {bad}:5: unknown section "default"; did you mean "defaults"?'])
        self.run_error(78, "No such file", argv=["mail-fetch", "--check-config"])
        self.run_error(78, "others can write it", argv=["mail-fetch", "--check-config", "--config",
                                                        self.config("", 0o620, "open")])

    def test_errors_of_the_file_end_each_command(self):
        bad = ["--config", self.config('[account.a]\nsource = "IMAPS"\npassword = "secret"\n', name="bad")]
        for argv in (["mail-list", "@a"], ["mail-show", "@a"], ["mail-fetch", "@a"],
                     ["mail-send", "--server", "@a", "-t"], ["mail-list", "mbox:x", "--move", "@a"]):
            self.run_error(78, "bad:3: .*a password does not belong into this file", argv=[*argv, *bad])
        # A local file needs no account.
        self.assertEqual(self.run_ok("mail-show", self.write("m", self.messages[0]), "--raw", *bad).stdout,
                         self.messages[0])

    def test_errors_of_accounts(self):
        for argv, says in ((["mail-list", "@zwie"], "no such account in .*; did you mean @zwei"),
                           (["mail-list", "@out"], "@out: the account has no source"),
                           (["mail-send", "--server", "@zwei", "-t"], "@zwei: the account has no server"),
                           (["mail-list", "@eins/Box"], "only an IMAP source has mailboxes")):
            self.run_error(78, says, argv=[*argv, *self.good()])
        self.run_error(64, "names several servers", argv=["mail-send", "--server", "@all", "-t", *self.good()])

    def test_a_destination_that_fails_ends_its_own_sources_only(self):
        self.write("file", b"")
        config = ["--config", self.config('[defaults]\ntls-ca = "CA"\npassword-file = "pw"\n[account.a]\n'
                                          'source = "IMAPS"\nto = "maildir:file"\n[account.b]\nsource = "IMAPS"\n'
                                          'to = "maildir:b"\n')]
        outcome = run(["mail-fetch", "@all", "--jobs", "1", *config], self.directory)
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))
        self.assertNotEqual(outcome.status, 0)
        self.assertEqual(len(self.maildir("b")), 2)

    def test_rules_of_the_file_are_for_its_destination(self):
        path = self.config('[account.a]\nsource = "IMAPS"\ntls-ca = "CA"\npassword-file = "pw"\nto = "maildir:mail"\n'
                           'route = ["FROM carol -> maildir:elsewhere"]\n')
        self.run_ok("mail-fetch", "--config", path, "@a", "--to", "maildir:" + self.path("typed"))
        self.assertEqual(len(self.maildir("typed")), 2)
        self.assertFalse(os.path.exists(self.path("elsewhere")))

    def test_messages_and_receipts_do_not_share_stdout(self):
        config = ["--config", self.config('[defaults]\ntls-ca = "CA"\npassword-file = "pw"\n[account.a]\n'
                                          'source = "IMAPS"\nto = "maildir:a"\n[account.b]\nsource = "POP3"\n')]
        self.run_error(64, "has no destination", argv=["mail-fetch", "@all", *config], receipts=True)
        self.assertEqual(len(self.maildir("a")), 2)
        self.run_error(64, "--delete needs --to", argv=["mail-fetch", "@b", "--delete", *config])


if __name__ == "__main__":
    main()
