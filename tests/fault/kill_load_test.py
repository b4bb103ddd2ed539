"""mail-serve killed at random moments while 20 sessions send to it: what got a 250 is there once, in the mailbox or in
the queue of the relay; what got none is there whole or not at all, and not twice.

25 moments; 500 with MAILPIPE_FULL=1.
"""

import base64
import collections
import os
import random
import re
import signal
import socket
import threading
import time

from fault_case import FULL, FaultCase
from peers.case import main
from peers.commands import run
from peers.mailserve import MailServe
from peers.messages import crlf, message
from peers.process import free_port

_MOMENTS = 500 if FULL else 25
_SESSIONS = 20
_RELAYING = 5  # of them send to another host
_SEED = int(os.environ.get("MAILPIPE_SEED", "6"))
_PLAIN = base64.b64encode(b"\0alice\0secret").decode()


def text_of(token):
    """The message of a token: most are small, some are kept in files while they come in."""
    number = int(token.split("-")[-1])
    lines = 12000 if number % 97 == 5 else number % 40
    return message(token, f"line of {token}\n" * lines + f"end of {token}\n")


class Sender(threading.Thread):
    """One session after the other, until `stopping` is set. What was sent, and what of it got its 250."""

    def __init__(self, number, port, recipient, login, stopping):
        super().__init__(daemon=True)
        self.tokens = (f"load-{number}-{count}" for count in range(1 << 30))
        self.port = port
        self.recipient = recipient
        self.login = login
        self.stopping = stopping
        self.sent, self.acknowledged = [], []

    def run(self):
        while not self.stopping.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                    self.talk(connection.makefile("rwb"))
            except OSError:
                time.sleep(0.005)

    def talk(self, stream):
        def say(line, begin):
            if line:
                stream.write(line)
                stream.flush()
            while (reply := stream.readline())[3:4] == b"-":
                pass
            if not reply.startswith(begin) or not reply.endswith(b"\n"):
                raise OSError(f"{line[:50]!r}: {reply!r}")

        say(b"", b"220")
        say(b"EHLO client.example\r\n", b"250")
        if self.login:
            say(f"AUTH PLAIN {_PLAIN}\r\n".encode(), b"235")
        while not self.stopping.is_set():
            token = next(self.tokens)
            say(b"MAIL FROM:<alice@example.org>\r\n", b"250")
            say(f"RCPT TO:<{self.recipient}>\r\n".encode(), b"250")
            say(b"DATA\r\n", b"354")
            self.sent.append(token)
            say(crlf(text_of(token)) + b".\r\n", b"250")
            self.acknowledged.append(token)


class KillLoad(FaultCase):
    def test_random_moments(self):
        print(f"MAILPIPE_SEED={_SEED}", flush=True)
        moments = random.Random(_SEED)
        store = self.path("store")
        self.queue = self.path("queue")
        sent = {False: [], True: []}
        acknowledged = {False: [], True: []}
        for moment in range(_MOMENTS):
            server = self.serve(store).start()
            stopping = threading.Event()
            senders = [Sender(moment * _SESSIONS + n, server.port("smtp"), "bob@there.example" if n < _RELAYING else
                              "alice@example.org", n < _RELAYING, stopping) for n in range(_SESSIONS)]
            for sender in senders:
                sender.start()
            time.sleep(moments.uniform(0.02, 0.4))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(10)
            stopping.set()
            for sender in senders:
                sender.join(20)
                sent[sender.login] += sender.sent
                acknowledged[sender.login] += sender.acknowledged
            server.stop()
            server.remove()
        print(f"{_MOMENTS} moments: {sum(map(len, sent.values()))} messages sent, "
              f"{sum(map(len, acknowledged.values()))} acknowledged", flush=True)
        # One more start, and an end in peace.
        with self.serve(store) as server:
            delivered = server.messages("alice")
        self.check(delivered, sent[False], acknowledged[False], "mailbox")
        self.check(self.flushed(), sent[True], acknowledged[True], "queue")

    def serve(self, store):
        # Nobody listens there: what is relayed stays in the queue.
        self.dead = getattr(self, "dead", None) or free_port()
        return _Cut(store=store, listen=("smtp://127.0.0.1:0",), arguments=[
            "--relay-server", f"smtp://127.0.0.1:{self.dead}", "--queue-dir", self.queue])

    def flushed(self):
        """What the queue holds, sent to a host that takes it."""
        with MailServe(domains=["there.example"], users={"bob": "x"}) as there:
            outcome = run(["mail-send", "--queue-dir", self.queue, "--flush", "--server",
                           f"smtp://127.0.0.1:{there.port('smtp')}", "--tls", "none", "-q"], self.directory,
                               timeout=120)
            self.assertEqual(outcome.status, 0, str(outcome))
            return there.messages("bob")

    def check(self, found, sent, acknowledged, where):
        self.assertGreater(len(acknowledged), _MOMENTS, where)
        count = collections.Counter()
        for octets in found:
            token = re.search(rb"(?m)^Subject: (load-\d+-\d+)$", octets)
            self.assertIsNotNone(token, f"{where}: what nobody sent: {octets[:500]!r}")
            token = token.group(1).decode()
            self.assertTrue(octets.endswith(text_of(token)), f"{where}: {token} is there in part")
            count[token] += 1
        self.assertEqual([token for token in acknowledged if count[token] == 0], [], f"{where}: acknowledged and lost")
        self.assertEqual([token for token, times in count.items() if times > 1], [], f"{where}: there twice")
        self.assertEqual(set(count) - set(sent), set(), where)


class _Cut(MailServe):
    """Its last event may be cut short."""

    def _decode(self, line):
        try:
            return super()._decode(line)
        except ValueError:
            return None


if __name__ == "__main__":
    main()
