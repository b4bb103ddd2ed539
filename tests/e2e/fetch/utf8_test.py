"""UTF8=ACCEPT (IMAP) and UTF8 and LANG (POP3) of mail-fetch against mail-serve: names, headers, APPEND, errors."""

import imaplib

from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import crlf

_HEADER = "Subject: Grüße\nFrom: Jörg <jörg@例え.example>\n\nx\n".encode()


class Utf8(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=("imap://127.0.0.1:0", "pop3://127.0.0.1:0")).start()
        cls.addClassCleanup(cls.server.stop)
        cls.imap, cls.pop3 = (int(cls.server.urls[name].rsplit(":", 1)[1]) for name in ("imap", "pop3"))

    def fetch(self, source, *options, **arguments):
        outcome = run(["mail-fetch", source, "--tls", "none", *self.password(), "--trace", *options], self.directory,
                      **arguments)
        return outcome, outcome.stderr.decode().splitlines()

    def test_names_and_messages(self):
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        self.addCleanup(client.shutdown)
        client.login("alice", "secret")
        client.create('"B&APw-ro &- Co"')
        self.assertEqual(client.append('"B&APw-ro &- Co"', "", None, crlf(_HEADER))[0], "OK")
        source = f"imap://alice@127.0.0.1:{self.imap}/B%C3%BCro%20%26%20Co"
        target = f"imap://alice@127.0.0.1:{self.imap}/Z%C3%BCrich"
        netrc = self.write("netrc", b"machine 127.0.0.1 login alice password secret\n")
        outcome, lines = self.fetch(source, "--to", target, "--to-tls", "none", environment={"NETRC": netrc})
        self.assertEqual(outcome.status, 0, str(outcome))
        text = "\n".join(lines)
        self.assertIn("ENABLE UTF8=ACCEPT", text)
        self.assertRegex(text, r"APPEND .*UTF8 \(~\{\d+\+?\}")
        outcome, _ = self.fetch(target, "--to", "maildir:" + self.path("mail"))
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir("mail"), [_HEADER])
        outcome, _ = self.fetch(f"imap://alice@127.0.0.1:{self.imap}", "--mailboxes", "*", "--to",
                                "maildir:" + self.path("all/%m"))
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir("all", ".B&APw-ro &- Co"), [_HEADER])
        outcome, lines = self.fetch(source, "--search", "SUBJECT Grüße", "--to", "maildir:" + self.path("found"))
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir("found"), [_HEADER])
        self.assertNotIn("CHARSET", "\n".join(lines))

    def test_errors_in_the_language_of_the_user(self):
        source = f"pop3://alice@127.0.0.1:{self.pop3}"
        wrong = ("--password-file", self.write("wrong", b"wrong\n"))
        said = {}
        for locale in ("C.UTF-8", "de_DE.UTF-8", "xx_XX"):
            outcome, lines = self.fetch(source, *wrong, "--to", "maildir:" + self.path("mail"),
                                        environment={"LC_ALL": locale})
            self.assertEqual(outcome.status, 77, str(outcome))
            said[locale] = [line for line in lines if line.startswith("mail-fetch:")][0]
            self.assertEqual(any("LANG" in line for line in lines if line.startswith("C: ")), locale != "C.UTF-8")
        self.assertNotEqual(said["de_DE.UTF-8"], said["C.UTF-8"])
        self.assertEqual(said["xx_XX"], said["C.UTF-8"])

    def test_one_flight(self):
        """UTF8 and LANG cost no round trip each."""
        outcome, lines = self.fetch(f"pop3://alice@127.0.0.1:{self.pop3}", "--to", "maildir:" + self.path("mail"),
                                    environment={"LC_ALL": "de_DE.UTF-8"})
        self.assertEqual(outcome.status, 0, str(outcome))
        place = lines.index("C: UTF8")
        self.assertRegex(lines[place + 1], "^C: LANG de-DE$")


if __name__ == "__main__":
    main()
