"""Dialogues with a mail-serve that has faults, as text:

    C: a line that the client sends       S: what the server's next reply must match whole, its lines joined by |
    L: the same of a listing (POP3)       END, RESET: how the connection ends; END PATTERN: what came before that
    T: the same of the responses to a command (IMAP), up to the tagged one or a request to go on
    AFTER n                               the next reply does not come before n seconds from now
    HANG                                  nothing comes for a while
    TLS FAILS, TLS EXPIRED                the handshake fails, or shows a certificate whose time is over
    NEW                                   another connection
    MAIL RECIPIENT..., MESSAGE            a transaction up to DATA, and the text of a message; each reply is 2yz or 3yz
    LOGIN USER                            POP3, IMAP
"""

import re
import ssl
import subprocess
import time

from dialogue import Dialogue, unverified
from peers.case import Case
from peers.testserve import TestServe

TEXT = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 100 + b".\r\n"


class FaultsCase(Case):
    scheme = "smtp"

    def setUp(self):
        super().setUp()
        self.peers = []

    def serve(self, *faults, options=()):
        arguments = [*options, "--fault-seed", "1"]
        for fault in faults:
            arguments += ["--fault", fault]
        server = TestServe(*arguments)
        self.addCleanup(self._stop, server)
        return server.start()

    def _stop(self, server):
        try:
            self.finish(server)  # also checks the events against the schema
        finally:
            server.remove()

    def connect(self, server):
        peer = Dialogue(server.port(self.scheme))
        self.peers.append(peer)
        return peer

    def finish(self, server):
        """Ends a server; clients that were still there would make it wait."""
        while self.peers:
            self.peers.pop().close()
        server.stop()

    def play(self, script, server):
        peer = None
        begin, least = time.monotonic(), 0
        for line in filter(None, (line.strip() for line in script.splitlines())):
            if peer is None or line == "NEW":
                peer = self.connect(server)
            word, _, rest = line.partition(" ")
            if word == "C:":
                peer.send(rest.encode() + b"\r\n")
            elif word in ("S:", "L:", "T:"):
                got = peer.reply() if word == "S:" else b"|".join(
                    peer.listing() if word == "L:" else peer.responses())
                self.assertNotEqual(got, "reset", f"at {line!r}")
                self.assertRegex(got.decode("utf-8", "replace"), rf"^(?:{rest})$", f"at {line!r}")
                self.assertGreaterEqual(time.monotonic() - begin, least, f"at {line!r}")
                least = 0
            elif word in ("END", "RESET"):
                got = peer.rest()
                if word == "RESET":
                    self.assertEqual(got, "reset", f"at {line!r}")
                else:
                    self.assertNotEqual(got, "reset", f"at {line!r}")
                    self.assertRegex(got.decode("utf-8", "replace"), rf"(?s)^(?:{rest})$", f"at {line!r}")
                self.assertGreaterEqual(time.monotonic() - begin, least, f"at {line!r}")
            elif word == "HANG":
                self.hangs(peer)
            elif word == "TLS":
                self.handshake(peer, rest)
            elif word == "AFTER":
                begin, least = time.monotonic(), float(rest)
            elif word == "MAIL":
                self.transaction(peer, rest.split())
            elif word == "MESSAGE":
                peer.send(TEXT)
            elif word == "LOGIN":
                self.log_in(peer, rest)
            elif word != "NEW":
                self.fail(f"what is {line!r}?")

    def hangs(self, peer):
        peer.socket.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            peer.reader.read(1)

    def handshake(self, peer, outcome):
        if outcome == "FAILS":
            with self.assertRaises(ssl.SSLError):
                peer.start_tls(unverified())
        else:
            peer.start_tls(unverified())
            self.assertEqual(self.is_valid(peer), outcome != "EXPIRED")

    @staticmethod
    def is_valid(peer):
        """Whether the time of the certificate that was shown is not over."""
        shown = ssl.DER_cert_to_PEM_cert(peer.socket.getpeercert(True))
        checked = subprocess.run(["openssl", "x509", "-checkend", "0"], input=shown.encode(), capture_output=True,
                                 check=False)
        return checked.returncode == 0

    def log_in(self, peer, user):
        self.assertRegex(peer.reply(), rb"^\+OK")
        self.assertRegex(peer.command(f"USER {user}"), rb"^\+OK")
        self.assertRegex(peer.command("PASS x"), rb"^\+OK")

    def transaction(self, peer, recipients):
        self.assertRegex(peer.reply(), rb"^220")
        hello = "LHLO" if self.scheme == "lmtp" else "EHLO"
        for command in (f"{hello} client.example.net", "MAIL FROM:<a@client.example>",
                        *(f"RCPT TO:<{one}>" for one in recipients), "DATA"):
            self.assertRegex(peer.command(command), rb"^[23]", command)

    def check_rows(self, rows, prepare=lambda server: None):
        for faults, fired, script in rows:
            faults = (faults,) if isinstance(faults, str) else faults
            with self.subTest(faults[0]):
                server = self.serve(*faults)
                prepare(server)
                self.play(script, server)
                self.finish(server)
                self.assertEqual(len(server.faults()), fired, server.events)
                server.process = None
