"""TLS that is attacked, and peers that never come to an end."""

import concurrent.futures
import ssl
import subprocess
import threading
import time

from peers.case import main
from peers.commands import run
from peers.process import find_program
from serve_rows import DATA, ENVELOPE, HELLO, MAIL, QUIT, RCPT, STAY, TEXT, TLS, HostileServeCase, Row, Talk

_BEFORE = "commands before STARTTLS"
_ENDLESS = "a handshake or read that never ends"
_LITERALS = "literals"
_START = (HELLO, 2, b"STARTTLS\r\n", 1)
_NAME = b"\x16\x03\x01"  # of a handshake record

INJECTION_ROWS = [
    Row("STARTTLS with commands behind it", _BEFORE, (HELLO + b"STARTTLS\r\n" + MAIL + RCPT + DATA,), "220 250 554"),
    Row("STARTTLS with one octet behind it", _BEFORE, (HELLO + b"STARTTLS\r\nx",), "220 250 554"),
    Row("STARTTLS with CRLF behind it", _BEFORE, (HELLO + b"STARTTLS\r\n\r\n",), "220 250 554"),
    Row("STARTTLS, then commands instead of a handshake", _BEFORE, (*_START, MAIL + RCPT + DATA), "220 250 220"),
    Row("STARTTLS, then NOOP instead of a handshake", _BEFORE, (*_START, b"NOOP\r\n"), "220 250 220"),
    Row("STARTTLS, then HTTP instead of a handshake", _BEFORE, (*_START, b"GET / HTTP/1.1\r\n\r\n"), "220 250 220"),
    Row("STARTTLS, then a record of junk", _BEFORE, (*_START, _NAME + b"\xff\xff" + b"x" * 70000), "220 250 220"),
    Row("STARTTLS, then an alert", _BEFORE, (*_START, b"\x15\x03\x03\x00\x02\x02\x28"), "220 250 220"),
    Row("STARTTLS, then an SSLv2 hello", _BEFORE, (*_START, b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" +
        b"\x01" * 37),
        "220 250 220"),
    Row("STARTTLS, then a record of nothing", _BEFORE, (*_START, (_NAME + b"\0\0") * 1000), "220 250 220"),
    Row("STARTTLS with an argument", _BEFORE, (HELLO + b"STARTTLS now\r\n" + QUIT,), "220 250 501 221"),
    Row("STARTTLS forgets the transaction", _BEFORE, (ENVELOPE, 4, b"STARTTLS\r\n", 1, TLS, DATA + QUIT),
        "220 250 250 250 220 503 221"),
    Row("STARTTLS forgets EHLO", _BEFORE, (*_START, TLS, MAIL + QUIT), "220 250 220 503 221"),
    Row("STARTTLS twice", _BEFORE, (*_START, TLS, HELLO + b"STARTTLS\r\n" + QUIT), "220 250 220 250 503 221",
        never=None),
    Row("STARTTLS on smtps", _BEFORE, (TLS, HELLO + b"STARTTLS\r\n" + QUIT), "220 250 503 221", scheme="smtps"),
    Row("STARTTLS in the message is text", _BEFORE, (ENVELOPE + DATA + TEXT + b"STARTTLS\r\n.\r\n" + QUIT,),
        "220 250 250 250 354 250 221", 1),
    Row("smtps in clear", _BEFORE, (ENVELOPE + DATA,), "", scheme="smtps"),
    Row("pop3s in clear", _BEFORE, (b"USER alice\r\n",), "", scheme="pop3s"),
    Row("STLS with commands behind it", _BEFORE, (b"STLS\r\nUSER alice\r\n",), r"\+( -)?", scheme="pop3"),
    Row("STLS with one octet behind it", _BEFORE, (b"STLS\r\nx",), r"\+( -)?", scheme="pop3"),
    Row("STLS, then a command instead of a handshake", _BEFORE, (b"STLS\r\n", 2, b"USER alice\r\nPASS x\r\n"),
        r"\+ \+", scheme="pop3"),
    Row("STLS forgets USER", _BEFORE, (b"USER alice\r\n", 2, b"STLS\r\n", 1, TLS, b"PASS x\r\n" + QUIT),
        r"\+ \+ \+ - \+", scheme="pop3"),
    Row("STLS twice", _BEFORE, (b"STLS\r\n", 2, TLS, b"STLS\r\n" + QUIT), r"\+ \+ - \+", scheme="pop3"),
    Row("STLS with an argument", _BEFORE, (b"STLS x\r\n" + QUIT,), r"\+ - \+", scheme="pop3"),
]

# The server's timeout is _SILENCE seconds.
_SILENCE = 2
ENDLESS_ROWS = [
    Row("silence after the greeting", _ENDLESS, (STAY,), "220 421"),
    Row("silence after EHLO", _ENDLESS, (HELLO, STAY), "220 250 421"),
    Row("silence in a line", _ENDLESS, (HELLO + b"MAIL FR", STAY), "220 250 421"),
    Row("silence after DATA", _ENDLESS, (ENVELOPE + DATA, STAY), "220 250 250 250 354 421"),
    Row("silence in a message", _ENDLESS, (ENVELOPE + DATA + TEXT, STAY), "220 250 250 250 354 421"),
    Row("silence in a chunk", _ENDLESS, (ENVELOPE + b"BDAT 100 LAST\r\nx", STAY), "220 250 250 250 421"),
    Row("silence in AUTH", _ENDLESS, (HELLO + b"AUTH LOGIN\r\n", STAY), "220 250 334 421"),
    Row("silence before a handshake", _ENDLESS, (*_START, STAY), "220 250 220"),
    Row("silence in a handshake", _ENDLESS, (*_START, _NAME + b"\x02\0\x01\0\x01\xfc\x03\x03", STAY), "220 250 220"),
    Row("silence in TLS", _ENDLESS, (*_START, TLS, HELLO, STAY), "220 250 220 250 421"),
    Row("silence on smtps", _ENDLESS, (STAY,), "", scheme="smtps"),
    Row("silence over POP3", _ENDLESS, (STAY,), r"\+( -)?", scheme="pop3"),
    Row("silence over POP3 in a line", _ENDLESS, (b"USER al", STAY), r"\+( -)?", scheme="pop3"),
    Row("silence before a handshake over POP3", _ENDLESS, (b"STLS\r\n", STAY), r"\+ \+", scheme="pop3"),
    Row("silence on pop3s", _ENDLESS, (_NAME, STAY), "", scheme="pop3s"),
    Row("silence over LMTP", _ENDLESS, (b"LHLO x\r\n", STAY), "220 250 421", scheme="lmtp"),
]

# What comes before an octet now and then.
_HELLO_OF_TLS = _NAME + b"\x02\0\x01\0\x01\xfc\x03\x03"
DRIPS = [
    ("a line", "smtp", b"EHLO "), ("a line of POP3", "pop3", b"USER "), ("a line of LMTP", "lmtp", b"LHLO "),
    ("a message", "smtp", ENVELOPE + DATA), ("a chunk", "smtp", ENVELOPE + b"BDAT 1000 LAST\r\n"),
    ("a response of AUTH", "smtp", HELLO + b"AUTH LOGIN\r\n"),
    ("a response of AUTH over POP3", "pop3", b"AUTH PLAIN\r\n"),
    ("a handshake", "smtps", _HELLO_OF_TLS), ("a handshake over POP3", "pop3s", _HELLO_OF_TLS),
]


def all_rows():
    return INJECTION_ROWS + ENDLESS_ROWS


class Tls(HostileServeCase):
    def test_rows(self):
        self.run_rows(INJECTION_ROWS)

    def offer(self, *options):
        """What openssl s_client says of a handshake with these options."""
        outcome = run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port('smtps')}", *options],
            self.directory,
                      timeout=20)
        return outcome.status, outcome.stdout.decode(errors="replace") + outcome.stderr.decode(errors="replace")

    def test_what_is_weak_is_refused(self):
        for options in (("-tls1",), ("-tls1_1",), ("-no_tls1_3", "-cipher", "aNULL@SECLEVEL=0"),
                        ("-no_tls1_3", "-cipher", "eNULL@SECLEVEL=0"), ("-no_tls1_3", "-cipher", "3DES@SECLEVEL=0"),
                        ("-no_tls1_3", "-cipher", "RC4:DES:EXP@SECLEVEL=0"),
                        ("-no_tls1_3", "-cipher", "kRSA@SECLEVEL=0")):
            with self.subTest(options):
                status, said = self.offer(*options)
                self.assertNotEqual(status, 0, said)
                # Some of these no openssl of today can speak itself.
                self.assertRegex(said, "alert|no cipher match|no ciphers available|no protocols available", said)
        for options in (("-tls1_2",), ("-tls1_3",)):
            status, said = self.offer(*options)
            self.assertEqual(status, 0, said)
            self.assertIn("Compression: NONE", said)

    def test_no_renegotiation(self):
        # s_client asks for it when what it reads at once begins with R.
        with subprocess.Popen([find_program("openssl"), "s_client", "-tls1_2", "-connect",
                               f"127.0.0.1:{self.server.port('smtps')}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, bufsize=0) as client:
            watch = threading.Timer(20, client.kill)
            watch.start()
            said = b""
            for octets, answer in ((b"", b"220 "), (b"R\n", b"RENEGOTIATING"), (b"NOOP\r\n", None)):
                try:
                    client.stdin.write(octets)
                except BrokenPipeError:
                    pass  # it has ended at the refusal
                while answer is None or answer not in said:
                    piece = client.stdout.read(65536)
                    said += piece
                    if not piece:
                        break
                if answer is None:
                    break
            watch.cancel()
        self.assertIn(b"RENEGOTIATING", said)
        after = said[said.index(b"RENEGOTIATING"):]
        self.assertRegex(after, rb"no renegotiation|:error:|alert")
        self.assertNotIn(b"250 2.0.0 OK", after)

    def test_a_ticket_is_no_login(self):
        context = ssl.create_default_context(cafile=self.certificates().ca)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        session = None
        for scheme, greeting, command, refusal in (("smtps", b"220", b"EHLO x\r\nEXPN alice\r\n", b"502"),
                                                   ("pop3s", b"+OK", b"STAT\r\n", b"-ERR")):
            talk = Talk(self.server.port(scheme), 10)
            talk.socket = context.wrap_socket(talk.socket, server_hostname="localhost", session=session)
            session = session or talk.socket.session
            talk.run((command + QUIT,))
            self.assertTrue(talk.said.startswith(greeting), talk.said)
            self.assertIn(b"\r\n" + refusal, talk.said)


class Endless(HostileServeCase):
    arguments = ("--timeout", str(_SILENCE))

    def test_rows(self):
        self.run_rows(ENDLESS_ROWS)

    def drip(self, name, scheme, before):
        """What is wrong, when one octet after the other is more than the server's timeout of patience."""
        talk = Talk(self.server.port(scheme), 20 * self.slower)
        talk.send(before)
        begin = time.monotonic()
        talk.socket.settimeout(0.3)
        while time.monotonic() - begin < 3 * _SILENCE * self.slower:
            try:
                talk.socket.sendall(b"a")
                if not talk.socket.recv(10000):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            return name
        talk.socket.close()
        return None

    def test_what_drips_has_one_deadline(self):
        with concurrent.futures.ThreadPoolExecutor(len(DRIPS)) as threads:
            found = list(threads.map(lambda row: self.drip(*row), DRIPS))
        self.assertEqual([name for name in found if name], [])


if __name__ == "__main__":
    main()
