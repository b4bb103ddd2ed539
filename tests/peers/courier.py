"""Courier: IMAP for --tunnel, and POP3 on a port; unpacked, not installed.

Courier logs in by a daemon whose socket lies at a fixed place of the system. Its servers proper begin behind the login:
imapd greets with PREAUTH; for POP3 a front here takes USER and PASS and then runs courierpop3d on the connection.
"""

import os
import shlex
import socketserver
import subprocess
import threading

from peers.process import public_directory
from peers.unpacked import environment, unpacked

_CAPABILITY = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
_DEADLINE = 60


class _Login(socketserver.StreamRequestHandler):
    timeout = _DEADLINE
    # Nothing of what follows the password may stay here.
    rbufsize = 0

    def handle(self):
        self.wfile.write(b"+OK Hello there.\r\n")
        while line := self.rfile.readline(1000):
            words = line.split()
            if words[:1] == [b"PASS"]:
                break
            self.wfile.write(b"+OK Password required.\r\n" if words[:1] == [b"USER"] else b"-ERR Invalid command.\r\n")
        else:
            return
        if words[1:] != [b"secret"]:
            self.wfile.write(b"-ERR Login failed.\r\n")
            return
        self.connection.settimeout(None)  # its descriptor must block
        program = unpacked("usr", "lib", "courier", "courier", "courierpop3d")
        subprocess.run([program, "./Maildir"], cwd=self.server.home, env=environment(AUTHADDR="alice"), check=False,
                       stdin=self.connection, stdout=self.connection, stderr=subprocess.DEVNULL, timeout=_DEADLINE)


class _Front(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Courier:
    """One user's Maildir, served until stop()."""

    def __init__(self):
        self.directory = public_directory("courier")
        self.maildir = os.path.join(self.directory, "Maildir")
        for name in ("", "cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir, name), exist_ok=True)
        # Version, UIDVALIDITY and UIDNEXT: it makes such a file itself, but a session that is cut short does not.
        with open(os.path.join(self.maildir, "courierimapuiddb"), "w", encoding="ascii") as file:
            file.write("1 1234567890 1\n")
        self.front = _Front(("127.0.0.1", 0), _Login)
        self.front.home = self.directory
        self.pop3 = self.front.server_address[1]
        threading.Thread(target=self.front.serve_forever, daemon=True).start()

    def tunnel(self):
        """The command for --tunnel."""
        values = environment(IMAP_CAPABILITY=_CAPABILITY, IMAP_EMPTYTRASH="", IMAP_USELOCKS="1")
        names = ("LD_LIBRARY_PATH", "IMAP_CAPABILITY", "IMAP_EMPTYTRASH", "IMAP_USELOCKS")
        kept = {name: values[name] for name in names}
        assignments = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items())
        return (f"cd {shlex.quote(self.directory)} && exec env {assignments} "
                f"{shlex.quote(unpacked('usr', 'bin', 'imapd'))} ./Maildir 2>/dev/null")

    def stop(self):
        self.front.shutdown()
        self.front.server_close()
