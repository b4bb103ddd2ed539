"""Peers that mean harm against mail-serve: what each row of a table sends, what is said to it, and what comes of it."""

import concurrent.futures
import dataclasses
import itertools
import os
import re
import socket
import ssl
import time

from peers.case import Case
from peers.commands import has_sanitizer
from peers.mailserve import MailServe
from peers.sink import Sink

TOKEN = b"@TOKEN-ROW@@"  # as long as what is put in its place
HELLO = b"EHLO client.example\r\n"
MAIL = b"MAIL FROM:<carol@example.net>\r\n"
RCPT = b"RCPT TO:<alice@example.org>\r\n"
DATA = b"DATA\r\n"
TEXT = b"Subject: " + TOKEN + b"\r\n\r\nbody\r\n"
END = b".\r\n"
QUIT = b"QUIT\r\n"
ENVELOPE = HELLO + MAIL + RCPT
TLS = object()  # a step: the client's handshake
HANG_UP = object()  # a step: nothing more is sent
STAY = object()  # a step: nothing more is sent and nothing closed; it is the server that has to end it
PASSWORD = "hunter2-of-alice"
_THREADS = 16
_SECRETS = (PASSWORD, "hunter2-of-bob")
_numbers = itertools.count(1)


@dataclasses.dataclass
class Row:
    """`steps` are octets to send, numbers of replies to wait for, and the objects above; TOKEN in octets becomes the
    row's own name of its messages. What the server said is `says`, a pattern that the whole of its replies fits:
    "220 250 221" over SMTP, "+ + -" over POP3, "=OK OK NO =BYE" over IMAP, where = is for untagged ones; > is a
    continuation."""

    name: str
    threat: str  # the beginning of its class in threats.md
    steps: tuple
    says: str
    stored: int = 0  # messages with the token, in all mailboxes; None: any number
    text: bytes = None  # a pattern that occurs in what the server said
    never: bytes = None  # and one that does not
    event: dict = None  # some event of this connection has these members
    scheme: str = "smtp"
    seconds: float = 10.0  # until the server has ended it


class Talk:
    """A raw connection. Each comes from an address of its own: no row meets a limit that another has used up."""

    def __init__(self, port, seconds):
        self.deadline = time.monotonic() + seconds
        number = next(_numbers)
        self.source = f"127.77.{number // 250 % 250}.{number % 250 + 1}"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds, source_address=(self.source, 0))
        self.name = "{}:{}".format(*self.socket.getsockname())
        self.said = b""
        self.replies = 0
        self.open = True

    def send(self, octets):
        try:
            self.socket.settimeout(max(0.1, self.deadline - time.monotonic()))
            self.socket.sendall(octets)
        except (ConnectionError, ssl.SSLError):
            pass  # it has had enough; what it said is still to be read

    def _receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise AssertionError(f"the server has not ended it in time; it said {self.said[-500:]!r}")
        self.socket.settimeout(left)
        try:
            piece = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            piece = b""
        except socket.timeout:
            piece = None
        self.open = piece != b""
        self.said += piece or b""

    def wait(self, count):
        self.replies += count
        while self.open and len(summary(self.said)) < self.replies:
            self._receive()

    def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def hang_up(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def finish(self):
        while self.open:
            self._receive()
        self.socket.close()

    def run(self, steps):
        for step in steps:
            if isinstance(step, bytes):
                self.send(step)
            elif step is TLS:
                self.start_tls()
            elif step is HANG_UP:
                self.hang_up()
            elif step is not STAY:
                self.wait(step)
        self.finish()


def summary(said):
    """The replies in `said` that are whole."""
    found = []
    for line in said.split(b"\r\n")[:-1]:
        if re.match(rb"\d{3}( |$)", line):
            found.append(line[:3].decode())
        elif line.startswith((b"+OK", b"-ERR")):
            found.append(line[:1].decode())
        elif line.startswith(b"+ ") or line == b"+":
            found.append(">")
        elif match := re.match(rb"(\*|[A-Za-z0-9]+) (OK|NO|BAD|BYE|PREAUTH)\b", line):
            found.append(("=" if match.group(1) == b"*" else "") + match.group(2).decode())
    return found


class HostileServeCase(Case):
    """One server for all rows of a file. It relays for those who log in, to a sink that must stay empty."""

    arguments = ()
    listen = ("smtp://127.0.0.1:0", "smtps://127.0.0.1:0", "pop3://127.0.0.1:0", "pop3s://127.0.0.1:0",
              "lmtp://127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.sink = Sink(keeps=True).start()
        self.addCleanup(self.sink.stop)
        self.server = MailServe(
            listen=self.listen, users={"alice": PASSWORD, "bob": "hunter2-of-bob"},
                certificate=self.certificates().good,
            arguments=["--relay-server", f"smtp://127.0.0.1:{self.sink.port}", "--queue-dir", self.path("queue"),
                "--trace",
                       *self.arguments])
        self.server.start()
        self.addCleanup(self.server.remove)
        self.addCleanup(self.server.stop)
        self.slower = 3 if has_sanitizer() else 1

    def run_rows(self, rows):
        names = [row.name for row in rows]
        self.assertEqual(sorted(set(names)), sorted(names))
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as threads:
            failures = [failure for failure in threads.map(self.failure_of, rows) if failure]
        failures += self.failures_of_server()
        if failures:
            self.fail(f"{len(failures)} of {len(rows)} rows:\n\n" + "\n\n".join(failures))

    def failure_of(self, row):
        talk = None
        try:
            token = b"token-%06d" % next(_numbers)
            talk = Talk(self.server.port(row.scheme), row.seconds * self.slower)
            talk.run([step.replace(TOKEN, token) if isinstance(step, bytes) else step for step in row.steps])
            self.check(row, talk, token)
        except Exception as error:  # pylint: disable=broad-except
            return f"{row.name}: {type(error).__name__}: {error}\n  said {talk and talk.said[-1500:]!r}"
        return None

    def check(self, row, talk, token):
        self.assertRegex(" ".join(summary(talk.said)), f"^(?:{row.says})$")
        for line in talk.said.split(b"\x15\x03", 1)[0].split(b"\n")[:-1]:  # up to an alert of TLS
            self.assertTrue(line.endswith(b"\r"), line)
            self.assertNotRegex(line[:-1], rb"[\0-\x1f\x7f]")
            self.assertLess(len(line), 1000)
        if row.text:
            self.assertRegex(talk.said, row.text)
        if row.never:
            self.assertNotRegex(talk.said, row.never)
        found = [octets for user in ("alice", "bob") for octets in self.server.messages(user) if token in octets]
        if row.stored is not None:
            self.assertEqual(len(found), row.stored, found)
        if row.event:
            self.server.wait_event(lambda event: self.is_of(talk, event, row.event), f"event {row.event}", 5)

    def is_of(self, talk, event, members):
        connection = next((one for one in self.server.events
                           if one["event"] == "connection" and one["peer"] == talk.name), None)
        return (connection is not None and event.get("connection") == connection["connection"]
                and event["event"] != "connection" and all(event.get(key) == value for key, value in members.items()))

    def failures_of_server(self):
        """What must hold of the server after all rows."""
        failures = []
        if self.sink.messages():
            failures.append("something was relayed")
        if any(names for _, _, names in os.walk(self.path("queue", "messages"))):
            failures.append("something is in the queue")
        status = self.server.stop()  # checks each event against the schema
        if status != 0:
            failures.append(f"mail-serve ended with {status}")
        errors = self.server.stderr()
        for secret in _SECRETS:
            if secret in errors or secret in str(self.server.events):
                failures.append("a password is in the trace or in an event")
        for line in errors.split("\n"):
            if re.search("[\0-\x08\x0b-\x1f\x7f\x9b]", line) or len(line) > 20000:
                failures.append(f"a line on stderr: {line[:300]!r}")
        failures += [f"an event: {event}" for event in self.server.events if event.get("kind") == "bug"]
        failures += [f"an event of {len(str(event))} characters" for event in self.server.events
                     if len(str(event)) > 20000]
        return failures
