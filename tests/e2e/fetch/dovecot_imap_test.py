"""mail-fetch out of Dovecot over IMAP: plain, STARTTLS, implicit TLS."""

import json
import urllib.parse

from dovecot_fetch import DovecotFetch
from peers.case import Case, main
from peers.commands import run
from peers.messages import TEXTS, crlf, numbered


class Imap(DovecotFetch, Case):
    protocol = "imap"

    def test_seen_is_not_set(self):
        self.fill(numbered(2))
        self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail"))
        client = self.login()
        client.select()
        self.assertEqual(client.search(None, "UNSEEN")[1], [b"1 2"])

    def test_flags_travel(self):
        self.fill(numbered(2))
        client = self.login()
        client.select()
        client.store("1", "+FLAGS", r"(\Seen \Flagged)")
        client.logout()
        self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail"))
        listed = self.run_receipts("mail-list", "maildir:" + self.path("mail"), "--json")
        keywords = {record["subject"]: set(record.get("keywords", {})) for record in listed}
        self.assertEqual(keywords, {"message 0": {"$seen", "$flagged"}, "message 1": set()})

    def test_another_mailbox(self):
        client = self.login()
        name = "Entw&APw-rfe &- Co"  # "Entwürfe & Co" in modified UTF-7
        self.assertEqual(client.create(f'"{name}"')[0], "OK")
        client.append(f'"{name}"', "", None, crlf(TEXTS["umlauts"]))
        client.logout()
        rest = "/" + urllib.parse.quote("Entwürfe & Co")
        receipts = self.run_receipts("mail-fetch", *self.source(rest=rest), "--to", "maildir:" + self.path("mail"))
        self.assertEqual(len(receipts), 1)
        self.assertEqual(self.maildir("mail"), [TEXTS["umlauts"]])

    def test_delete_leaves_what_others_marked(self):
        self.fill(numbered(3))
        client = self.login()
        client.select()
        client.store("2", "+FLAGS", r"(\Deleted)")
        client.logout()
        refs = self.run_receipts("mail-list", *self.source(), "--json")
        one = (json.dumps({"ref": refs[0]["ref"]}) + "\n").encode()
        self.run_receipts("mail-fetch", "--refs", "-", *self.source()[1:], "--delete", "--to",
                          "maildir:" + self.path("mail"), stdin=one)
        # UID EXPUNGE: the message that somebody else marked is still there.
        self.assertEqual(sorted(self.dovecot.messages("alice")), sorted(numbered(3)[1:]))

    def test_uidvalidity_change_fetches_again(self):
        client = self.login()
        client.create("Box")
        client.append("Box", "", None, crlf(numbered(1)[0]))
        command = ["mail-fetch", *self.source(rest="/Box"), "--to", "maildir:" + self.path("mail")]
        self.assertEqual(len(self.run_receipts(*command)), 1)
        client.delete("Box")
        client.create("Box")
        client.append("Box", "", None, crlf(numbered(2)[1]))
        client.logout()
        outcome = run(command, self.directory)
        self.assertEqual((outcome.status, len(outcome.stdout.splitlines())), (0, 1), str(outcome))
        self.assertIn("UIDVALIDITY has changed", outcome.error_lines[0])
        self.assertEqual(self.maildir("mail"), sorted(numbered(2)))


if __name__ == "__main__":
    main()
