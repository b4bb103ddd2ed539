"""Each point, condition and action of mail-faults(5) over SMTP, one row each."""

from faults_case import FaultsCase
from peers.case import main

POINTS = [  # fault, how often it fires, dialogue
    ("smtp connect drop", 1, "END"),
    ("smtp connect reset n=2", 1, "S: 220 .*\nNEW\nRESET"),
    ('smtp greeting reply="421 4.3.2 Too busy"', 1, "S: 421 4.3.2 Too busy\nEND"),
    ('smtp greeting reply="554 5.7.1 Go away"', 1, """S: 554 5.7.1 Go away
        C: EHLO x\nS: 503 .*\nC: QUIT\nS: 221 .*\nEND"""),
    ('smtp ehlo reply="502 5.5.1 No"', 1, "S: 220 .*\nC: EHLO x\nS: 502 5.5.1 No\nC: HELO x\nS: 250 .*"),
    ('smtp helo reply="501 5.5.4 No"', 1, "S: 220 .*\nC: HELO x\nS: 501 5.5.4 No\nC: EHLO x\nS: 250-.*"),
    ('smtp auth reply="454 4.7.0 Later"', 1,
     "S: 220 .*\nC: EHLO x\nS: 250.*\nC: AUTH PLAIN AGEAYg==\nS: 454 4.7.0 Later\nC: NOOP\nS: 250 .*"),
    ('smtp auth user=bob reply="535 5.7.8 Not bob"', 1, """S: 220 .*\nC: EHLO x\nS: 250.*
        C: AUTH PLAIN\nS: 334.*\nC: AGJvYgB4\nS: 535 5.7.8 Not bob\nC: AUTH PLAIN AGFsaWNlAHg=\nS: 235 .*"""),
    ('smtp mail reply="450 4.3.2 Later"', 1, """S: 220 .*\nC: EHLO x\nS: 250.*
        C: MAIL FROM:<a@b.c>\nS: 450 4.3.2 Later\nC: RCPT TO:<b@b.c>\nS: 503 .*"""),
    ('smtp rcpt to=*@full.example reply="452 4.2.2 Mailbox full"', 1, """MAIL bob@x.example
        MESSAGE\nS: 250 .*\nC: MAIL FROM:<>\nS: 250 .*\nC: RCPT TO:<bob@FULL.example>\nS: 452 4.2.2 Mailbox full
        C: RCPT TO:<bob@x.example>\nS: 250 .*"""),
    ('smtp data reply="451 4.3.0 No disk"', 1, """S: 220 .*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<>\nS: 250.*
        C: RCPT TO:<b@b.c>\nS: 250.*\nC: DATA\nS: 451 4.3.0 No disk\nC: NOOP\nS: 250.*"""),
    ('smtp bdat reply="451 4.3.0 No disk"', 1, """S: 220 .*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<>\nS: 250.*
        C: RCPT TO:<b@b.c>\nS: 250.*\nC: BDAT 6\nC: NOOP\nS: 451 4.3.0 No disk\nC: NOOP\nS: 250.*"""),
    ("smtp body cut-after=500", 1, "MAIL b@b.c\nMESSAGE\nEND"),
    ('smtp end reply="554 5.7.1 Spam\\nof course"', 1,
     "MAIL b@b.c\nMESSAGE\nS: 554 5.7.1 Spam\nS: of course\nC: NOOP\nS: 250.*"),
    ('smtp end reply="250 2.0.0 So be it"', 1, "MAIL b@b.c\nMESSAGE\nS: 250 2.0.0 So be it"),
    ("smtp end drop", 1, "MAIL b@b.c\nMESSAGE\nEND"),
    ("smtp stored drop", 1, "MAIL b@b.c\nMESSAGE\nEND"),
    ('smtp rset reply="502 5.5.1 No"', 1, "S: 220.*\nC: RSET\nS: 502 5.5.1 No"),
    ('smtp noop reply="502 5.5.1 No"', 1, "S: 220.*\nC: NOOP\nS: 502 5.5.1 No"),
    ('smtp vrfy reply="250 <a@b.c>"', 1, "S: 220.*\nC: VRFY a\nS: 250 <a@b.c>"),
    ('smtp expn reply="250 <a@b.c>"', 1, "S: 220.*\nC: EXPN a\nS: 250 <a@b.c>"),
    ('smtp help reply="211 -"', 1, "S: 220.*\nC: HELP\nS: 211 -"),
    ('smtp xclient reply="421 4.3.2 Not now"', 1, "S: 220.*\nC: EHLO x\nS: 250.*\nC: XCLIENT PORT=1\nS: 421.*\nEND"),
    ('smtp starttls reply="454 4.7.0 No TLS now"', 1,
     "S: 220.*\nC: EHLO x\nS: 250.*\nC: STARTTLS\nS: 454 .*\nC: NOOP\nS: 250.*"),
    ('smtp quit reply="500 5.5.1 Stay"', 1, "S: 220.*\nC: QUIT\nS: 500 5.5.1 Stay\nEND"),
    ('smtp command n=3 reply="421 4.3.2 Enough"', 1,
     "S: 220.*\nC: NOOP\nS: 250.*\nC: XXXX\nS: 500.*\nC: NOOP\nS: 421.*\nEND"),
]

CONDITIONS = [
    ('smtp mail from=<> reply="550 5.7.1 No bounces"', 1,
     "S: 220.*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<>\nS: 550.*\nC: MAIL FROM:<a@b.c>\nS: 250.*"),
    ('smtp data to=b?b@* from=*@client.example reply="451 4.3.0 x"', 1, """MAIL alice@x.example\nMESSAGE\nS: 250.*
        C: MAIL FROM:<A@Client.Example> SIZE=10\nS: 250.*\nC: RCPT TO:<bob@x.example>\nS: 250.*\nC: DATA\nS: 451.*"""),
    ('smtp mail user=alice reply="550 5.7.1 Not you"', 1,
     """S: 220.*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<>\nS: 250.*\nC: RSET\nS: 250.*
        C: AUTH PLAIN AGFsaWNlAHg=\nS: 235.*\nC: MAIL FROM:<>\nS: 550.*"""),
    ('smtp ehlo tls=no reply="550 5.7.0 x"', 1, "S: 220.*\nC: EHLO x\nS: 550.*"),
    ('smtp ehlo tls=yes reply="550 5.7.0 x"', 0, "S: 220.*\nC: EHLO x\nS: 250.*"),
    ('smtp mail larger=1000 reply="552 5.3.4 x"', 1,
     "S: 220.*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<> SIZE=1001\nS: 552.*\nC: MAIL FROM:<> SIZE=1000\nS: 250.*"),
    (('smtp end larger=5000 reply="552 5.3.4 x"', 'smtp end larger=500 reply="452 4.3.1 x"'), 1,
     "MAIL b@b.c\nMESSAGE\nS: 452.*"),
    ('smtp noop n=2 reply="450 x"', 1, "S: 220.*\nC: NOOP\nS: 250.*\nC: NOOP\nS: 450 x\nC: NOOP\nS: 250.*"),
    ('smtp noop first=2 reply="450 x"', 2,
     "S: 220.*\nC: NOOP\nS: 450 x\nNEW\nS: 220.*\nC: NOOP\nS: 450 x\nC: NOOP\nS: 250.*"),
    ('smtp noop first=1 per=connection reply="450 x"', 2,
     "S: 220.*\nC: NOOP\nS: 450 x\nC: NOOP\nS: 250.*\nNEW\nS: 220.*\nC: NOOP\nS: 450 x\nC: NOOP\nS: 250.*"),
    ('smtp rcpt first=1 per=from,to reply="451 4.7.1 Greylisted"', 2,
     """S: 220.*\nC: EHLO x\nS: 250.*\nC: MAIL FROM:<>\nS: 250.*
        C: RCPT TO:<a@x.example>\nS: 451.*\nC: RCPT TO:<a@x.example>\nS: 250.*\nC: RCPT TO:<b@x.example>\nS: 451.*"""),
    ('smtp noop times=1 reply="450 x"', 1, "S: 220.*\nC: NOOP\nS: 450 x\nC: NOOP\nS: 250.*"),
    ('smtp noop probability=0 reply="450 x"', 0, "S: 220.*\nC: NOOP\nS: 250.*"),
    (('smtp noop n=1 reply="450 first"', 'smtp noop n=2 reply="450 second"', 'smtp noop reply="450 others"'), 3,
     "S: 220.*\nC: NOOP\nS: 450 first\nC: NOOP\nS: 450 second\nC: NOOP\nS: 450 others"),
]

ACTIONS = [
    ("smtp noop delay=700ms", 1, "S: 220.*\nAFTER 0.7\nC: NOOP\nS: 250.*"),
    ("smtp greeting delay=700ms", 1, "AFTER 0.7\nS: 220.*"),
    ('smtp noop delay=700ms reply="450 x" drop', 1, "S: 220.*\nAFTER 0.7\nC: NOOP\nS: 450 x\nEND"),
    ("smtp noop drop", 1, "S: 220.*\nC: NOOP\nEND"),
    ("smtp noop reset", 1, "S: 220.*\nC: NOOP\nRESET"),
    ('smtp noop reply="250 one\\ntwo"', 1, "S: 220.*\nC: NOOP\nS: 250 one\nS: two"),
    ("smtp ehlo throttle=300", 1, "S: 220.*\nAFTER 0.4\nC: EHLO x\nS: 250.*"),
    ("smtp body throttle=4000", 1, "MAIL b@b.c\nAFTER 0.3\nMESSAGE\nS: 250.*"),
    ("smtp ehlo cut-after=10", 1, "S: 220.*\nC: EHLO x\nEND .{10}"),
    ("smtp ehlo cut-after=10 reset", 1, "S: 220.*\nC: EHLO x\nRESET"),
    ("smtp noop garble", 1, "S: 220.*\nC: NOOP\nS: (?!250).*"),
    ("smtp noop garble=3", 1, "S: 220.*\nC: NOOP\nS: 250(?! 2.0.0).*"),
    ("smtp noop hang", 1, "S: 220.*\nC: NOOP\nHANG"),
    ("smtp tls fail", 1, "S: 220.*\nC: EHLO x\nS: 250.*\nC: STARTTLS\nS: 220.*\nTLS FAILS"),
    ("smtp tls expired", 1, "S: 220.*\nC: EHLO x\nS: 250.*\nC: STARTTLS\nS: 220.*\nTLS EXPIRED"),
    ("smtp ehlo wrong-size=1234", 1, "S: 220.*\nC: EHLO x\nS: .*SIZE 1234[|].*"),
    ("smtp ehlo wrong-size=+1", 1, "S: 220.*\nC: EHLO x\nS: .*SIZE 1073741825[|].*"),
]


class FaultsSmtp(FaultsCase):
    def test_points(self):
        self.check_rows(POINTS)

    def test_conditions(self):
        self.check_rows(CONDITIONS)

    def test_actions(self):
        self.check_rows(ACTIONS)

    def test_what_is_stored(self):
        """A message is stored, or not, as mail-faults(5) says."""
        rows = {'smtp end reply="451 4.3.0 x"': 0, 'smtp end reply="250 2.0.0 x"': 1, "smtp end drop": 0,
                "smtp end reset": 0,
                "smtp end delay=10ms": 1, "smtp stored drop": 1, "smtp stored reset": 1, "smtp end garble": 1,
                "smtp body drop": 0, "smtp body cut-after=100": 0, "smtp body throttle=20000": 1}
        for fault, count in rows.items():
            with self.subTest(fault):
                server = self.serve(fault)
                peer = self.connect(server)
                self.transaction(peer, ["bob@x.example"])
                peer.send(b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 100 + b".\r\nQUIT\r\n")
                peer.rest()
                self.finish(server)
                self.assertEqual(len(server.faults()), 1)
                self.assertEqual(len(server.messages("bob@x.example")), count)

    def test_a_server_ends_while_it_hangs(self):
        server = self.serve("smtp noop hang")
        peer = self.connect(server)
        peer.reply()
        peer.send(b"NOOP\r\nNOOP\r\n")
        peer.socket.settimeout(0.7)
        with self.assertRaises(TimeoutError):
            peer.reader.readline()
        server.stop(seconds=5)

    def test_pipelined_commands_keep_their_order(self):
        server = self.serve('smtp rcpt to=b@* reply="452 4.2.2 Full"')
        peer = self.connect(server)
        peer.reply()
        peer.send(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\n"
                  b"RCPT TO:<c@x.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n")
        codes = [peer.reply()[:3] for _ in range(8)]
        self.assertEqual(codes, [b"250", b"250", b"250", b"452", b"250", b"354", b"250", b"221"])
        self.finish(server)
        self.assertEqual([len(server.messages(f"{name}@x.example")) for name in "abc"], [1, 0, 1])

    def test_probability_depends_on_the_seed(self):
        def codes(seed):
            server = self.serve('smtp noop probability=0.5 reply="450 x"', options=["--fault-seed", seed])
            peer = self.connect(server)
            peer.reply()
            got = [peer.command("NOOP")[:3] for _ in range(40)]
            self.finish(server)
            self.assertEqual([event["seed"] for event in server.events if event["event"] == "faults"], [int(seed)])
            return got
        # The last --fault-seed counts; FaultsCase gives 1.
        first = codes("1")
        self.assertEqual(first, codes("1"))
        self.assertTrue(5 < first.count(b"450") < 35, first)


if __name__ == "__main__":
    main()
