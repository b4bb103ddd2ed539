"""mail-faults(5) over LMTP, whose end of a message is reached for each recipient."""

from faults_case import FaultsCase
from peers.case import main

LHLO = "S: 220 .*\nC: LHLO x\nS: 250.*\n"

ROWS = [
    ("lmtp connect reset", 1, "RESET"),
    ("lmtp tls fail", 1, LHLO + "C: STARTTLS\nS: 220.*\nTLS FAILS"),
    ("lmtp tls expired", 1, LHLO + "C: STARTTLS\nS: 220.*\nTLS EXPIRED"),
    ('lmtp starttls reply="454 4.7.0 No TLS now"', 1, LHLO + "C: STARTTLS\nS: 454 .*\nC: NOOP\nS: 250.*"),
    ('lmtp auth user=bob reply="535 5.7.8 Not bob"', 1, LHLO + """C: AUTH PLAIN\nS: 334.*\nC: AGJvYgB4
        S: 535 5.7.8 Not bob\nC: AUTH PLAIN AGFsaWNlAHg=\nS: 235 .*"""),
    ('lmtp greeting reply="421 4.3.2 Too busy"', 1, "S: 421 .*\nEND"),
    ('lmtp lhlo reply="550 5.7.1 No"', 1, "S: 220 .*\nC: LHLO x\nS: 550 5.7.1 No"),
    ("lmtp lhlo wrong-size=99", 1, "S: 220 .*\nC: LHLO x\nS: .*SIZE 99[|].*"),
    ('lmtp mail reply="450 4.3.2 Later"', 1, "S: 220 .*\nC: LHLO x\nS: 250.*\nC: MAIL FROM:<a@b.c>\nS: 450 .*"),
    ('lmtp rcpt to=bob@* reply="550 5.1.1 Nobody"', 1,
     "S: 220 .*\nC: LHLO x\nS: 250.*\nC: MAIL FROM:<a@b.c>\nS: 250.*\nC: RCPT TO:<bob@x.example>\n"
     "S: 550.*\nC: RCPT TO:<al@x.example>\nS: 250.*"),
    ('lmtp data n=1 reply="451 4.3.0 x"', 1, """S: 220 .*\nC: LHLO x\nS: 250.*\nC: MAIL FROM:<a@b.c>\nS: 250.*
        C: RCPT TO:<bob@x.example>\nS: 250.*\nC: DATA\nS: 451.*"""),
    ('lmtp bdat reply="451 4.3.0 No disk"', 1, LHLO + """C: MAIL FROM:<>\nS: 250.*\nC: RCPT TO:<b@b.c>\nS: 250.*
        C: BDAT 6\nC: NOOP\nS: 451 4.3.0 No disk\nC: NOOP\nS: 250.*"""),
    ("lmtp body throttle=4000", 1, "MAIL b@b.c\nAFTER 0.3\nMESSAGE\nS: 250.*"),
    ("lmtp body drop", 1, "MAIL a@x.example\nEND"),
    ('lmtp end to=bob@* reply="452 4.2.2 Over quota"', 1,
     "MAIL alice@x.example bob@x.example carol@x.example\nMESSAGE\nS: 250.*\nS: 452 4.2.2 Over quota\n"
     "S: 250.*\nC: NOOP\nS: 250.*"),
    ('lmtp end reply="452 4.2.2 Over quota"', 2, "MAIL a@x.example b@x.example\nMESSAGE\nS: 452.*\nS: 452.*"),
    ("lmtp end to=b@* drop", 1, "MAIL a@x.example b@x.example\nMESSAGE\nEND"),
    ("lmtp stored reset", 1, "MAIL a@x.example b@x.example\nMESSAGE\nRESET"),
    ("lmtp stored cut-after=5", 1, "MAIL a@x.example b@x.example\nMESSAGE\nEND 250 2"),
    ("lmtp noop delay=300ms", 1, "S: 220.*\nAFTER 0.3\nC: NOOP\nS: 250.*"),
    ("lmtp noop hang", 1, "S: 220.*\nC: NOOP\nHANG"),
    ("lmtp lhlo throttle=300", 1, "S: 220.*\nAFTER 0.4\nC: LHLO x\nS: 250.*"),
    ("lmtp lhlo garble=3", 1, "S: 220.*\nC: LHLO x\nS: 250(?!-).*"),
    ('lmtp rset reply="502 5.5.1 No"', 1, "S: 220.*\nC: RSET\nS: 502 5.5.1 No"),
    ('lmtp vrfy reply="250 <a@b.c>"', 1, "S: 220.*\nC: VRFY a\nS: 250 <a@b.c>"),
    ('lmtp expn reply="250 <a@b.c>"', 1, "S: 220.*\nC: EXPN a\nS: 250 <a@b.c>"),
    ('lmtp help reply="211 -"', 1, "S: 220.*\nC: HELP\nS: 211 -"),
    ('lmtp xclient reply="421 4.3.2 Not now"', 1, LHLO + "C: XCLIENT PORT=1\nS: 421.*\nEND"),
    ('lmtp quit reply="500 5.5.1 Stay"', 1, "S: 220.*\nC: QUIT\nS: 500 5.5.1 Stay\nEND"),
    ('lmtp command n=2 reply="421 4.3.2 Enough"', 1, "S: 220.*\nC: NOOP\nS: 250.*\nC: XXXX\nS: 421.*\nEND"),
    ('smtp noop reply="450 x"', 0, "S: 220.*\nC: NOOP\nS: 250.*"),
]


class FaultsLmtp(FaultsCase):
    scheme = "lmtp"

    def test_rows(self):
        self.check_rows(ROWS)

    def test_who_gets_it(self):
        rows = {'lmtp end to=bob@* reply="452 4.2.2 x"': [1, 0, 1], "lmtp end to=bob@* drop": [0, 0, 0],
                'lmtp end to=bob@* reply="250 2.0.0 x"': [1, 1, 1], "lmtp stored drop": [1, 1, 1]}
        for fault, counts in rows.items():
            with self.subTest(fault):
                server = self.serve(fault)
                peer = self.connect(server)
                names = [f"{name}@x.example" for name in ("alice", "bob", "carol")]
                self.transaction(peer, names)
                peer.send(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
                peer.rest()
                self.finish(server)
                self.assertEqual([len(server.messages(name)) for name in names], counts)


if __name__ == "__main__":
    main()
