"""--mailboxes of mail-list over Maildirs, mbox and Dovecot, and --recursive."""

import os

from peers.case import Case, main
from peers.dovecot import Dovecot
from peers.messages import crlf, message

_EXTRA = """
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
  %s
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=10M
  quota_rule2 = *:messages=500
}
namespace inbox {
  separator = /
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox "Lists/Büro" {
    auto = create
  }
}
"""
_WITHOUT_EXTENSIONS = "imap_capability = IMAP4rev1 LITERAL+ SASL-IR SPECIAL-USE QUOTA"


def texts():
    return [message(name, name + "\n") for name in ("one", "two", "three")]


class Mailboxes(Case):
    def fill(self, name, octets, seen=0):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path(name, sub), exist_ok=True)
        for number, text in enumerate(octets):
            size = f",S={len(text)},W={len(crlf(text))}"
            base = f"{1700000000 + number}.M{number}P1.host{size}"
            self.write(os.path.join(name, f"cur/{base}:2,S" if number < seen else f"new/{base}"), text)

    def mailboxes(self, location, *options):
        return self.run_receipts("mail-list", "--mailboxes", location, "--json", *options)

    def tree(self):
        self.fill("mail", texts(), seen=1)
        self.fill("mail/.Lists.B&APw-ro", texts()[:2])
        self.fill("mail/.Sent", [])
        self.fill("mail/plain/deep", texts()[:1])
        return "maildir:" + self.path("mail")

    def test_maildir(self):
        location = self.tree()
        size = sum(len(crlf(text)) for text in texts())
        expected = [
            {"ref": location, "mailbox": "INBOX", "name": "INBOX", "role": "inbox", "totalEmails": 3,
             "unreadEmails": 2, "size": size},
            {"ref": location + "/.Lists.B%26APw-ro", "mailbox": "Lists/Büro", "name": "Büro", "totalEmails": 2,
             "unreadEmails": 2, "size": sum(len(crlf(text)) for text in texts()[:2])},
            {"ref": location + "/.Sent", "mailbox": "Sent", "name": "Sent", "totalEmails": 0, "unreadEmails": 0,
             "size": 0}]
        found = self.mailboxes(location)
        for record in found:
            self.assertEqual(len(self.run_receipts("mail-list", record["ref"], "--json")), record["totalEmails"])
        self.assertEqual(found[0], expected[0])
        for record in found + expected:
            del record["ref"]
        self.assertEqual(found, expected)
        self.assertEqual([record["mailbox"] for record in self.mailboxes(location, "--recursive")],
                         ["INBOX", "Lists/Büro", "Sent", "plain/deep"])

    def test_recursive_listing(self):
        location = self.tree()
        records = self.run_receipts("mail-list", location, "--recursive", "--json")
        self.assertEqual([(record["mailbox"], record["subject"]) for record in records],
                         [("INBOX", "one"), ("INBOX", "two"), ("INBOX", "three"), ("Lists/Büro", "one"),
                          ("Lists/Büro", "two"), ("plain/deep", "one")])
        for record in records:
            again, = self.run_receipts("mail-list", record["ref"], "--json")
            self.assertEqual(again["subject"], record["subject"])
        # A directory of Maildirs that is none itself; all of them are searched, sorted and counted together.
        top = "maildir:" + self.directory
        self.assertEqual(self.run_ok("mail-list", top, "--recursive", "--count").stdout, b"6\n")
        records = self.run_receipts("mail-list", top, "--recursive", "--json", "--search", "SUBJECT one", "--limit",
                                    "2")
        self.assertEqual([record["mailbox"] for record in records], ["mail", "mail/Lists/Büro"])
        self.assertEqual(len(self.run_receipts("mail-list", location, "--json")), 3)

    def test_changes_below(self):
        location = self.tree()
        self.assertEqual(len(self.run_receipts("mail-list", location, "--recursive", "--flag", "+Seen", "--json")), 6)
        unseen = self.run_ok("mail-list", location, "--recursive", "--count", "--search", "UNSEEN")
        self.assertEqual(unseen.stdout, b"0\n")

    def test_mbox(self):
        self.run_ok("mail-list", self.tree(), "--copy", "mbox:" + self.path("box"), "--json")
        record, = self.mailboxes("mbox:" + self.path("box"))
        self.assertEqual((record["mailbox"], record["totalEmails"], record["unreadEmails"]), ("box", 3, 3))

    def test_tree_on_a_terminal(self):
        self.fill("mail/.e\x1b[2Jvil\n", texts())
        self.tree()
        location = "maildir:" + self.path("mail")
        out = self.run_ok("mail-list", "--mailboxes", location, "--output", "table").stdout.decode()
        self.assertNotIn("\x1b", out)
        self.assertEqual([line[24:] for line in out.splitlines()][:4], ["MAILBOX", "INBOX", "Lists", "└ Büro"])
        self.assertEqual(len(out.splitlines()), 6)

    def test_errors(self):
        self.run_error(66, "no such|No such", argv=["mail-list", "--mailboxes", "maildir:" + self.path("nothing")])
        self.run_error(66, "is not a Maildir", argv=["mail-list", "--mailboxes", "maildir:" + self.directory])
        self.run_error(66, "no Maildir in it", argv=["mail-list", "--recursive", "maildir:" + self.directory])
        self.run_error(64, "has no mailboxes", argv=["mail-list", "--mailboxes", "pop3://localhost"])
        self.run_error(64, "cannot be given together", argv=["mail-list", "--mailboxes", self.tree(), "--delete"])


class DovecotMailboxes(Case):
    def check(self, capability):
        dovecot = Dovecot(extra=_EXTRA % capability).start()
        self.addCleanup(dovecot.stop)
        for number, octets in enumerate(texts()):
            dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.x", seen=number == 0)
        url = f"imap://alice@127.0.0.1:{dovecot.imap}"
        options = ["--tls", "none", *self.password()]
        records = self.run_receipts("mail-list", "--mailboxes", url, "--json", *options)
        self.assertEqual([record["mailbox"] for record in records], ["INBOX", "Lists/Büro", "Sent"])
        inbox, office, sent = records
        self.assertEqual((inbox["role"], inbox["totalEmails"], inbox["unreadEmails"], inbox["uidNext"]),
                         ("inbox", 3, 2, 4))
        self.assertEqual((office["name"], office["totalEmails"]), ("Büro", 0))
        self.assertEqual(sent["role"], "sent")
        storage, count = inbox["quotas"]
        self.assertEqual((storage["name"], storage["resourceType"], storage["hardLimit"]),
                         ("User quota", "octets", 10 << 20))
        self.assertEqual((count["resourceType"], count["hardLimit"]), ("count", 500))
        for record in (inbox, office, sent):
            listed = self.run_receipts("mail-list", record["ref"], "--json", *options)
            self.assertEqual(len(listed), record["totalEmails"])
            for message_record in listed:
                self.assertEqual(message_record["uidValidity"], record["uidValidity"])
        out = self.run_ok("mail-list", "--mailboxes", url, "--output", "table", *options).stdout.decode()
        self.assertIn("Sent (sent)", out)
        self.assertRegex(out, r"quota User quota: \S+ of 10M")
        return records

    def test_with_list_status(self):
        records = self.check("")
        self.assertEqual(records[0]["size"], sum(len(crlf(text)) for text in texts()))
        self.assertEqual([record["isSubscribed"] for record in records], [False, False, True])

    def test_with_status_alone(self):
        self.assertNotIn("size", self.check(_WITHOUT_EXTENSIONS)[0])


if __name__ == "__main__":
    main()
