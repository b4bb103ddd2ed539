"""A small IMAP client for tests: strict about what it reads (peers/imap_responses.py), free in what it sends."""

import base64
import collections
import socket
import ssl
import time
import zlib

from peers.imap_responses import Framer, Malformed, parse


class Literal:
    """Octets that a command sends as a literal. `plus`: non-synchronizing; `binary`: literal8."""

    def __init__(self, octets, plus=False, binary=False):
        self.octets = octets
        self.plus = plus
        self.binary = binary

    def head(self):
        return b"%s{%d%s}\r\n" % (b"~" if self.binary else b"", len(self.octets), b"+" if self.plus else b"")


class Refused(AssertionError):
    """A command that had to succeed did not."""


class Gone(ConnectionError):
    """The server has closed the connection."""


class Answer:
    """The tagged response of a command, with the untagged ones that came before it."""

    def __init__(self, command, tagged, untagged):
        self.command = command
        self.status = tagged.status
        self.code = tagged.code
        self.text = tagged.text
        self.untagged = untagged

    def all(self, kind):
        return [response for response in self.untagged if response.kind == kind]

    def one(self, kind):
        found = self.all(kind)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} responses {kind} to {self.command!r}: {self}")
        return found[0]

    def codes(self):
        """Of the untagged responses and the tagged one."""
        found = dict(response.code for response in self.untagged if response.code)
        if self.code:
            found[self.code[0]] = self.code[1]
        return found

    def ok(self):
        if self.status != "OK":
            raise Refused(f"{self.command!r}: {self}")
        return self

    def __str__(self):
        lines = [response.raw[:300] for response in self.untagged[-20:]]
        return f"{self.status} {self.code} {self.text!r} after {lines}"


class ImapClient:
    """`seen(response)` is called for each untagged response as it is read. Every wait has the deadline."""

    def __init__(self, port, user=None, password="secret", host="127.0.0.1", tls=None, deadline=30.0, source=None,
                 seen=None):
        self.deadline = deadline
        self.seen = seen
        self.utf8 = False
        self.log = collections.deque(maxlen=60)  # the last of what was said, cut short, for failures
        self._framer = Framer()
        self._count = 0
        self._inflate = self._deflate = None
        self.socket = socket.create_connection((host, port), timeout=deadline,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.greeting = self.read()
        if self.greeting.kind not in ("OK", "PREAUTH", "BYE"):
            raise Malformed(f"a greeting: {self.greeting.raw!r}")
        self.capabilities = self._capabilities_of(self.greeting.code)
        if user is not None:
            try:
                self.login(user, password)
            except BaseException:
                self.close()
                raise

    # What comes

    def feed(self, seconds=None):
        """Reads once; False when nothing came in time."""
        self.socket.settimeout(self.deadline if seconds is None else max(0.0001, seconds))
        try:
            piece = self.socket.recv(1 << 18)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except ConnectionError as error:
            raise Gone(str(error)) from error
        if not piece:
            raise Gone("the server has closed the connection")
        self._framer.feed(self._inflate.decompress(piece) if self._inflate else piece)
        return True

    def read(self, seconds=None):
        """The next response; None when `seconds` were given and it did not come."""
        end = time.monotonic() + (self.deadline if seconds is None else seconds)
        while (raw := self._framer.next()) is None:
            if not self.feed(end - time.monotonic()) and time.monotonic() >= end:
                if seconds is not None:
                    return None
                raise TimeoutError(f"no response in {self.deadline:g} s; so far {bytes(self._framer.buffer[:500])!r}")
        self.log.append(b"S: " + raw[:300])
        response = parse(raw, self.utf8)
        if response.kind not in ("+", "TAGGED") and self.seen:
            self.seen(response)
        return response

    # What goes

    def send(self, octets):
        self.log.append(b"C: " + octets[:300])
        if self._deflate:
            octets = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.settimeout(self.deadline)
        try:
            self.socket.sendall(octets)
        except ConnectionError as error:
            raise Gone(str(error)) from error

    def next_tag(self):
        self._count += 1
        return f"T{self._count}"

    def begin(self, *pieces):
        """Sends a command without synchronizing literals; its tag, for finish()."""
        tag = self.next_tag()
        octets = [tag.encode() + b" "]
        for piece in pieces:
            if isinstance(piece, Literal):
                octets += [piece.head(), piece.octets]
            else:
                octets.append(piece if isinstance(piece, bytes) else piece.encode())
        octets.append(b"\r\n")
        self.send(b"".join(octets))
        return tag

    def finish(self, tag, command=(), seconds=None):
        """Reads up to the tagged response."""
        untagged = []
        while True:
            response = self.read(seconds)
            if response is None:
                raise TimeoutError(f"no tagged response to {command!r}")
            if response.kind == "TAGGED":
                if response.tag != tag:
                    raise Malformed(f"a response to {response.tag}, not {tag}: {response.raw!r}")
                return Answer(command, response, untagged)
            if response.kind == "+":
                raise Malformed(f"a continuation that was not asked for: {response.raw!r} to {command!r}")
            untagged.append(response)

    def command(self, *pieces, continuations=()):
        """A whole command: pieces are text, octets or Literal; the line ends are put in here. `continuations` are lines
        that are sent for each "+" behind the last literal."""
        tag = self.next_tag()
        untagged, pending = [], tag.encode() + b" "
        waits = list(continuations)
        for piece in pieces:
            if not isinstance(piece, Literal):
                pending += piece if isinstance(piece, bytes) else piece.encode()
                continue
            pending += piece.head()
            if not piece.plus:
                self.send(pending)
                pending = b""
                tagged = self._continuation(tag, untagged)
                if tagged:
                    return self._answered(pieces, tagged, untagged)
            pending += piece.octets
        self.send(pending + b"\r\n")
        for line in waits:
            tagged = self._continuation(tag, untagged)
            if tagged:
                return self._answered(pieces, tagged, untagged)
            self.send(line + b"\r\n")
        answer = self.finish(tag, pieces)
        answer.untagged[:0] = untagged
        return self._note(answer)

    def _continuation(self, tag, untagged):
        """None when it may go on, else the tagged refusal."""
        while True:
            response = self.read()
            if response.kind == "+":
                return None
            if response.kind == "TAGGED":
                if response.tag != tag:
                    raise Malformed(f"a response to {response.tag}, not {tag}: {response.raw!r}")
                return response
            untagged.append(response)

    def _answered(self, pieces, tagged, untagged):
        return self._note(Answer(pieces, tagged, untagged))

    def _note(self, answer):
        for response in answer.all("CAPABILITY"):
            self.capabilities = set(response.data)
        self.capabilities = self._capabilities_of(answer.code) or self.capabilities
        for response in answer.all("ENABLED"):
            if {"UTF8=ACCEPT", "IMAP4REV2"} & set(response.data):
                self.utf8 = True
        return answer

    @staticmethod
    def _capabilities_of(code):
        return set(code[1]) if code and code[0] == "CAPABILITY" else set()

    def ok(self, *pieces, **more):
        return self.command(*pieces, **more).ok()

    def has(self, *names):
        return all(name.upper() in self.capabilities for name in names)

    # States

    def login(self, user, password="secret"):
        message = base64.b64encode(f"\0{user}\0{password}".encode())
        self.ok("AUTHENTICATE PLAIN", continuations=(message,))
        self.ok("CAPABILITY")
        return self

    def start_tls(self, context):
        self.ok("STARTTLS")
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._framer = Framer()
        self.ok("CAPABILITY")

    def start_tls_now(self, context):
        """The handshake, when the command and its answer are through."""
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._framer = Framer()

    def compress(self):
        self.ok("COMPRESS DEFLATE")
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate = zlib.decompressobj(wbits=-15)

    def idle(self, seconds, until=None):
        """The untagged responses that come in `seconds`, or until until(response) holds, and those up to its end."""
        tag = self.begin("IDLE")
        untagged = []
        refusal = self._continuation(tag, untagged)
        if refusal:
            raise Refused(f"IDLE: {refusal.raw!r}")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            response = self.read(end - time.monotonic())
            if response is None:
                break
            untagged.append(response)
            if until and until(response):
                break
        self.send(b"DONE\r\n")
        return untagged + self.finish(tag, ("IDLE",)).ok().untagged

    def logout(self):
        answer = self.ok("LOGOUT")
        answer.one("BYE")
        self.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
