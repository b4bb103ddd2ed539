"""Raw clients for bench/serve, which cost so little that what is measured is the server."""

import resource
import selectors
import socket
import ssl
import time

_DEADLINE = 60.0
_PIECE = 1 << 20


def raise_descriptors():
    """As many descriptors as this process, and those that it starts, may have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def pss_of(pid):
    """Proportional set size in kB: what is shared counts in part."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


class Talk:
    """A connection that says a line and reads the reply. `source` is the loopback address that it comes from."""

    def __init__(self, port, source="127.0.0.1", tls=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = _tls_context().wrap_socket(self.socket)

    def read_reply(self):
        """A whole SMTP reply, or one line of POP3."""
        reply = b""
        while True:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError(f"the server has closed; it said {reply[-200:]!r}")
            reply += piece
            if reply.endswith(b"\n") and reply[reply.rfind(b"\n", 0, -1) + 1:][3:4] != b"-":
                return reply

    def say(self, octets):
        self.socket.sendall(octets)
        return self.read_reply()

    def expect(self, octets, begin):
        reply = self.say(octets)
        if not reply.startswith(begin):
            raise ConnectionError(f"{octets!r}: {reply!r}")
        return reply

    def close(self):
        self.socket.close()


def _tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def smtp_session(port, source="127.0.0.1", tls=False):
    """An SMTP session after EHLO."""
    talk = Talk(port, source, tls)
    talk.read_reply()
    talk.expect(b"EHLO bench.example\r\n", b"250")
    return talk


def pop3_session(port, user, password="secret"):
    """A POP3 session after the login."""
    talk = Talk(port)
    talk.read_reply()
    talk.expect(f"USER {user}\r\n".encode(), b"+OK")
    talk.expect(f"PASS {password}\r\n".encode(), b"+OK")
    return talk


def source_address(number):
    """Of client `number`; 250 clients have one address, so that limits by address are not what is measured."""
    return f"127.0.{1 + number // 250 // 250}.{1 + number // 250 % 250}"


def retrieve_in_turn(talk, count):
    """RETR of every message, each asked for when the one before has come whole. The octets that came."""
    octets = 0
    for number in range(1, count + 1):
        talk.socket.sendall(b"RETR %d\r\n" % number)
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            piece = talk.socket.recv(_PIECE)
            if not piece:
                raise ConnectionError(f"closed within message {number}")
            octets += len(piece)
            tail = tail[-8:] + piece
    return octets


def retrieve_pipelined(talk, count):
    """RETR of every message, asked for as fast as the server takes the commands. The octets that came."""
    commands = b"".join(b"RETR %d\r\n" % number for number in range(1, count + 1))
    selector = selectors.DefaultSelector()
    talk.socket.setblocking(False)
    selector.register(talk.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
    octets = sent = ended = 0
    tail = b""
    while ended < count:
        for _, events in selector.select(_DEADLINE):
            if events & selectors.EVENT_WRITE:
                sent += talk.socket.send(commands[sent:sent + 65536])
                if sent == len(commands):
                    selector.modify(talk.socket, selectors.EVENT_READ)
            if events & selectors.EVENT_READ:
                piece = talk.socket.recv(_PIECE)
                if not piece:
                    raise ConnectionError(f"closed after {ended} messages")
                octets += len(piece)
                whole = tail + piece
                ended += whole.count(b"\r\n.\r\n")
                # So long that an end across two pieces is seen, so short that none is seen twice.
                tail = whole[-4:]
    selector.close()
    talk.socket.setblocking(True)
    return octets
