"""--without: what is not announced is not known, to other people's clients as well."""

import poplib
import smtplib

from faults_case import FaultsCase
from peers.case import main

SMTP = [  # what is masked, what EHLO must not say, a command, its reply
    ("PIPELINING", "PIPELINING", "NOOP", "250"),
    ("SIZE", "SIZE", "MAIL FROM:<> SIZE=1", "555"),
    ("8BITMIME", "8BITMIME", "MAIL FROM:<> BODY=8BITMIME", "555"),
    ("STARTTLS", "STARTTLS", "STARTTLS", "500"),
    ("AUTH", "AUTH", "AUTH PLAIN", "500"),
    ("CHUNKING", "CHUNKING", "BDAT 0 LAST", "500"),
    ("SMTPUTF8", "SMTPUTF8", "MAIL FROM:<> SMTPUTF8", "555"),
    ("ENHANCEDSTATUSCODES", "ENHANCEDSTATUSCODES", "NOOP", "250 OK"),
    ("VRFY", "VRFY", "VRFY a", "500"),
    ("HELP", "HELP", "HELP", "500"),
]
POP3 = [
    ("TOP", "TOP", "TOP 1 0"),
    ("UIDL", "UIDL", "UIDL"),
    ("PIPELINING", "PIPELINING", None),
    ("IMPLEMENTATION", "IMPLEMENTATION", None),
    ("SASL", "SASL", None),
    ("CAPA", None, "CAPA"),
    ("LAST", None, "LAST"),
]
IMAP = [  # the same, of a client that has logged in
    ("IDLE", "IDLE", "b IDLE", "b BAD"),
    ("NAMESPACE", "NAMESPACE", "b NAMESPACE", "b BAD"),
    ("COMPRESS=DEFLATE", "COMPRESS", "b COMPRESS DEFLATE", "b BAD"),
    ("QUOTA", "QUOTA ", 'b GETQUOTA ""', "b BAD"),
    ("LITERAL+", "LITERAL[+]", "b NOOP", "b OK"),
    ("imap4rev2,qresync", "(IMAP4rev2|QRESYNC)", "b NOOP", "b OK"),
]


class Without(FaultsCase):
    def test_smtp(self):
        for names, line, command, reply in SMTP:
            with self.subTest(names):
                peer = self.connect(self.serve(options=["--without", names.lower()]))
                peer.reply()
                said = peer.command("EHLO x").decode()
                self.assertNotRegex(said, rf"250.{line}\b")
                self.assertIn("250 ", said)
                self.assertTrue(peer.command(command).decode().startswith(reply))

    def test_lmtp(self):
        self.scheme = "lmtp"
        peer = self.connect(self.serve(options=["--without", "PIPELINING,SIZE", "--without", "8BITMIME"]))
        peer.reply()
        self.assertNotRegex(peer.command("LHLO x"), rb"PIPELINING|SIZE|8BITMIME")

    def test_ehlo(self):
        server = self.serve(options=["--without", "EHLO"])
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            client.sendmail("a@b.c", ["bob@x.example"], "Subject: x\r\n\r\n")
            self.assertFalse(client.does_esmtp)
        self.assertEqual(len(server.messages("bob@x.example")), 1)

    def test_pop3(self):
        self.scheme = "pop3"
        for names, line, command in POP3:
            with self.subTest(names):
                server = self.serve(options=["--without", names])
                client = poplib.POP3("127.0.0.1", server.port("pop3"))
                self.addCleanup(client.close)
                if line:
                    self.assertNotIn(line, client.capa())
                client.user("bob")
                client.pass_("x")
                if command:
                    with self.assertRaises(poplib.error_proto):
                        client._shortcmd(command)
                self.assertEqual(client.stat()[0], 0)
                client.quit()

    def test_apop(self):
        server = self.serve(options=["--without", "APOP,RESP-CODES"])
        client = poplib.POP3("127.0.0.1", server.port("pop3"))
        self.addCleanup(client.close)
        self.assertNotIn(b"<", client.getwelcome())

    def test_errors(self):
        self.run_error(64, "PIPELINNING: no such capability; did you mean PIPELINING",
                       argv=["mail-serve", "--test", "--without", "UIDL,PIPELINNING"])
        self.run_error(64, "--fault 'smtp rctp drop', column 6: .*did you mean 'rcpt'",
                       argv=["mail-serve", "--test", "--fault", "smtp rctp drop"])
        path = self.write("faults", b"# two\nsmtp rcpt drop\nsmtp rcpt dorp\n")
        self.run_error(64, "faults:3: .*did you mean 'drop'", argv=["mail-serve", "--test", "--faults-file", path])
        self.run_error(66, "none", argv=["mail-serve", "--test", "--faults-file", self.path("none")])

    def test_imap(self):
        self.scheme = "imap"
        for names, line, command, reply in IMAP:
            with self.subTest(names):
                peer = self.connect(self.serve(options=["--without", names]))
                peer.reply()
                self.assertRegex(peer.command("a LOGIN bob x"), rb"^a OK ")
                peer.send(b"c CAPABILITY\r\n")
                said = b"|".join(peer.responses()).decode()
                self.assertIn("IMAP4rev1", said)
                self.assertNotRegex(said, rf" {line}\b" if line[-1].isalnum() else f" {line}")
                self.assertTrue(peer.command(command).decode().startswith(reply))

    def test_imap_mechanisms(self):
        self.scheme = "imap"
        peer = self.connect(self.serve(options=["--without", "auth=plain,sasl-ir,starttls"]))
        said = peer.reply().decode()
        self.assertNotRegex(said, "AUTH=PLAIN|SASL-IR|STARTTLS")
        self.assertRegex(peer.command("a AUTHENTICATE PLAIN"), rb"^a NO ")
        self.assertRegex(peer.command("b STARTTLS"), rb"^b BAD ")


if __name__ == "__main__":
    main()
