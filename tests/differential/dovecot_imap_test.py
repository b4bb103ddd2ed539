"""What the IMAP server says of a message, beside Dovecot: ENVELOPE, BODY, BODYSTRUCTURE."""

import re
import socket
import subprocess

from differential import imap_values, messages
from peers.case import Case, main
from peers.commands import binary
from peers.dovecot import Dovecot


class Ours:
    """imap_data, which answers the name of a file."""

    def __init__(self, path):
        self._path = path
        self._process = subprocess.Popen([binary("imap_data")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, octets):
        with open(self._path, "wb") as file:
            file.write(octets)
        self._process.stdin.write(self._path.encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.read(int(self._process.stdout.readline()))
        value, end = imap_values.parse(answer)
        assert end == len(answer), answer
        return imap_values.pairs(value)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def of_dovecot(server, user, password):
    """{octets of the message: values}"""
    found = {}
    with socket.create_connection(("127.0.0.1", server.imap), 60) as connection, connection.makefile("rb") as lines:
        connection.sendall(f"a LOGIN {user} {password}\r\nb SELECT INBOX\r\n"
                           "c FETCH 1:* (ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[])\r\nd LOGOUT\r\n".encode())
        answer = lines.read()
    at = 0
    fetch = re.compile(rb"\* \d+ FETCH ")
    while (match := fetch.search(answer, at)) is not None:
        value, at = imap_values.parse(answer, match.end())
        value = imap_values.pairs(value)
        found[value.pop("BODY[]")] = value
    return found


NO_PARTS = "a multipart without parts is text here (multipart-empty); Dovecot makes up an empty part"
DELIMITER = "of a delimiter where the close-delimiter belongs Dovecot makes an empty part (multipart-unclosed)"
LINE_END = "the line end in front of a delimiter belongs to it (RFC 2046 section 5.1.1), in a message/rfc822, too"
NO_HEADER = "Dovecot takes text without a header for header (header-none)"
LONG = "Dovecot does not find so long a boundary"
# Where the two differ, and why.
DIFFERENT = {
    "mail-parser/malformed/001.eml": NO_PARTS,
    "mail-parser/malformed/002.eml": NO_PARTS,
    "mail-parser/malformed/004.eml": "nested multiparts with the same boundary",
    "mail-parser/malformed/007.eml": DELIMITER,
    "mail-parser/malformed/013.eml": DELIMITER,
    "mail-parser/malformed/014.eml": DELIMITER,
    "mail-parser/malformed/016.eml": LONG,
    "mail-parser/malformed/017.eml": NO_HEADER,
    "mail-parser/malformed/019.eml": NO_HEADER,
    "mail-parser/malformed/020.eml": DELIMITER,
    "mail-parser/malformed/021.eml": DELIMITER,
    "mail-parser/malformed/022.eml": LINE_END,
    "mail-parser/rfc/001.eml": "Dovecot does not read the malformed parameter",
    "mail-parser/rfc/008.eml": LINE_END,
    "mail-parser/thirdparty/004.eml": "a malformed Content-Transfer-Encoding goes out as far as it is a token",
    "mail-parser/thirdparty/007.eml": LINE_END,
    "mail-parser/thirdparty/015.eml": NO_PARTS,
    "mime4j/testmsgs/basic-plain-with-bad-header-separator.msg": "white space at the end of a field goes",
    "mime4j/testmsgs/malformedHeader-noheader.msg": NO_HEADER,
    "mime4j/testmsgs/malformedHeaderStartsBody-noheader.msg": NO_HEADER,
    "mime4j/testmsgs/missing-boundary.msg": NO_PARTS,
    "mime4j/testmsgs/missing-inner-boundary.msg": NO_PARTS,
    "mime4j/testmsgs/missing-inner-start-boundary.msg": NO_PARTS,
    "mime4j/testmsgs/multipartnopart.msg": NO_PARTS,
    "mime4j/testmsgs/obsolete.msg": "white space of folded lines stays (RFC 5322 section 2.2.3)",
    "mime4j/testmsgs/very-long-boundary.msg": LONG,
    "mime4j/testmsgs/very-very-long-boundary.msg": LONG,
    "mime4j/testmsgs/weird-boundary.msg": "a boundary never ends with white space (RFC 2046 section 5.1.1)",
}


def same(ours, theirs):
    """Types, encodings and names of parameters have no case; whatever else has one is compared by ENVELOPE."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return all(same(mine, other) for mine, other in zip(ours, theirs))
    if isinstance(ours, bytes) and isinstance(theirs, bytes):
        return ours.lower() == theirs.lower()
    return ours == theirs


class DovecotImapTest(Case):
    def test_corpora_and_generated(self):
        found = messages.corpora() + messages.generated(200, self.path("generated"))
        with Dovecot() as server:
            for number, (_, octets) in enumerate(found):
                server.deliver("alice", octets.replace(b"\r\n", b"\n"), f"{number:06d}.M1P1.host")
            theirs = of_dovecot(server, "alice", "secret")
        ours = Ours(self.path("message"))
        self.addCleanup(ours.close)
        compared, different = 0, {}
        for name, octets in found:
            octets = messages.with_crlf(octets)
            other = theirs.get(octets)
            if other is None:  # Dovecot sends another text: with NUL or bare CR
                continue
            compared += 1
            mine = ours.read(octets)
            self.assertEqual(set(mine), set(other))
            odd = [key for key in mine if (mine[key] != other[key] if key == "ENVELOPE" else
                                           not same(mine[key], other[key]))]
            if odd:
                different[name] = "\n".join(f"{key}\n  {mine[key]}\n  {other[key]}" for key in odd)
        self.assertGreater(compared, len(found) - 10)
        self.assertEqual([f"{name}: {what}" for name, what in different.items() if name not in DIFFERENT], [])
        self.assertEqual(sorted(set(DIFFERENT) - set(different)), [], "no longer different")


if __name__ == "__main__":
    main()
