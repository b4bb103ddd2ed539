"""What a session holds before login, whatever a client sends: docs/architecture.md and mail-serve(1) name the limit."""

import os
import re
import selectors
import socket
import time
import unittest

from peers.case import Case, main
from peers.imap_server import DOVECOT, ImapServer

_SESSIONS = 200
_MOST_SENT = 2 << 20  # octets of one client; what the server does not read stays in the sockets, which are the kernel's
_ARCHITECTURE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "architecture.md")
_MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "..", "man", "mail-serve.1")


def _limit():
    """Octets, as documented."""
    with open(_ARCHITECTURE, encoding="utf-8") as file:
        return int(re.search(r"before login is under (\d+) KB", file.read()).group(1)) << 10


def _ask(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    greeting = b""
    while not greeting.endswith(b"\r\n"):
        greeting += client.recv(4096)
    return client


class Memory(Case):
    def setUp(self):
        if DOVECOT:
            raise unittest.SkipTest("the limit is mail-serve's")
        self.server = ImapServer().start()
        self.addCleanup(self.server.stop)
        # What is made once, and the heap's slack.
        self.attack(lambda number: (b"a NOOP\r\n" * 50,), sessions=50)

    def resident(self):
        with open(f"/proc/{self.server.pid()}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s*(\d+) kB", file.read()).group(1)) << 10

    def attack(self, octets_of, sessions=_SESSIONS):
        """Octets by which the server has grown at most for each session while all of them send."""
        clients = [_ask(self.server.imap) for _ in range(sessions)]
        before = self.resident()
        left = {}
        with selectors.DefaultSelector() as selector:
            for number, client in enumerate(clients):
                client.setblocking(False)
                left[client] = b"".join(octets_of(number))
                selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
            most, quiet = before, time.monotonic()
            end = time.monotonic() + 60
            # Until nobody has written or read for a second: the server holds them back then, or has sent them away.
            while time.monotonic() - quiet < 1 and time.monotonic() < end and left:
                for key, events in selector.select(0.1):
                    if self.exchange(selector, key.fileobj, events, left):
                        quiet = time.monotonic()
                most = max(most, self.resident())
        for client in clients:
            client.close()
        return (most - before) // sessions

    @staticmethod
    def exchange(selector, client, events, left):
        try:
            if events & selectors.EVENT_READ and not client.recv(1 << 16):
                raise ConnectionError
            if events & selectors.EVENT_WRITE and left[client]:
                left[client] = left[client][client.send(left[client]):]
            elif events & selectors.EVENT_WRITE:
                selector.modify(client, selectors.EVENT_READ)
                return False
            return True
        except BlockingIOError:
            return False
        except ConnectionError:
            selector.unregister(client)
            del left[client]
            return True

    def check(self, octets_of):
        grown = self.attack(octets_of)
        self.assertLess(grown, _limit(), f"octets for each of {_SESSIONS} sessions")

    def test_literals_that_are_announced_and_never_come(self):
        self.check(lambda number: (b"a LOGIN {8000}\r\n",))

    def test_literals_that_come_unasked_and_never_end(self):
        self.check(lambda number: (b"a LOGIN {1000000000+}\r\n", b"x" * _MOST_SENT))

    def test_many_literals_in_one_command(self):
        self.check(lambda number: (b"a LOGIN", b" {1+}\r\nx" * (_MOST_SENT // 8)))

    def test_lines_without_end(self):
        self.check(lambda number: (b"a LOGIN " + b"x" * _MOST_SENT,))

    def test_commands_without_end(self):
        self.check(lambda number: (b"a CAPABILITY\r\n" * (_MOST_SENT // 14),))

    def test_commands_behind_a_login_that_is_delayed(self):
        self.check(lambda number: (b"a LOGIN alice wrong\r\n", b"b CAPABILITY\r\n" * (_MOST_SENT // 14)))

    def test_a_login_that_never_ends(self):
        self.check(lambda number: (b"a AUTHENTICATE PLAIN\r\n", b"x" * _MOST_SENT))

    def test_the_manual_names_the_same_limit(self):
        with open(_MANUAL, encoding="utf-8") as file:
            manual = " ".join(file.read().split())
        self.assertRegex(manual, rf"before login (?:it|a session) takes less than {_limit() >> 10} KB")


if __name__ == "__main__":
    main()
