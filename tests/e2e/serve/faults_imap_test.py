"""Each point and action of mail-faults(5) over IMAP, one row each; and the TLS handshake."""

import smtplib
import ssl

from dialogue import Dialogue, unverified
from faults_case import TEXT, FaultsCase
from peers.case import main
from peers.process import wait_until

SELECT = r"LOGIN bob" "\nC: b SELECT INBOX\nT: .*b OK .*\n"
# A message of 30 octets, and what comes when it was stored.
APPEND = "C: c APPEND INBOX {30+}\nC: Subject: appended\nC:\nC: 1234567\nC:\n"
STATUS = "C: d STATUS INBOX (MESSAGES)\n"

LOGGED_OUT = [
    ("imap connect drop", 1, "END"),
    ('imap greeting reply="* BYE [UNAVAILABLE] Later"', 1, r"S: \* BYE \[UNAVAILABLE\] Later" "\nEND"),
    ('imap capability reply="BAD What"', 1, "S: .*\nC: a CAPABILITY\nS: a BAD What"),
    ('imap capability wrong-result="NO odd"', 1, "S: .*\nC: a CAPABILITY\n" r"T: \* CAPABILITY .*[|]a NO odd"),
    ('imap id reply="BAD What"', 1, "S: .*\nC: a ID NIL\nS: a BAD What"),
    ('imap starttls reply="NO Not now"', 1, "S: .*\nC: a STARTTLS\nS: a NO Not now\nC: b LOGOUT\nT: .*b OK .*"),
    ("imap tls fail", 1, "S: .*\nC: a STARTTLS\nS: a OK .*\nTLS FAILS"),
    ("imap tls expired", 1, "S: .*\nC: a STARTTLS\nS: a OK .*\nTLS EXPIRED"),
    ("imap noop hang", 1, "S: .*\nC: a NOOP\nHANG"),
    ('imap login user=bob reply="NO [AUTHENTICATIONFAILED] No bob"', 1,
     r"S: .*" "\nC: a LOGIN bob x\n" r"S: a NO \[AUTHENTICATIONFAILED\] No bob" "\nC: b LOGIN al x\nS: b OK .*"),
    ("imap login user=bob reply=NO", 1,
     "S: .*\nC: a LOGIN {3}\n" r"S: \+ .*" "\nC: bob {1}\nS: a NO\nC: b LOGIN {2+}\nC: al {1+}\nC: x\nS: b OK .*"),
    ("imap authenticate user=bob reply=NO", 1,
     "S: .*\nC: a AUTHENTICATE PLAIN\n" r"S: \+ ?" "\nC: AGJvYgB4\nS: a NO\nC: b AUTHENTICATE PLAIN AGFsAHg=\n"
     "S: b OK .*"),
    ("imap noop delay=300ms", 1, "S: .*\nAFTER 0.3\nC: a NOOP\nS: a OK .*"),
    ("imap noop reset", 1, "S: .*\nC: a NOOP\nRESET"),
    ("imap noop tls=yes drop", 0, "S: .*\nC: a NOOP\nS: a OK .*"),
    ('imap command n=2 reply="* BYE x"', 1, "S: .*\nC: a NOOP\nS: a OK .*\nC: b NOOP\n" r"END \* BYE x\s*"),
    ("imap logout drop", 1, "S: .*\nC: a LOGOUT\nEND"),
    ('imap logout reply="OK just so"', 1, "S: .*\nC: a LOGOUT\nEND a OK just so\\s*"),
    ('imap compress reply="NO x"', 1, "S: .*\nC: a COMPRESS DEFLATE\nS: a NO x"),
]

MAILBOXES = [
    ("imap select wrong-count=+1", 1, r"LOGIN bob" "\nC: b SELECT INBOX\n" r"T: .*\* 4 EXISTS[|].*b OK .*"),
    ("imap select wrong-uidnext=1 wrong-uidvalidity=7", 1, r"LOGIN bob" "\nC: b SELECT INBOX\n"
     r"T: (?=.*\[UIDVALIDITY 7\])(?=.*\[UIDNEXT 1\]).*\* 3 EXISTS[|].*b OK .*"),
    ("imap examine wrong-count=-3 wrong-modseq=1", 1, r"LOGIN bob" "\nC: b EXAMINE INBOX\n"
     r"T: (?=.*\[HIGHESTMODSEQ 1\]).*\* 0 EXISTS[|].*b OK .*"),
    ('imap select mailbox=Arch* reply="NO [NOPERM] x"', 1, "LOGIN bob\nC: b CREATE Archive\nT: b OK .*\n"
     "C: b SELECT Archive\n" r"S: b NO \[NOPERM\] x" "\nC: b SELECT INBOX\nT: .*b OK .*"),
    ("imap status wrong-count=9 wrong-uidnext=8 wrong-uidvalidity=7 wrong-size=6", 1,
     "LOGIN bob\nC: b STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY SIZE UNSEEN)\n"
     r"T: \* STATUS INBOX \(MESSAGES 9 UIDNEXT 8 UIDVALIDITY 7 (SIZE 6 UNSEEN 3|UNSEEN 3 SIZE 6)\)[|]b OK .*"),
    ('imap create reply="NO [OVERQUOTA] x"', 1, "LOGIN bob\nC: b CREATE x\n" r"S: b NO \[OVERQUOTA\] x"
     "\nC: b STATUS x (MESSAGES)\nT: b NO .*"),
    ('imap list unsolicited="* LIST () \\"/\\" ghost"', 1,
     'LOGIN bob\nC: b LIST "" *\n' r'T: .*\* LIST \(\) "/" ghost[|]b OK .*'),
    ("imap namespace drop", 1, "LOGIN bob\nC: b NAMESPACE\nEND"),
    ('imap enable wrong-result="BAD x"', 1, "LOGIN bob\nC: b ENABLE CONDSTORE\n" r"T: \* ENABLED.*[|]b BAD x"),
    ('imap getquotaroot reply="NO x"', 1, "LOGIN bob\nC: b GETQUOTAROOT INBOX\nS: b NO x"),
    ('imap setacl reply="NO x"', 1, "LOGIN bob\nC: b SETACL INBOX al lr\nS: b NO x"),
    ('imap getmetadata reply="NO x"', 1, "LOGIN bob\nC: b GETMETADATA INBOX /private/comment\nS: b NO x"),
]

MESSAGES = [
    ("imap fetch n=2 cut-literal=20", 1, SELECT + "C: c FETCH 1 (FLAGS)\nT: .*c OK .*\nC: c FETCH 1 BODY.PEEK[]\n"
     r"END \* 1 FETCH [^\r]*\{\d+\}\r\n.{20}"),
    ("imap fetch cut-literal=999999 reset", 1, SELECT + "C: c FETCH 1 BODY.PEEK[]\nRESET"),
    ("imap fetch bye-after=1", 1, SELECT + "C: c FETCH 1:3 (UID)\n" r"END \* 1 FETCH \(UID 1\)\s+\* BYE [^\r]*\r\n"),
    ("imap fetch wrong-uid=9 wrong-size=+1", 1, SELECT + "C: c FETCH 2 (UID)\n" r"T: \* 2 FETCH \(UID 9\)[|]c OK .*"),
    ('imap fetch unsolicited="* 1 EXPUNGE"', 1,
     SELECT + "C: c FETCH 1 (UID)\n" r"T: \* 1 FETCH \(UID 1\)[|]\* 1 EXPUNGE[|]c OK .*"),
    ("imap fetch cut-after=12", 1, SELECT + "C: c FETCH 1 (UID)\nEND .{12}"),
    ("imap fetch garble=0", 1, SELECT + "C: c FETCH 1 (UID)\nC: d LOGOUT\nEND (?!.*FETCH).*BYE.*"),
    ("imap fetch throttle=400", 1, SELECT + "AFTER 0.25\nC: c FETCH 1:3 (ENVELOPE)\nT: .*c OK .*"),
    ('imap store mailbox=INBOX reply="NO [READ-ONLY] x"', 1,
     SELECT + r"C: c UID STORE 1 FLAGS (\\Deleted)" "\n" r"S: c NO \[READ-ONLY\] x"),
    ('imap fetch wrong-result="NO [LIMIT] x"', 1,
     SELECT + "C: c FETCH 1 (UID)\n" r"T: \* 1 FETCH \(UID 1\)[|]c NO \[LIMIT\] x"),
    ('imap search reply="NO [LIMIT] x"', 1, SELECT + "C: c UID SEARCH ALL\n" r"S: c NO \[LIMIT\] x"),
    ("imap sort drop", 1, SELECT + "C: c SORT (DATE) UTF-8 ALL\nEND"),
    ("imap thread reply=NO", 1, SELECT + "C: c THREAD REFERENCES UTF-8 ALL\nS: c NO"),
    ('imap copy mailbox=Trash reply="NO [TRYCREATE] x"', 1,
     SELECT + "C: c UID COPY 1 Trash\n" r"S: c NO \[TRYCREATE\] x"),
    ("imap copy wrong-uidvalidity=7", 1,
     SELECT + "C: c CREATE x\nT: .*c OK .*\nC: c COPY 1:2 x\n" r"T: .*c OK \[COPYUID 7 1:2 1:2\].*"),
    ("imap move cut-after=0", 1, SELECT + "C: c CREATE x\nT: .*c OK .*\nC: c MOVE 1 x\nEND\nNEW\nLOGIN bob\n" + STATUS +
     r"T: \* STATUS INBOX \(MESSAGES 2\)[|]d OK .*"),
    ("imap expunge drop", 1, SELECT + "C: c EXPUNGE\nEND"),
    ("imap close reply=BAD", 1, SELECT + "C: c CLOSE\nS: c BAD\nC: d CHECK\nT: .*d OK .*"),
    ('imap unselect reply="NO x"', 1, SELECT + "C: c UNSELECT\nS: c NO x"),
    ("imap idle bye-after=0", 1, SELECT + "C: c IDLE\n" r"END \+ [^\r]*\r\n\* BYE [^\r]*\r\n"),
    ('imap idle unsolicited="* 9 EXISTS"', 1, SELECT + "C: c IDLE\n" r"S: \+ .*" "\n" r"S: \* 9 EXISTS" "\nC: DONE\n"
     "T: .*c OK .*"),
    ("imap done drop", 1, SELECT + "C: c IDLE\n" r"S: \+ .*" "\nC: DONE\nEND .*"),
    ("imap done reply=NO", 1, SELECT + "C: c IDLE\n" r"S: \+ .*" "\nC: DONE\nS: c NO\nC: d NOOP\nT: .*d OK .*"),
]

APPENDED = r"T: \* STATUS INBOX \(MESSAGES 4\)[|]d OK .*"
NOT_APPENDED = r"T: \* STATUS INBOX \(MESSAGES 3\)[|]d OK .*"
APPENDS = [
    ('imap append reply="NO [OVERQUOTA] x"', 1, "LOGIN bob\n" + APPEND + r"S: c NO \[OVERQUOTA\] x" "\n" + STATUS +
     NOT_APPENDED),
    ('imap append larger=29 reply="NO [TOOBIG] x"', 1,
     "LOGIN bob\nC: c APPEND INBOX {30}\n" r"S: c NO \[TOOBIG\] x" "\n" + STATUS + NOT_APPENDED),
    ("imap append cut-after=0", 1, "LOGIN bob\n" + APPEND + "END\nNEW\nLOGIN bob\n" + STATUS + APPENDED),
    ("imap append wrong-uidvalidity=7", 1, "LOGIN bob\n" + APPEND + r"T: c OK \[APPENDUID 7 4\].*"),
    ("imap body drop", 1, "LOGIN bob\nC: c APPEND INBOX {30}\n" r"S: \+ .*" "\nEND\nNEW\nLOGIN bob\n" + STATUS +
     NOT_APPENDED),
    ("imap body cut-after=5", 1, "LOGIN bob\n" + APPEND + "END\nNEW\nLOGIN bob\n" + STATUS + NOT_APPENDED),
    ("imap body throttle=100", 1, "LOGIN bob\nAFTER 0.25\n" + APPEND + "T: .*c OK .*"),
    ('imap end reply="NO [LIMIT] x"', 1, "LOGIN bob\n" + APPEND + r"T: c NO \[LIMIT\] x" "\n" + STATUS + NOT_APPENDED),
    ('imap end reply="OK whatever"', 1, "LOGIN bob\n" + APPEND + "T: c OK whatever\n" + STATUS + APPENDED),
    ("imap end drop", 1, "LOGIN bob\n" + APPEND + "END\nNEW\nLOGIN bob\n" + STATUS + NOT_APPENDED),
    ("imap stored drop", 1, "LOGIN bob\n" + APPEND + "END\nNEW\nLOGIN bob\n" + STATUS + APPENDED),
    ("imap stored reset", 1, "LOGIN bob\n" + APPEND + "RESET"),
]


# Points that have nothing of their own but their name.
COMMANDS = """COMPARATOR "i;octet"
    UNAUTHENTICATE
    DELETE x
    RENAME x y
    SUBSCRIBE INBOX
    UNSUBSCRIBE INBOX
    LSUB "" *
    REPLACE 1 INBOX {5}
    CHECK
    ESEARCH IN (personal) ALL
    CANCELUPDATE "A1"
    GETACL INBOX
    DELETEACL INBOX al
    LISTRIGHTS INBOX al
    MYRIGHTS INBOX
    GETQUOTA ""
    SETQUOTA "" ()
    SETMETADATA INBOX (/private/comment "x")
    NOTIFY NONE
    GENURLAUTH "imap://localhost/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL
    RESETKEY
    URLFETCH "imap://localhost/INBOX/;UID=1\""""
OTHERS = [(f'imap {command.split()[0].lower()} reply="NO x"', 1, f"LOGIN bob\nC: b {command}\nS: b NO x")
          for command in map(str.strip, COMMANDS.splitlines())]


class FaultsImap(FaultsCase):
    scheme = "imap"

    def log_in(self, peer, user):
        self.assertRegex(peer.reply(), rb"^\* OK ")
        self.assertRegex(peer.command(f"a LOGIN {user} x"), rb"^a OK ")

    @staticmethod
    def fill(server):
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as client:
            for _ in range(3):
                client.sendmail("a@client.example", ["bob@x.example"], TEXT.removesuffix(b".\r\n"))

    def test_logged_out(self):
        self.check_rows(LOGGED_OUT)

    def test_mailboxes(self):
        self.check_rows(MAILBOXES, self.fill)

    def test_messages(self):
        self.check_rows(MESSAGES, self.fill)

    def test_appends(self):
        self.check_rows(APPENDS, self.fill)

    def test_others(self):
        self.check_rows(OTHERS)

    def test_tls_handshake(self):
        for fault, scheme, error in [("imap tls fail", "imaps", ssl.SSLError),
                                     ("imap tls reset", "imaps", ConnectionResetError)]:
            with self.subTest(fault):
                server = self.serve(fault)
                with self.assertRaises(error):
                    Dialogue(server.port(scheme), trust=unverified())
                self.finish(server)
                self.assertEqual(server.faults(), [fault])

    def test_what_comes_while_it_idles(self):
        server = self.serve("imap idle wrong-count=+1", "imap noop drop")
        self.fill(server)
        peer = self.connect(server)
        self.log_in(peer, "bob")
        for command in (b"b SELECT INBOX\r\n", b"c IDLE\r\n"):
            peer.send(command)
            peer.responses()
        self.fill(server)
        told = []
        while b"* 7 EXISTS" not in told:
            told.append(peer.line())
            self.assertIn(told[-1][:2], b"* ")
        self.assertNotIn(b"* 4 EXISTS", told)
        peer.send(b"DONE\r\n")
        self.assertRegex(peer.responses()[-1], rb"^c OK ")

    def test_several_messages_of_one_append(self):
        server = self.serve("imap end n=1 larger=9 reply=NO", "imap body n=2 delay=300ms")
        peer = self.connect(server)
        self.log_in(peer, "bob")
        octets = b"c APPEND INBOX {5+}\r\nA: b\n {5+}\r\nA: c\n\r\n"
        for step, says in ((1, rb"c NO"), (len(octets), rb"c OK \[APPENDUID \d+ 1:2\].*")):
            for at in range(0, len(octets), step):
                peer.send(octets[at:at + step])
            self.assertRegex(peer.reply(), rb"^(?:" + says + rb")$")
        wait_until(lambda: len(server.faults()) >= 2, "both faults are told")
        self.assertEqual(server.faults(), ["imap end n=1 larger=9 reply=NO", "imap body n=2 delay=300ms"])

    def test_nothing_is_compressed(self):
        peer = self.connect(self.serve("imap noop drop"))
        self.log_in(peer, "bob")
        self.assertNotIn(b"COMPRESS", b"|".join([peer.command("b CAPABILITY"), *peer.responses()]))
        self.assertRegex(peer.command("c COMPRESS DEFLATE"), rb"^c BAD ")


if __name__ == "__main__":
    main()
