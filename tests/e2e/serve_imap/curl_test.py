"""curl: messages and mailboxes by URL, appended, searched, and by commands of its user's."""

from imap_case import ImapCase, needs
from peers.case import main
from peers.messages import crlf, message


@needs("curl")
class Curl(ImapCase):
    def curl(self, path="", *arguments, scheme="imaps", status=0):
        port = self.server.imaps if scheme == "imaps" else self.server.imap
        return self.program("curl", "-sS", "--cacert", self.certificates().ca, "--ssl-reqd", "-u", "alice:secret",
                            *arguments, f"{scheme}://localhost:{port}/{path}", status=status)

    def test_retrieve(self):
        for scheme in ("imap", "imaps"):
            for number, octets in enumerate(self.texts, 1):
                self.assertEqual(self.curl(f"INBOX;MAILINDEX={number}", scheme=scheme), crlf(octets))
                self.assertEqual(self.curl(f"INBOX;UID={number}", scheme=scheme), crlf(octets))
        self.assertTrue(self.curl("INBOX;UID=1;SECTION=HEADER").endswith(b"\r\n\r\n"))
        self.assertEqual(self.curl("INBOX;UID=1;SECTION=TEXT"), b"Hello\r\n")
        self.curl("INBOX;UID=999", status=78)
        self.curl("Nowhere;UID=1", status=67)

    def test_list_and_search(self):
        self.curl("", "-X", "CREATE Some")
        said = self.curl()
        self.assertIn(b'"/"', said)
        self.assertEqual(said.count(b"* LIST "), 2, said)
        self.assertEqual(self.curl("INBOX?SUBJECT%20plain").strip(), b"* SEARCH 1")
        self.assertIn(b"* STATUS ", self.curl("", "-X", "STATUS INBOX (MESSAGES)"))

    def test_append(self):
        octets = message("by curl", "umlauts: für\n.\n")
        self.curl("INBOX", "-T", self.write("letter", crlf(octets)))
        self.assertEqual(self.stored()[-1], octets)

    def test_store(self):
        self.curl("INBOX", "-X", "STORE 1 +FLAGS (\\Deleted)")
        self.curl("INBOX", "-X", "EXPUNGE")
        self.assertEqual(self.stored(), self.texts[1:])

    def test_logins(self):
        for mechanism in ("PLAIN", "LOGIN"):
            said = self.curl("", "--login-options", f"AUTH={mechanism}", "-X", "CAPABILITY")
            self.assertIn(b"* CAPABILITY", said)
        self.curl("", "-u", "alice:wrong", status=67)


if __name__ == "__main__":
    main()
