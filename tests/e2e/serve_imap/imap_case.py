"""A server with mail of alice, for clients that other people wrote."""

import hashlib
import os
import re
import ssl
import subprocess
import unittest

from peers.case import Case
from peers.imap_server import ImapServer
from peers.messages import TEXTS, crlf
from peers.process import die_with_parent, find_program


def needs(*programs):
    return unittest.skipUnless(all(find_program(name) for name in programs), f"{programs} not installed")


class ImapCase(Case):
    """One server for each test, with TLS. `texts` are in INBOX, unseen, in the order of their names."""

    texts = list(TEXTS.values())
    arguments = ()

    def setUp(self):
        super().setUp()
        self.server = ImapServer(certificate=self.certificates().good, arguments=self.arguments)
        self.server.start()
        self.addCleanup(self.stop_server)
        if self.texts:
            self.append_all(self.texts)

    def stop_server(self):
        status = self.server.stop()
        self.assertEqual(status, 0)

    def append_all(self, texts, mailbox="INBOX", user="alice"):
        from peers.imap_client import Literal
        with self.server.client(user) as client:
            for octets in texts:
                client.ok(f"APPEND {mailbox} ", Literal(crlf(octets)))

    def tls(self):
        return ssl.create_default_context(cafile=self.certificates().ca)

    def program(self, *argv, stdin=b"", status=0, timeout=120, environment=None):
        """The output of another's program, with a home of its own."""
        ours = {"PATH": os.environ["PATH"], "HOME": self.directory, "LC_ALL": "C.UTF-8", **(environment or {})}
        done = subprocess.run([find_program(argv[0]), *argv[1:]], input=stdin, capture_output=True, check=False,
                              timeout=timeout, env=ours, cwd=self.directory, preexec_fn=die_with_parent)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, said[-3000:].decode("utf-8", "replace"))
        return done.stdout

    def flags(self, mailbox="INBOX"):
        """Of each message, sorted, in the order of the mailbox; without \\Recent."""
        with self.server.client() as client:
            client.ok(f"EXAMINE {mailbox}")
            answer = client.command("FETCH 1:* (FLAGS)")
            return [sorted(set(response.data["FLAGS"]) - {"\\Recent"}) for response in answer.all("FETCH")]

    def stored(self, mailbox="INBOX"):
        """The texts of a mailbox with LF, in its order, as this server says them."""
        with self.server.client() as client:
            client.ok(f"EXAMINE {mailbox}")
            answer = client.command("FETCH 1:* (BODY.PEEK[])")
            return [response.data["BODY[]"].replace(b"\r\n", b"\n") for response in answer.all("FETCH")]

    def mailboxes(self):
        with self.server.client() as client:
            return sorted(response.data[2].decode() for response in client.ok('LIST "" *').all("LIST"))


# What clients put into messages: mbsync to find its own again, the others to say how they came by them.
_TAGS = re.compile(rb"^(?:X-TUID|X-OfflineIMAP|X-getmail-[^:]*|Return-Path):[^\n]*\n(?:[ \t][^\n]*\n)*",
                   re.MULTILINE | re.IGNORECASE)


def digests(texts):
    """Of texts, whichever their line ends and without what clients have put in, sorted."""
    return sorted(hashlib.sha256(_TAGS.sub(b"", octets.replace(b"\r\n", b"\n"))).hexdigest() for octets in texts)


def maildir_texts(path):
    """Of a Maildir that a client keeps."""
    found = []
    for sub in ("new", "cur"):
        folder = os.path.join(path, sub)
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found.append(file.read())
    return found
