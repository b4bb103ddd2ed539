"""Raw IMAP clients for bench/imap, which cost so little that what is measured is the server."""

import selectors
import socket
import time

_DEADLINE = 600.0
_PIECE = 1 << 20


class Talk:
    """A logged-in connection that says a line and reads up to its tagged response."""

    def __init__(self, port, user="alice", password="secret", source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.buffer = bytearray(_PIECE)
        self.count = 0
        self._until(b"\r\n", b"* OK")
        self.say(f"LOGIN {user} {password}")

    def _until(self, end, begin):
        said = self.socket.recv(65536)
        while not said.endswith(end):
            said += self.socket.recv(65536)
        if not said.startswith(begin):
            raise ConnectionError(f"{said!r}")
        return said

    def say(self, command, keep=False):
        """The octets of the answer, or with `keep` the answer itself."""
        self.count += 1
        tag = b"t%d" % self.count
        self.socket.sendall(tag + b" " + command.encode() + b"\r\n")
        octets, tail, kept = 0, b"\r\n", []
        view = memoryview(self.buffer)
        ending = b"\r\n" + tag + b" "
        while True:
            count = self.socket.recv_into(self.buffer)
            if not count:
                raise ConnectionError(f"closed within {command}")
            octets += count
            if keep:
                kept.append(bytes(view[:count]))
            # The tagged line is the last, and shorter than what is looked at.
            tail = (tail + bytes(view[max(0, count - 1000):count]))[-1002:]
            at = tail.rfind(ending)
            if at >= 0 and tail.endswith(b"\r\n"):
                if not tail[at + len(ending):].startswith(b"OK"):
                    raise ConnectionError(f"{command}: {tail[at:]!r}")
                return b"".join(kept) if keep else octets

    def append(self, mailbox, octets):
        self.count += 1
        tag = b"t%d" % self.count
        self.socket.sendall(tag + b" APPEND %s {%d+}\r\n" % (mailbox.encode(), len(octets)) + octets + b"\r\n")
        self._until_tag(tag)

    def _until_tag(self, tag):
        said = b""
        while tag + b" OK" not in said or not said.endswith(b"\r\n"):
            piece = self.socket.recv(65536)
            said += piece
            if not piece or tag + b" NO" in said or tag + b" BAD" in said:
                raise ConnectionError(repr(said))

    def close(self):
        self.socket.close()


def timed(port, command, before=("SELECT INBOX",)):
    """Seconds and octets of a command in a session of its own."""
    talk = Talk(port)
    for line in before:
        talk.say(line)
    begin = time.monotonic()
    octets = talk.say(command)
    seconds = time.monotonic() - begin
    talk.close()
    return seconds, octets


def source_address(number):
    """Of client `number`; few clients have one address, so that limits by address are not what is measured."""
    return f"127.0.{1 + number // 50 // 250}.{1 + number // 50 % 250}"


class Idlers:
    """Sessions that idle in INBOX."""

    def __init__(self, port, count, select=True):
        self.talks = []
        for number in range(count):
            talk = Talk(port, source=source_address(number))
            if select:
                talk.say("SELECT INBOX")
            talk.socket.sendall(b"i IDLE\r\n")
            while not talk.socket.recv(4096).endswith(b"\r\n"):
                pass
            talk.buffer = None  # a MB each would be this process's, not the server's
            self.talks.append(talk)

    def latencies(self, act):
        """Seconds from the beginning of act() until each of them has been told of something, sorted."""
        selector = selectors.EpollSelector()
        for talk in self.talks:
            talk.socket.setblocking(False)
            selector.register(talk.socket, selectors.EVENT_READ)
        begin = time.monotonic()
        act()
        found = []
        end = begin + 30
        while len(found) < len(self.talks) and time.monotonic() < end:
            for key, _ in selector.select(1):
                if b"FETCH" in key.fileobj.recv(65536):
                    found.append(time.monotonic() - begin)
                    selector.unregister(key.fileobj)
        selector.close()
        for talk in self.talks:
            talk.socket.setblocking(True)
        return sorted(found)

    def close(self):
        for talk in self.talks:
            talk.close()
