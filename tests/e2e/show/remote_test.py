"""mail-show of Dovecot's messages over IMAP and POP3, by location and by ref."""

import base64
import json
import re

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import crlf, message

ATTACHMENT = bytes(range(256)) * 5000

LARGE = (b"Subject: large\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
         b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(ATTACHMENT))


class Remote(Case):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.messages = [message("first", "one\n"), LARGE, message("third", ".\n..three\n")]
        for number, octets in enumerate(cls.messages):
            cls.dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.x", seen=number == 0)

    def location(self, scheme):
        return f"{scheme}://alice@localhost:{getattr(self.dovecot, scheme)}"

    def options(self):
        return ["--tls-ca", self.certificates().ca, *self.password()]

    def records(self, *argv, stdin=b""):
        return schema.check_lines(self.run_ok("mail-show", *argv, "--json", *self.options(), stdin=stdin).stdout)

    def test_whole_mailbox(self):
        for scheme in ("imap", "imaps", "pop3", "pop3s"):
            with self.subTest(scheme):
                records = self.records(self.location(scheme))
                self.assertEqual([record["subject"] for record in records], ["first", "large", "third"])
                self.assertEqual([record["size"] for record in records],
                                 [len(crlf(octets)) for octets in self.messages])
                self.assertEqual(records[2]["bodyValues"]["1"]["value"], ".\n..three\n")
                if scheme.startswith("imap"):
                    self.assertEqual(records[0]["keywords"], {"$seen": True})
                    self.assertEqual([record["uid"] for record in records], [1, 2, 3])

    def test_refs(self):
        for scheme in ("imaps", "pop3s"):
            with self.subTest(scheme):
                refs = [record["ref"] for record in self.records(self.location(scheme))]
                lines = "".join(json.dumps({"ref": ref}) + "\n" for ref in reversed(refs)).encode()
                shown = self.records("--refs", "-", stdin=lines)
                self.assertEqual([record["ref"] for record in shown], list(reversed(refs)))
                part = self.run_ok("mail-show", refs[1], "--part", "1", *self.options()).stdout
                self.assertEqual(part, ATTACHMENT)

    def test_errors(self):
        ref = self.records(self.location("imaps"))[0]["ref"]
        gone = ref.replace(";UID=1", ";UID=99")
        other = re.sub("UIDVALIDITY=[0-9]+", "UIDVALIDITY=7", ref)
        uidl = self.location("pop3s") + "/;UIDL=none"
        for location, says in ((gone, "no such message"), (other, "UIDVALIDITY"), (uidl, "no such message")):
            with self.subTest(location):
                self.run_error(66, says, argv=["mail-show", location, *self.options()])
        # One that is gone does not keep the others back.
        lines = "".join(json.dumps({"ref": r}) + "\n" for r in (gone, ref)).encode()
        outcome = run(["mail-show", "--refs", "-", *self.options()], self.directory, stdin=lines)
        self.assertEqual(outcome.status, 66, str(outcome))
        self.assertIn(b"Subject: first", outcome.stdout)


if __name__ == "__main__":
    main()
