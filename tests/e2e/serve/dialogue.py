"""A raw client: lines out, what comes in, and how the connection ends."""

import re
import socket
import ssl


class _Reset:
    """What is read of a connection that was reset before connect() had returned."""

    def read(self):
        raise ConnectionResetError

    readline = read

    def close(self):
        pass


class Dialogue:
    def __init__(self, port, trust=None, timeout=20):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        except ConnectionResetError:
            if trust:  # as if it had come to the handshake
                raise
            self.socket, self.reader = socket.socket(), _Reset()
            return
        self.socket.settimeout(timeout)
        if trust:
            self.start_tls(trust)
        self.reader = self.socket.makefile("rb")

    def start_tls(self, trust):
        self.socket = trust.wrap_socket(self.socket, server_hostname="localhost")
        self.reader = self.socket.makefile("rb")

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        """One line without its end; b"" at the end of the stream, "reset" when that was one."""
        try:
            return self.reader.readline().rstrip(b"\r\n")
        except ConnectionResetError:
            return "reset"

    def reply(self):
        """A whole reply of SMTP, its lines joined by |."""
        lines = []
        while True:
            line = self.line()
            if line == "reset" or not lines and not line:
                return line
            lines.append(line)
            if line[3:4] != b"-":
                return b"|".join(lines)

    def listing(self):
        """The lines of a multi-line reply of POP3, or what came until the stream ended."""
        lines = []
        while True:
            line = self.reader.readline()
            if line in (b"", b".\r\n"):
                return lines
            lines.append(line.rstrip(b"\r\n"))

    def responses(self):
        """The lines of IMAP up to the tagged response or a request to go on, or what came until the stream ended."""
        lines = []
        while not lines or not re.match(rb"\+|\w+ (OK|NO|BAD) ", lines[-1]):
            line = self.reader.readline()
            if not line:
                break
            lines.append(line.rstrip(b"\r\n"))
        return lines

    def command(self, text):
        self.send(text.encode() + b"\r\n")
        return self.reply()

    def rest(self):
        """All octets until the end of the stream; "reset" when that is one."""
        try:
            return self.reader.read()
        except ConnectionResetError:
            return "reset"

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
