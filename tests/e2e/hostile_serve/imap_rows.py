"""Peers that mean harm against the IMAP of mail-serve: what the tables of imap_*_test.py share."""

import os

from serve_rows import PASSWORD, HostileServeCase, Row

LOGIN = b"l LOGIN alice " + PASSWORD.encode() + b"\r\n"
LOGOUT = b"z LOGOUT\r\n"
BYE = " =BYE OK"  # of LOGOUT
LITERALS = "literals: huge"
NESTING = "nesting and sets"
NUL = "NUL, empty quoted local part"
PATH = "path traversal"
CONTROLS = "CR, LF, NUL in addresses"
LOG = "logging of overlong"
SMUGGLING = "SMTP smuggling"
SASL = "hostile SASL"


def before_login(name, threat, octets, says, **more):
    """`says` is of what follows the greeting; with "?" at its beginning that may be nothing: what is sent to a
    connection that the server has closed makes its last words get lost."""
    rest = f"( ({says[1:]}))?" if says.startswith("?") else f" {says}"
    return Row(f"IMAP: {name}", threat, octets if isinstance(octets, tuple) else (octets,), f"=OK{rest}",
               scheme="imap", **more)


def after_login(name, threat, octets, says, **more):
    """`says` is of what follows the login."""
    steps = octets if isinstance(octets, tuple) else (octets,)
    rest = f"?OK( ({says[1:]}))?" if says.startswith("?") else f"OK {says}"
    return before_login(name, threat, (LOGIN, 2, *steps), rest, **more)


class HostileImapCase(HostileServeCase):
    listen = ("imap://127.0.0.1:0", "imaps://127.0.0.1:0")

    def check_confined(self, word):
        """Nothing whose name has `word` in it lies anywhere but in a Maildir of the store."""
        for top, directories, files in os.walk(self.server.directory):
            for name in directories + files:
                if word in name:
                    inside = os.path.relpath(os.path.join(top, name), self.server.store).split(os.sep)
                    self.assertIn(inside[0], ("alice", "bob"), os.path.join(top, name))
