"""--record writes dialogues, --replay plays them to clients that say the same."""

import imaplib
import poplib
import smtplib
import ssl

from dialogue import Dialogue
from faults_case import FaultsCase
from peers.case import main
from peers.testserve import TestServe


def mail(port, subject="one", word="secret"):
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example") as client:
        client.login("bob", word)
        client.sendmail("a@b.c", ["bob@x.example"], f"Subject: {subject}\r\n\r\nback\\slash\r\n..dots\x01\r\n")


def fetch(port):
    client = poplib.POP3("127.0.0.1", port)
    try:
        client.user("bob")
        client.pass_("secret")
        lines = client.retr(1)[1]
        client.quit()
        return lines
    finally:
        client.close()


def read_imap(port):
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("bob", "secret")
        client.select()
        client.append("INBOX", None, None, b"Subject: two\r\n\r\nx1 OK no tag\r\n")
        client.search(None, "SUBJECT", "two")
        return client.fetch("1", "(BODY.PEEK[])")[1][0][1]


class Replay(FaultsCase):
    def record(self, *options):
        path = self.path("record")
        server = self.serve(options=["--record", path, *options])
        return server, path

    def replay(self, path):
        server = TestServe("--replay", path)
        self.addCleanup(self._stop, server)
        return server.start()

    def test_what_was_recorded_is_played(self):
        server, path = self.record()
        mail(server.port("smtp"))
        lines = fetch(server.port("pop3"))
        self.finish(server)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("secret", text)
        self.assertNotIn("AGJvYgBzZWNyZXQ=", text)
        self.assertIn("C: PASS ***\n", text)
        self.assertIn("C: back\\\\slash\nC: ...dots\\x01\n", text)
        player = self.replay(path)
        mail(player.port("smtp"), word="another")
        self.assertEqual(fetch(player.port("pop3")), lines)
        self.assertEqual(player.process.wait(10), 0)
        self.assertFalse(player.messages("bob@x.example"))

    def test_imap(self):
        server, path = self.record()
        mail(server.port("smtp"))
        text = read_imap(server.port("imap"))
        self.assertIn(b"back\\slash\r\n", text)
        self.finish(server)
        with open(path, encoding="utf-8") as file:
            recorded = file.read()
        self.assertNotIn("secret", recorded)
        self.assertRegex(recorded, r"C: (\w+) LOGIN bob \*\*\*\nS: \1 OK ")
        # imaplib chooses its tags by chance.
        player = self.replay(path)
        mail(player.port("smtp"), word="another")
        self.assertEqual(read_imap(player.port("imap")), text)
        self.assertEqual(player.process.wait(10), 0)

    def test_a_client_that_differs(self):
        server, path = self.record()
        mail(server.port("smtp"))
        self.finish(server)
        player = self.replay(path)
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            mail(player.port("smtp"), subject="two")
        self.assertEqual(player.process.wait(10), 65)
        event = player.wait_event(lambda one: one["event"] == "mismatch", "a mismatch")
        self.assertEqual((event["expected"], event["got"]), ("Subject: one", "Subject: two"))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines()[event["line"] - 1], "C: Subject: one")
        self.assertIn("a client differs from the recording", player.stderr())

    def test_faults_are_recorded(self):
        server, path = self.record("--fault", 'smtp noop reply="450 x"', "--fault", "smtp rset cut-after=5")
        self.play("S: 220.*\nC: NOOP\nS: 450 x\nC: RSET\nEND 250 2", server)
        self.finish(server)
        player = self.replay(path)
        self.play("S: 220.*\nC: NOOP\nS: 450 x\nC: RSET\nEND 250 2", player)
        self.assertEqual(player.process.wait(10), 0)

    def test_tls(self):
        self.write("script", b"# connection pop3\nS: +OK\nC: STLS\nS: +OK go\nC*\nC: QUIT\nS: +OK bye\n\n"
                             b"# connection pop3\nS*\nS: +OK inside\nC: ***\nS| +OK \\x62ye\\r\\n\n")
        player = self.replay(self.path("script"))
        with Dialogue(player.port("pop3")) as peer:
            self.assertEqual(peer.line(), b"+OK")
            self.assertEqual(peer.command("STLS"), b"+OK go")
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            peer.start_tls(context)
            self.assertEqual(peer.command("QUIT"), b"+OK bye")
        with Dialogue(player.port("pop3s"), trust=context) as peer:
            self.assertEqual(peer.line(), b"+OK inside")
            self.assertEqual(peer.command("whatever it is"), b"+OK bye")
        self.assertEqual(player.process.wait(10), 0)

    def test_a_client_that_leaves_and_one_too_many(self):
        self.write("script", b"S: 220 one\nC: NOOP\nS: 250\n# connection\nS: 220 two\nC: NOOP\nS: 250\n")
        player = self.replay(self.path("script"))
        peer = Dialogue(player.port("smtp"))
        peer.line()
        peer.close()
        event = player.wait_event(lambda one: one["event"] == "mismatch", "a mismatch")
        self.assertNotIn("got", event)
        with Dialogue(player.port("lmtp")) as first, Dialogue(player.port("lmtp")) as second:
            self.assertEqual(first.line(), b"220 two")
            self.assertEqual(second.rest(), b"")
            self.assertEqual(first.command("NOOP"), b"250")
        self.assertEqual(player.process.wait(10), 65)

    def test_errors(self):
        self.write("script", b"S: 220 one\nX: NOOP\n")
        self.run_error(65, "script:2: ", argv=["mail-serve", "--test", "--replay", self.path("script")])
        self.write("empty", b"# nothing\n")
        self.run_error(65, "no dialogue", argv=["mail-serve", "--test", "--replay", self.path("empty")])
        self.run_error(66, "none", argv=["mail-serve", "--test", "--replay", self.path("none")])
        self.run_error(64, "--replay",
                       argv=["mail-serve", "--test", "--replay", self.path("script"), "--without", "TOP"])


if __name__ == "__main__":
    main()
