"""Servers that misbehave exactly as a test says: a function of the test talks to each connection."""

import select
import socket
import ssl
import struct
import threading


class Conversation:
    """One accepted connection. Every read has a deadline; lines are octets without their line end."""

    def __init__(self, connection, deadline):
        connection.settimeout(deadline)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.lines = []  # what the client sent, line by line
        self._buffer = b""

    def send(self, octets):
        self.socket.sendall(octets)

    def read_line(self):
        """The next line, or None at the end of the connection."""
        while b"\n" not in self._buffer:
            try:
                more = self.socket.recv(65536)
            except (ssl.SSLError, ConnectionError):
                more = b""
            if not more:
                return None
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        self.lines.append(line.rstrip(b"\r"))
        return self.lines[-1]

    def drip(self, octets, pause):
        """Octet by octet, until the client has gone or all are sent."""
        for octet in octets:
            self.send(bytes([octet]))
            if not self.pause(pause):
                return

    def pause(self, seconds):
        """Waits; False when the client has gone meanwhile. What it sends is not read."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return not poll.poll(seconds * 1000)

    def endless(self, octets, most=1 << 30):
        """The same octets again and again, until the client has gone or `most` of them are sent."""
        piece = octets * max(1, (1 << 16) // len(octets))
        for _ in range(most // len(piece)):
            self.send(piece)

    def silence(self):
        """Says nothing until the client has gone."""
        while self.read_line() is not None:
            pass

    def reset(self):
        """Ends with RST rather than FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def read(self, count):
        """So many octets, fewer at the end of the connection."""
        while len(self._buffer) < count and (more := self.socket.recv(65536)):
            self._buffer += more
        octets, self._buffer = self._buffer[:count], self._buffer[count:]
        return octets

    def start_tls(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self._buffer = b""


class ScriptedServer:
    """Listens on `host` and `port` (0: a free one) and runs talk(conversation) for each connection; `conversations`
    keeps what was said."""

    def __init__(self, talk, deadline=20.0, implicit_tls=None, host="127.0.0.1", port=0):
        self._talk = talk
        self._deadline = deadline
        self._implicit_tls = implicit_tls
        self.conversations = []
        self.failures = []
        self._listener = socket.create_server((host, port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        conversation = Conversation(connection, self._deadline)
        self.conversations.append(conversation)
        try:
            if self._implicit_tls:
                conversation.start_tls(self._implicit_tls)
            self._talk(conversation)
        except (ConnectionError, ssl.SSLError, TimeoutError) as error:
            self.failures.append(error)
        finally:
            conversation.socket.close()

    @property
    def lines(self):
        """Every line of every client."""
        return [line for conversation in self.conversations for line in conversation.lines]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        # close() alone leaves a thread in accept() and the port open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _answered(conversation, reply, *arguments):
    """Whether the conversation goes on: `reply` is octets, a function that talks itself, or None, which ends it."""
    if callable(reply):
        return reply(conversation, *arguments) is not False
    if reply is not None:
        conversation.send(reply)
    return reply is not None


def pop3(messages, capabilities=("USER", "UIDL", "TOP", "PIPELINING"), replies=None, greeting=b"+OK ready\r\n",
         listing_size=None):
    """A POP3 script that serves `messages` (CRLF octets, dot-stuffed here); `replies` maps a verb to its whole reply.

    A reply of None closes the connection instead; a function gets the conversation and the line and says what it likes,
    False at its end closes the connection. So for the other protocols.
    """
    replies = replies or {}

    def talk(conversation):
        if not _answered(conversation, greeting):
            return
        while (line := conversation.read_line()) is not None:
            words = line.split()
            verb = words[0].upper() if words else b""
            if verb in replies:
                if not _answered(conversation, replies[verb], line):
                    return
            elif verb == b"CAPA":
                conversation.send(b"+OK\r\n" + b"".join(name.encode() + b"\r\n" for name in capabilities) + b".\r\n")
            elif verb == b"STAT":
                conversation.send(b"+OK %d %d\r\n" % (len(messages), sum(map(len, messages))))
            elif verb == b"LIST":
                conversation.send(b"+OK\r\n" + b"".join(b"%d %d\r\n" % (n + 1, listing_size or len(octets))
                                                        for n, octets in enumerate(messages)) + b".\r\n")
            elif verb == b"UIDL":
                conversation.send(b"+OK\r\n" + b"".join(b"%d uid-%d\r\n" % (n + 1, n + 1)
                                                        for n in range(len(messages))) + b".\r\n")
            elif verb in (b"RETR", b"TOP"):
                octets = messages[int(words[1]) - 1]
                if verb == b"TOP":
                    octets = octets[:octets.index(b"\r\n\r\n") + 4]
                stuffed = b"\r\n".join(b"." + part if part.startswith(b".") else part
                                       for part in octets.split(b"\r\n"))
                end = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
                conversation.send(b"+OK\r\n" + stuffed + end + b".\r\n")
            elif verb == b"QUIT":
                conversation.send(b"+OK bye\r\n")
                return
            else:
                conversation.send(b"+OK\r\n")

    return talk


def imap(mailboxes, messages=(), capabilities=("IMAP4rev1",), replies=None, greeting=None):
    """An IMAP script: `mailboxes` are what stands for their names in a LIST response, a string with its quotes or a
    literal; each of them has `messages` (CRLF octets, UID 1 and up). `replies` maps a verb to what is said before its
    tagged OK, or to a function that gets the conversation, the tag and the line, and says the tagged OK as well."""
    replies = replies or {}

    def fetch(line):
        header = line.find(b"BODY.PEEK[HEADER]") >= 0
        wanted = [tuple(map(int, (piece.split(b":") * 2)[:2])) for piece in line.split()[3].split(b",")]
        for number, octets in enumerate(messages, 1):
            if not any(first <= number <= last for first, last in wanted):
                continue
            text = octets[:octets.index(b"\r\n\r\n") + 4] if header else octets
            yield (b"* %d FETCH (UID %d FLAGS () RFC822.SIZE %d INTERNALDATE \"02-Nov-2026 10:00:00 +0000\" "
                   b"BODY[%s] {%d}\r\n%s)\r\n" % (number, number, len(octets), b"HEADER" if header else b"", len(text),
                                                  text))

    def talk(conversation):
        capability = " ".join(capabilities).encode()
        if not _answered(conversation, greeting or b"* OK [CAPABILITY " + capability + b"] ready\r\n"):
            return
        while (line := conversation.read_line()) is not None:
            words = line.split()
            tag, verb = words[0], words[1].upper() if len(words) > 1 else b""
            if verb == b"UID":
                verb = words[2].upper()
            if callable(replies.get(verb)):
                if not _answered(conversation, replies[verb], tag, line):
                    return
                continue
            if verb in replies:
                if not _answered(conversation, replies[verb]):
                    return
            elif verb == b"CAPABILITY":
                conversation.send(b"* CAPABILITY " + capability + b"\r\n")
            elif verb == b"LIST":
                conversation.send(b"".join(b"* LIST () \"/\" " + name + b"\r\n" for name in mailboxes))
            elif verb == b"STATUS":
                name = line.split(b" ", 2)[2].rpartition(b" (")[0]
                conversation.send(b"* STATUS " + name + b" (MESSAGES %d)\r\n" % len(messages))
            elif verb in (b"SELECT", b"EXAMINE"):
                conversation.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY 17] x\r\n" % len(messages))
            elif verb == b"SEARCH":
                conversation.send(b"* SEARCH" + b"".join(b" %d" % (n + 1) for n in range(len(messages))) + b"\r\n")
            elif verb == b"FETCH":
                conversation.send(b"".join(fetch(line)))
            elif verb == b"LOGOUT":
                conversation.send(b"* BYE\r\n" + tag + b" OK bye\r\n")
                return
            conversation.send(tag + b" OK done\r\n")

    return talk


def smtp(extensions=("PIPELINING", "8BITMIME", "SIZE", "AUTH PLAIN"), replies=None, greeting=b"220 mx ESMTP\r\n",
         name=b"mx.example.org"):
    """An SMTP script that accepts everything; `replies` maps a verb (or "." for the end of data) to its reply."""
    replies = replies or {}

    def talk(conversation):
        if not _answered(conversation, greeting):
            return
        while (line := conversation.read_line()) is not None:
            words = line.split()
            verb = words[0].upper() if words else b""
            if verb in replies:
                if not _answered(conversation, replies[verb], line):
                    return
                if verb == b"DATA" and not (isinstance(replies[verb], bytes) and replies[verb].startswith(b"354")):
                    continue
            elif verb in (b"EHLO", b"LHLO"):
                lines = [name, *(extension.encode() for extension in extensions)]
                conversation.send(b"".join(b"250" + (b" " if n == len(lines) - 1 else b"-") + text + b"\r\n"
                                           for n, text in enumerate(lines)))
            elif verb == b"AUTH":
                conversation.send(b"235 2.7.0 ok\r\n")
            elif verb == b"DATA":
                conversation.send(b"354 go ahead\r\n")
            elif verb == b"QUIT":
                conversation.send(b"221 bye\r\n")
                return
            else:
                conversation.send(b"250 2.0.0 ok\r\n")
            if verb == b"DATA":
                while (line := conversation.read_line()) is not None and line != b".":
                    pass
                if line is None or not _answered(conversation, replies.get(b".", b"250 2.0.0 queued\r\n")):
                    return

    return talk
