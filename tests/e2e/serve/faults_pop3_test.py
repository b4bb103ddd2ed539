"""Each point and action of mail-faults(5) over POP3, one row each; and the TLS handshake in both protocols."""

import smtplib
import ssl

from dialogue import Dialogue, unverified
from faults_case import FaultsCase
from peers.case import main

# The mailbox of bob: three messages.
LIST = r"\+OK 3 messages .*"

ROWS = [
    ('pop3 connect drop', 1, "END"),
    ('pop3 greeting reply="-ERR [SYS/TEMP] Later"', 1, r"S: -ERR \[SYS/TEMP\] Later" + "\nEND"),
    ('pop3 capa reply="-ERR Unknown command"', 1, "S: .OK.*\nC: CAPA\nS: -ERR Unknown command"),
    ('pop3 stls reply="-ERR No"', 1, "S: .OK.*\nC: STLS\nS: -ERR No\nC: QUIT\nS: .OK.*"),
    ('pop3 tls fail', 1, r"S: .OK.*" "\nC: STLS\nS: .OK.*\nTLS FAILS"),
    ('pop3 tls expired', 1, r"S: .OK.*" "\nC: STLS\nS: .OK.*\nTLS EXPIRED"),
    ('pop3 utf8 reply="-ERR No"', 1, "S: .OK.*\nC: UTF8\nS: -ERR No\nC: CAPA\nS: .OK.*"),
    ('pop3 lang reply="-ERR No"', 1, "S: .OK.*\nC: LANG de\nS: -ERR No\nC: NOOP\nS: -ERR Unknown.*"),
    ('pop3 user user=bob reply="-ERR No bob"', 1, "S: .OK.*\nC: USER bob\nS: -ERR No bob\nC: USER al\nS: .OK.*"),
    ('pop3 pass first=1 user=bob reply="-ERR [IN-USE] Busy"', 1,
     r"S: .OK.*" "\nC: USER bob\nS: .OK.*\nC: PASS x\n" r"S: -ERR \[IN-USE\] Busy" "\nC: PASS x\nS: .OK 3 .*"),
    ('pop3 pass wrong-count=9 wrong-size=+1', 1, "S: .OK.*\nC: USER bob\nS: .OK.*\nC: PASS x\nS: .OK 9 messages .*"),
    ('pop3 apop reply="-ERR No"', 1, "S: .OK.*\nC: APOP bob 00000000000000000000000000000000\nS: -ERR No"),
    ('pop3 auth user=bob reply="-ERR [AUTH] No"', 1,
     "S: .OK.*\nC: AUTH PLAIN\nS: .*\nC: AGJvYgB4\n" r"S: -ERR \[AUTH\] No" "\nC: CAPA\nS: .OK.*"),
    ('pop3 stat wrong-count=+1', 1, "LOGIN bob\nC: STAT\nS: .OK 4 .*"),
    ('pop3 stat wrong-size=7', 1, "LOGIN bob\nC: STAT\nS: .OK 3 7"),
    ('pop3 stat reply="+OK"', 1, "LOGIN bob\nC: STAT\nS: .OK"),
    ('pop3 list wrong-count=1', 1, r"LOGIN bob" "\nC: LIST\n" r"L: \+OK 1 messages .*[|]1 \d+[|]2 \d+[|]3 \d+"),
    ('pop3 list wrong-size=5', 1, r"LOGIN bob" "\nC: LIST\n" r"L: \+OK 3 messages \(5 octets\)[|]1 5[|]2 5[|]3 5"),
    ('pop3 list message=2 wrong-size=5', 2,
     r"LOGIN bob" "\nC: LIST\n" r"L: .*[|]1 \d\d+[|]2 5[|]3 \d\d+" "\nC: LIST 2\nS: .OK 2 5\n"
     "C: LIST 1\n" r"S: .OK 1 \d\d+"),
    ('pop3 uidl duplicate-uidl', 1, r"LOGIN bob" "\nC: UIDL\n" r"L: .*[|]1 (\S+)[|]2 \1[|]3 \1"),
    ('pop3 uidl message=3 duplicate-uidl', 1, r"LOGIN bob" "\nC: UIDL\n" r"L: .*[|]1 (\S+)[|]2 (?!\1)\S+[|]3 \1"),
    ('pop3 uidl wrong-count=+1', 2, "LOGIN bob\nC: UIDL 2\nS: .OK 2 .*\nC: UIDL\n" r"L: \+OK 4 messages .*"),
    ('pop3 uidl reply="-ERR Not implemented"', 1, "LOGIN bob\nC: UIDL\nS: -ERR Not implemented"),
    ("pop3 uidl cut-after=40", 1, "LOGIN bob\nC: UIDL\nEND .{40}"),
    ("pop3 retr n=3 cut-after=100", 1,
     r"LOGIN bob" "\nC: RETR 1\n" r"L: .OK.*last" "\nC: RETR 1\nL: .OK.*last\nC: RETR 2\nEND .{100}"),
    ("pop3 retr message=2 wrong-size=-10", 1,
     r"LOGIN bob" "\nC: RETR 1\nL: .OK (3[0-9]{2}).*\nC: RETR 2\n" r"L: .OK (31\d|32\d) octets.*last"),
    ("pop3 retr garble=60", 1, r"LOGIN bob" "\nC: RETR 1\n" r"L: .OK \d+ octets[|]Return-Path.*"),
    ("pop3 retr throttle=1000", 1, r"LOGIN bob" "\nAFTER 0.25\nC: RETR 1\nL: .OK.*"),
    ("pop3 retr delay=300ms", 1, "LOGIN bob\nAFTER 0.3\nC: RETR 1\nL: .OK.*"),
    ('pop3 top reply="-ERR No"', 1, "LOGIN bob\nC: TOP 1 0\nS: -ERR No"),
    ('pop3 dele message=2 reply="-ERR No"', 1, "LOGIN bob\nC: DELE 1\nS: .OK.*\nC: DELE 2\nS: -ERR No"),
    ('pop3 rset reply="-ERR No"', 1, "LOGIN bob\nC: RSET\nS: -ERR No"),
    ("pop3 noop hang", 1, "LOGIN bob\nC: NOOP\nHANG"),
    ("pop3 noop reset", 1, "LOGIN bob\nC: NOOP\nRESET"),
    ('pop3 last reply="-ERR No"', 1, "LOGIN bob\nC: LAST\nS: -ERR No"),
    ("pop3 quit drop", 1, "LOGIN bob\nC: DELE 1\nS: .OK.*\nC: QUIT\nEND"),
    ("pop3 command n=4 drop", 1, "LOGIN bob\nC: NOOP\nS: .OK.*\nC: NOOP\nEND"),
]


class FaultsPop3(FaultsCase):
    scheme = "pop3"

    @staticmethod
    def fill(server):
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            for number in range(3):
                client.sendmail("a@client.example", ["bob@x.example"],
                                f"Subject: {number}\r\n\r\n{'text ' * 20}\r\nlast\r\n")

    def test_rows(self):
        self.check_rows(ROWS, self.fill)

    def test_deletion_is_lost_with_quit(self):
        server = self.serve("pop3 quit n=1 drop")
        self.fill(server)
        self.play("LOGIN bob\nC: DELE 1\nS: .OK.*\nC: QUIT\nEND\nNEW\nLOGIN bob\nC: STAT\nS: .OK 3 .*", server)

    def test_a_client_that_asks_for_one_identifier_at_a_time(self):
        for fault, same in (("pop3 uidl duplicate-uidl", {1, 2, 3}), ("pop3 uidl message=3 duplicate-uidl", {1, 3})):
            with self.subTest(fault):
                server = self.serve(fault)
                self.fill(server)
                peer = self.connect(server)
                self.log_in(peer, "bob")
                told = {number: peer.command(f"UIDL {number}").split()[2] for number in (1, 2, 3)}
                self.assertEqual({number for number, uid in told.items() if uid == told[1]}, same)

    def test_tls_handshake(self):
        rows = [("smtp tls fail", "smtps", ssl.SSLError), ("pop3 tls fail", "pop3s", ssl.SSLError),
                ("smtp tls drop", "smtps", ssl.SSLError), ("pop3 tls reset", "pop3s", ConnectionResetError)]
        for fault, scheme, error in rows:
            with self.subTest(fault):
                server = self.serve(fault)
                with self.assertRaises(error):
                    Dialogue(server.port(scheme), trust=unverified())
                self.finish(server)
                self.assertEqual(server.faults(), [fault])

    def test_expired_certificate(self):
        """Its time is all that is wrong with it, for a client that knows the server otherwise."""
        for scheme in ("smtps", "pop3s", "imaps"):
            with self.subTest(scheme):
                server = self.serve(f"{scheme[:4]} tls times=1 expired", options=["--ports-file", self.path("ports")])
                with open(self.path("ports"), encoding="ascii") as file:
                    ports = dict(line.rstrip("\n").split("=", 1) for line in file)
                trust = ssl.create_default_context(cafile=ports["MAILPIPE_CA_FILE"])
                with self.assertRaisesRegex(ssl.SSLCertVerificationError, "certificate has expired"):
                    Dialogue(server.port(scheme), trust=trust)
                with Dialogue(server.port(scheme), trust=trust) as peer:
                    self.assertTrue(self.is_valid(peer))
                self.finish(server)


if __name__ == "__main__":
    main()
