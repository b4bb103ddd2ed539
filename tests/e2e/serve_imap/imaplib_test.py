"""Python's imaplib: everything that it has a method for."""

import imaplib
import re

from imap_case import ImapCase
from peers.case import main
from peers.messages import crlf, message


class Imaplib(ImapCase):
    def connect(self, how="starttls"):
        if how == "tls":
            client = imaplib.IMAP4_SSL("localhost", self.server.imaps, ssl_context=self.tls(), timeout=30)
        else:
            client = imaplib.IMAP4("localhost", self.server.imap, timeout=30)
            if how == "starttls":
                self.ok(client.starttls(self.tls()))
        self.addCleanup(client.sock.close)
        return client

    def session(self, how="starttls"):
        client = self.connect(how)
        self.ok(client.login("alice", "secret"))
        return client

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def test_logins(self):
        for how in ("plain", "starttls", "tls"):
            with self.subTest(how):
                client = self.session(how)
                self.ok(client.select())
                self.assertEqual(client.logout()[0], "BYE")
        client = self.connect("tls")
        self.ok(client.authenticate("PLAIN", lambda _: b"\0alice\0secret"))
        client = self.connect("tls")
        with self.assertRaises(imaplib.IMAP4.error):
            client.login("alice", "wrong")
        self.ok(client.login("alice", "secret"))

    def test_messages(self):
        client = self.session()
        self.assertEqual(self.ok(client.select()), [b"%d" % len(self.texts)])
        self.assertEqual(self.ok(client.search(None, "UNSEEN"))[0].split(), [b"%d" % n for n in range(1, 10)])
        for number, octets in enumerate(self.texts, 1):
            (head, text), _ = self.ok(client.fetch(str(number), "(UID BODY[])"))
            self.assertEqual(text, crlf(octets))
            self.assertIn(b"%d (UID " % number, head)
        self.assertEqual(self.ok(client.search(None, "UNSEEN")), [b""])
        self.assertEqual(self.ok(client.search("UTF-8", "SUBJECT", '"From lines"')), [b"5"])
        self.assertEqual(self.ok(client.sort("(SUBJECT)", "UTF-8", "ALL"))[0].split()[-1], b"1")
        self.assertEqual(self.ok(client.thread("REFERENCES", "UTF-8", "SUBJECT plain")), [b"(1)"])
        self.assertIn(b"\\Flagged", self.ok(client.store("1:2", "+FLAGS", "(\\Flagged later)"))[0])
        self.assertEqual(self.ok(client.uid("SEARCH", "KEYWORD", "later"))[0].split()[:1], [b"1"])
        self.ok(client.store("2", "FLAGS", "(\\Deleted)"))
        self.assertEqual(self.ok(client.expunge()), [b"2"])
        self.assertEqual(len(self.flags()), len(self.texts) - 1)
        self.ok(client.noop())
        self.ok(client.check())
        self.ok(client.close())

    def test_append_and_copy(self):
        client = self.session("tls")
        self.ok(client.create("Archive/2026"))
        octets = message("appended", "by imaplib\n")
        when = '"17-Jul-1996 02:44:25 -0700"'
        self.ok(client.append("Archive/2026", "(\\Seen \\Flagged)", when, crlf(octets)))
        self.ok(client.select("Archive/2026"))
        fetched = self.ok(client.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE)"))[0]
        self.assertRegex(fetched, rb"\\Seen")
        date = re.search(rb'INTERNALDATE "([^"]*)"', fetched).group()
        self.assertEqual(imaplib.Internaldate2tuple(date)[:5], imaplib.Internaldate2tuple(
            b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"')[:5])
        self.ok(client.select())
        self.ok(client.copy("1:3", "Archive/2026"))
        self.ok(client.uid("COPY", "4", "Archive/2026"))
        self.assertEqual(self.stored("Archive/2026"), [octets, *self.texts[:4]])
        self.assertEqual(client.copy("1", "Nowhere")[0], "NO")
        self.assertIn("TRYCREATE", client.copy("1", "Nowhere")[1][0].decode())

    def test_mailboxes(self):
        client = self.session()
        for name in ("Work", "Work/Old", '"Two words"'):
            self.ok(client.create(name))
        self.assertEqual(client.create("Work")[0], "NO")
        self.ok(client.subscribe("Work"))
        self.assertEqual([line.split()[-1].strip(b'"') for line in self.ok(client.lsub())], [b"Work"])
        self.ok(client.rename("Work", "Done"))
        self.assertEqual(self.mailboxes(), ["Done", "Done/Old", "INBOX", "Two words"])
        status = self.ok(client.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"))[0]
        self.assertRegex(status, rb"MESSAGES 9 .*UNSEEN 9")
        self.ok(client.delete("Done/Old"))
        self.ok(client.unsubscribe("Work"))
        self.assertEqual(self.ok(client.lsub()), [None])
        self.assertEqual(self.ok(client.namespace())[0][:8], b'(("" "/"')
        self.assertEqual(client.delete("INBOX")[0], "NO")

    def test_another_changes_it(self):
        one, two = self.session(), self.session("tls")
        self.ok(one.select())
        self.ok(two.select())
        self.ok(two.store("1", "+FLAGS", "(\\Deleted)"))
        self.ok(two.expunge())
        self.ok(two.append("INBOX", None, None, crlf(message("new", "new\n"))))
        self.ok(one.noop())
        self.assertEqual(one.response("EXPUNGE")[1], [b"1"])
        self.assertEqual(one.response("EXISTS")[1][-1], b"9")

    def test_read_only(self):
        client = self.session()
        self.ok(client.select(readonly=True))
        self.assertEqual(client.response("READ-ONLY")[0], "READ-ONLY")
        self.ok(client.fetch("1", "(BODY[])"))
        self.assertEqual(self.flags()[0], [])


if __name__ == "__main__":
    main()
