"""mutt and alpine on a terminal, with a mailbox over POP3: read, save, delete."""

import unittest

from peers.case import main
from peers.process import find_program
from peers.terminal import Terminal
from pop_clients import PopClientCase

# mutt prefers the mechanisms with channel binding, has none for TLS 1.3, and does not read the reply when it gives up.
_MUTT = """\
set pop_authenticators="scram-sha-256"
set spoolfile="{scheme}://alice@localhost:{port}/"
set folder="{directory}"
set pop_pass="secret"
set ssl_starttls=yes
set ssl_force_tls=yes
set certificate_file="{ca}"
set ssl_ca_certificates_file="{ca}"
set pop_delete=no
set confirmappend=no
set confirmcreate=no
set mbox_type=Maildir
set quit=yes
set delete=yes
set move=no
set wait_key=no
set sleep_time=0
set record=""
"""

_ALPINE = """\
inbox-path={{localhost:{port}/pop3/{secure}/user=alice}}INBOX
feature-list=quit-without-confirm,expunge-without-confirm,expunge-without-confirm-everywhere,\
disable-password-file-saving
last-version-used=6.99.99
"""


class Terminals(PopClientCase):
    def left(self, subject):
        """What is stored but for the message with this subject."""
        return [octets for octets in self.stored if b"Subject: " + subject + b"\n" not in octets]

    def finish(self, terminal):
        status, said = terminal.finish(60)
        self.assertEqual(status, 0, said[-2000:])

    @unittest.skipUnless(find_program("mutt"), "mutt is not installed")
    def test_mutt(self):
        for scheme, subject in (("pop", b"plain"), ("pops", b"dots")):
            with self.subTest(scheme):
                port = self.server.port("pop3" if scheme == "pop" else "pop3s")
                rc = self.write("muttrc", _MUTT.format(scheme=scheme, port=port, ca=self.certificates().ca,
                                                     directory=self.directory).encode())
                kept = self.path("kept-" + scheme)
                keys = f"<copy-message>{kept}<enter><delete-pattern>~s {subject.decode()}<enter><sync-mailbox><quit>"
                terminal = Terminal(["mutt", "-F", rc, "-e", f"push '<search>~s {subject.decode()}<enter>{keys}'"],
                                    self.directory, columns=120)
                self.addCleanup(terminal.close)
                self.finish(terminal)
                copied, = self.maildir("kept-" + scheme)
                self.stored, gone = self.left(subject), next(octets for octets in self.stored
                                                             if octets not in self.left(subject))
                self.assertEqual(copied.split(b"\n\n", 1)[1], gone.split(b"\n\n", 1)[1])
                self.assertEqual(sorted(self.server.messages("alice")), self.stored)

    @unittest.skipUnless(find_program("alpine"), "alpine is not installed")
    def test_alpine(self):
        for scheme, secure in (("pop3", "tls/novalidate-cert"), ("pop3s", "ssl/novalidate-cert")):
            with self.subTest(scheme):
                rc = self.write("pinerc", _ALPINE.format(port=self.server.port(scheme), secure=secure).encode())
                terminal = Terminal(["alpine", "-p", rc, "-i"], self.directory, columns=100)
                self.addCleanup(terminal.close)
                terminal.wait_for(b"PASSWORD", 30)
                terminal.type(b"secret\r")
                terminal.wait_for(b"MESSAGE INDEX", 30)
                terminal.wait_for(b"folded", 30)
                terminal.type(b"D")
                terminal.wait_for(b"D ", 30)
                terminal.type(b"X")
                terminal.wait_for(b"xpunged", 30)
                terminal.type(b"Q")
                self.finish(terminal)
                now = sorted(self.server.messages("alice"))
                self.assertEqual(len(now), len(self.stored) - 1)
                self.assertEqual([octets for octets in now if octets not in self.stored], [])
                self.stored = now


if __name__ == "__main__":
    main()
