"""The scripts of IMAP servers that mean harm."""

import re

from hostile_case import MESSAGES, HostileCase
from peers.scripted import imap

CAPABILITIES = ("IMAP4rev1", "UIDPLUS", "LITERAL+")
TLS = ("--tls", "starttls")
NO_LOGIN = rb"(?i) (LOGIN|AUTHENTICATE)( |$)"


def server(capabilities=CAPABILITIES, greeting=None, messages=None, mailboxes=(b'"INBOX"',), **replies):
    return imap(mailboxes, MESSAGES if messages is None else messages, capabilities,
                {verb.encode(): reply for verb, reply in replies.items()}, greeting)


def item(n, uid=None, body=None, size=None, literal=None, extra=b"", number=None):
    """The FETCH response of a message, with what is said to be false."""
    text = MESSAGES[n] if body is None else body
    size = len(text) if size is None else size
    literal = len(text) if literal is None else literal
    return (b"* %d FETCH (UID %s FLAGS () RFC822.SIZE %d INTERNALDATE \"02-Nov-2026 10:00:00 +0000\" %sBODY[] {%d}\r\n"
            b"%s)\r\n" % (number or n + 1, str(uid or n + 1).encode(), size, extra, literal, text))


def selected(exists=3, more=b"", validity=17, uid_next=None):
    """What is said before the tagged OK to SELECT."""
    uid_next = b"" if uid_next is None else b"* OK [UIDNEXT %d] x\r\n" % uid_next
    return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n" % (exists, validity) + uid_next + more


class HostileImap(HostileCase):
    scheme = "imap"
    honest = staticmethod(server())

    def deleted(self, lines):
        found = set()
        for line in lines:
            match = re.search(rb"UID (?:STORE ([\d,:]+) .*Deleted|EXPUNGE ([\d,:]+))", line)
            for piece in ((match[1] or match[2]).split(b",") if match else []):
                first, _, last = piece.partition(b":")
                found.update(range(int(first) - 1, int(last or first)))
        return sorted(found)
