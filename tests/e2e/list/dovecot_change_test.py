"""--flag, --move, --copy and --delete of mail-list against Dovecot, over IMAP and POP3, and between stores."""

import imaplib
import json
import os
import shutil

from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.messages import crlf, message

_MAILBOXES = """
namespace inbox {
  mailbox Archive {
    auto = create
  }
  mailbox "Büro" {
    auto = create
  }
}
"""
_PLAIN = "protocol imap {\n  imap_capability = IMAP4rev1 LITERAL+ SASL-IR UIDPLUS\n}\n"
_BARE = "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR\n}\n"


def messages():
    return [message("one", "first\n", sender="Bob <bob@example.net>"),
            message("two", "From here\n" + "x" * 200000 + "\n", sender="Carol <carol@example.net>"),
            message("three", "third\n", sender="Bob <bob@example.net>")]


class DovecotChange(Case):
    extra = ""

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(extra=_MAILBOXES + cls.extra).start()
        cls.addClassCleanup(cls.dovecot.stop)

    def setUp(self):
        super().setUp()
        self.fill("alice")

    def fill(self, user):
        top = self.dovecot.maildir(user)
        shutil.rmtree(top)
        for sub in ("", "cur", "new", "tmp"):
            os.makedirs(os.path.join(top, sub), exist_ok=True)
        self.dovecot.own_mail()
        for number, octets in enumerate(messages()):
            self.dovecot.deliver(user, octets, f"100000000{number}.M{number}P1.x")

    def url(self, mailbox="INBOX", user="alice", scheme="imap"):
        port = getattr(self.dovecot, scheme)
        return f"{scheme}://{user}@127.0.0.1:{port}" + (f"/{mailbox}" if scheme == "imap" else "")

    def login(self, word="secret"):
        return [*self.password(word), "--tls", "none"]

    def list(self, *argv, word="secret", **arguments):
        return self.run_receipts("mail-list", *argv, "--json", *self.login(word), **arguments)

    def subjects(self, *argv, **arguments):
        return [record["subject"] for record in self.list(*argv, **arguments)]

    def refs(self, *argv):
        return "".join(json.dumps(record) + "\n" for record in self.list(*argv)).encode()

    def test_flag(self):
        unseen = self.refs(self.url(), "--search", "UNSEEN")
        changed = self.list("--refs", "-", "--flag", "+Seen", "+work", stdin=unseen)
        self.assertEqual([record["keywords"] for record in changed], [{"$seen": True, "work": True}] * 3)
        self.assertEqual([record["uid"] for record in changed], [1, 2, 3])
        changed = self.list(self.url(), "--search", "FROM bob", "--flag", "-work", "-Seen", "+Flagged")
        self.assertEqual([record["keywords"] for record in changed], [{"$flagged": True}] * 2)
        self.assertEqual(self.subjects(self.url(), "--search", "FLAGGED UNSEEN"), ["one", "three"])
        self.assertEqual(self.subjects(self.url(), "--search", "KEYWORD work"), ["two"])

    def test_gone(self):
        stdin = self.refs(self.url())
        self.list(self.url(), "--search", "FROM carol", "--delete")
        outcome = self.run_error(66, "no such message", receipts=True, stdin=stdin,
                                 argv=["mail-list", "--refs", "-", "--flag", "+Seen", "--json", *self.login()])
        self.assertEqual([record["uid"] for record in outcome.receipts], [1, 3])

    def test_within_the_account(self):
        for option, left in (("--copy", ["one", "two", "three"]), ("--move", ["two"])):
            for mailbox in ("Archive", "B%C3%BCro"):
                with self.subTest(option=option, mailbox=mailbox):
                    self.fill("alice")
                    changed = self.list(self.url(), "--search", "FROM bob", option, self.url(mailbox))
                    self.assertEqual({record["mailbox"] for record in changed},
                                     {"Archive" if mailbox == "Archive" else "Büro"})
                    self.check_places(changed, ["one", "three"])
                    self.assertEqual(self.subjects(self.url()), left)
                    self.assertEqual(self.subjects(self.url(mailbox)), ["one", "three"])

    def check_places(self, changed, subjects):
        self.assertEqual([self.subjects(record["ref"]) for record in changed], [[subject] for subject in subjects])

    def test_delete_leaves_what_others_marked(self):
        imap = imaplib.IMAP4("127.0.0.1", self.dovecot.imap)
        self.addCleanup(imap.logout)
        imap.login("alice", "secret")
        imap.select()
        imap.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
        gone = self.list(self.url(), "--search", "FROM carol", "--delete")
        self.assertEqual([record["uid"] for record in gone], [2])
        self.assertEqual(self.subjects(self.url()), ["one", "three"])

    def test_no_such_mailbox(self):
        self.run_error(66, "TRYCREATE|NONEXISTENT|exist", receipts=True,
                       argv=["mail-list", self.url(), "--move", self.url("Nowhere"), "--json", *self.login()])
        self.run_error(66, "exist", receipts=True,
                       argv=["mail-list", self.maildir_of(messages()), "--move", self.url("Nowhere"), *self.login()])
        self.assertEqual(len(self.subjects(self.url())), 3)

    def maildir_of(self, texts, name="mail"):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path(name, sub))
        for number, octets in enumerate(texts):
            self.write(os.path.join(name, "cur", f"{1700000000 + number}.M{number}P1.host:2,S"), octets)
            os.utime(self.path(name, "cur", f"{1700000000 + number}.M{number}P1.host:2,S"), (10 ** 9, 10 ** 9))
        return "maildir:" + self.path(name)

    def test_from_a_maildir_to_the_server_and_back(self):
        sent = messages() + [message("bare CR", "a\rb\n"), message("eight bit", "Grüße\n"), b"no header\n"]
        for option in ("--copy", "--move"):
            with self.subTest(option):
                self.fill("alice")
                source = self.maildir_of(sent, "mail" + option)
                changed = self.list(source, option, self.url("Archive"))
                self.assertEqual([record["keywords"] for record in changed], [{"$seen": True}] * 6)
                self.assertEqual(len(self.list(source)), 0 if option == "--move" else 6)
                listed = self.list(self.url("Archive"))
                self.assertEqual([record["receivedAt"] for record in listed], ["2001-09-09T01:46:40Z"] * 6)
                if "UIDPLUS" in self.extra or not self.extra:
                    self.assertEqual([record["ref"] for record in changed], [record["ref"] for record in listed])
                target = "maildir:" + self.path("back" + option)
                back = self.list(self.url("Archive"), option, target)
                self.assertEqual([record["keywords"] for record in back], [{"$seen": True}] * 6)
                self.assertEqual(self.maildir("back" + option), sorted(sent))
                self.assertEqual(len(self.list(self.url("Archive"))), 0 if option == "--move" else 6)

    def test_to_another_account(self):
        shutil.rmtree(os.path.join(self.dovecot.maildir("bob")))
        for sub in ("", "cur", "new", "tmp"):
            os.makedirs(os.path.join(self.dovecot.maildir("bob"), sub), exist_ok=True)
        self.dovecot.own_mail()
        netrc = self.write("netrc", b"machine 127.0.0.1 login alice password secret\n"
                                    b"machine 127.0.0.1 login bob password hunter2\n")
        changed = self.run_receipts("mail-list", self.url(), "--move", self.url("Archive", "bob"), "--json",
                                    "--tls", "none", environment={"NETRC": netrc})
        self.assertEqual(len(changed), 3)
        self.assertEqual(self.subjects(self.url("Archive", "bob"), word="hunter2"), ["one", "two", "three"])
        self.assertEqual(self.subjects(self.url()), [])

    def test_pop3(self):
        url = self.url(scheme="pop3")
        stdin = self.refs(url, "--search", "FROM bob")
        gone = self.list("--refs", "-", "--delete", stdin=stdin)
        self.assertEqual([record["ref"] for record in gone],
                         [json.loads(line)["ref"] for line in stdin.splitlines()])
        self.assertEqual(self.subjects(url), ["two"])
        for options, says in ((["--flag", "+Seen"], "no flags"), (["--move", "maildir:x"], "mail-fetch"),
                              (["--copy", "maildir:x"], "mail-fetch")):
            self.run_error(69, says, argv=["mail-list", url, *options, *self.login()])
        self.assertEqual(len(self.list(url, "--delete")), 1)
        self.assertEqual(self.subjects(url), [])

    def test_texts_are_equal_at_both_ends(self):
        self.list(self.url(), "--copy", "mbox:" + self.path("box"))
        shown = [self.run_ok("mail-show", record["ref"], "--raw").stdout
                 for record in self.list("mbox:" + self.path("box"))]
        self.assertEqual([crlf(text) for text in shown], [crlf(text) for text in messages()])


class WithoutMove(DovecotChange):
    """COPY, \\Deleted and UID EXPUNGE."""
    extra = _PLAIN


class WithoutUidplus(Case):
    """The messages stay, marked as deleted; a plain EXPUNGE would take those of others along."""

    def test_delete(self):
        dovecot = Dovecot(extra=_MAILBOXES + _BARE).start()
        self.addCleanup(dovecot.stop)
        for number, octets in enumerate(messages()):
            dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.x")
        url = f"imap://alice@127.0.0.1:{dovecot.imap}"
        options = ["--json", "--tls", "none", *self.password()]
        outcome = self.run_error(0, "stay marked as deleted", receipts=True,
                                 argv=["mail-list", url, "--search", "FROM bob", "--delete", *options])
        self.assertEqual(len(outcome.receipts), 2)
        listed = self.run_receipts("mail-list", url, *options)
        self.assertEqual([record["keywords"] for record in listed], [{"$deleted": True}, {}, {"$deleted": True}])


if __name__ == "__main__":
    main()
