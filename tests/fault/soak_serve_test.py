"""mail-serve at half of the rate that it can take from these clients, with reloads, certificates that change, and
clients that die in the middle: its memory and its descriptors stay what they were, and nothing is lost or there twice.

20 seconds; an hour with MAILPIPE_FULL=1, MAILPIPE_SOAK seconds where that is set.
"""

import collections
import os
import random
import re
import shutil
import signal
import smtplib
import socket
import ssl
import statistics
import struct
import threading
import time

from fault_case import FULL, FaultCase
from peers.case import main
from peers.certs import Certificate
from peers.mailserve import MailServe
from peers.messages import crlf, message

_SECONDS = float(os.environ.get("MAILPIPE_SOAK", "3600" if FULL else "20"))
_SENDERS = 6
_MEASURED = 2.0  # seconds at full rate, of which half is what follows
_GROWTH = 12 * 1024  # kB that later samples may be above the early ones: what an allocator keeps
_DESCRIPTORS = 40
_PIPELINED = 100  # messages asked for at once


class Load:
    """What the threads share."""

    def __init__(self, server):
        self.server = server
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged = []
        self.fetched = collections.Counter()
        self.interval = 0.0  # seconds between two messages of one sender
        self.troubles = []

    def context(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def send(load, number):
    count = 0
    while not load.stopping.is_set():
        try:
            with smtplib.SMTP("127.0.0.1", load.server.port("smtp"), "client.example", timeout=30) as client:
                if number % 2:
                    client.starttls(context=load.context())
                for _ in range(50):
                    begin = time.monotonic()
                    count += 1
                    token = f"soak-{number}-{count}"
                    client.sendmail("carol@example.net", ["alice@example.org"],
                                    crlf(message(token, ("x" * 70 + "\n") * (count % 40))))
                    with load.lock:
                        load.acknowledged.append(token)
                    if load.stopping.wait(max(0.0, load.interval - (time.monotonic() - begin))):
                        break
        except (smtplib.SMTPException, OSError) as error:
            load.troubles.append(f"sender: {error!r}")
            load.stopping.wait(0.1)


def fetch(load, _):
    while not load.stopping.wait(0.5):
        fetch_all(load)


def fetch_all(load):
    """Retrieves and deletes all that is there, pipelined: this side has to be faster than the senders. How many."""
    try:
        with socket.create_connection(("127.0.0.1", load.server.port("pop3")), timeout=60) as connection:
            stream = connection.makefile("rb")

            def expect_ok():
                line = stream.readline()
                if not line.startswith(b"+OK"):
                    raise OSError(f"POP3: {line!r}")
                return line

            expect_ok()
            for command in (b"USER alice\r\n", b"PASS secret\r\n"):
                connection.sendall(command)
                expect_ok()
            connection.sendall(b"STAT\r\n")
            count = int(expect_ok().split()[1])
            found = []
            for begin in range(1, count + 1, _PIPELINED):
                numbers = range(begin, min(begin + _PIPELINED, count + 1))
                connection.sendall(b"".join(b"RETR %d\r\nDELE %d\r\n" % (number, number) for number in numbers))
                for _ in numbers:
                    expect_ok()
                    text = b"".join(iter(stream.readline, b".\r\n"))
                    found.append(re.search(rb"(?m)^Subject: (soak-\d+-\d+)\r$", text).group(1).decode())
                    expect_ok()
            connection.sendall(b"QUIT\r\n")
            expect_ok()
    except OSError as error:
        load.troubles.append(f"fetcher: {error!r}")
        return 0
    load.fetched.update(found)
    return len(found)


def die(load, number):
    """Clients that reset their connections at some octet of a dialogue."""
    chance = random.Random(number)
    dialogue = (b"EHLO client.example\r\nMAIL FROM:<carol@example.net>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n"
                b"Subject: dies\r\n\r\n" + b"z" * 3000)
    while not load.stopping.wait(0.05):
        try:
            with socket.create_connection(("127.0.0.1", load.server.port(chance.choice(("smtp", "pop3", "smtps")))),
                                          timeout=10) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(dialogue[:chance.randrange(len(dialogue))])
        except OSError:
            pass


class Soaked(MailServe):
    """Of the events that come by the thousand it keeps, and has checked, one in a hundred."""

    def _decode(self, line):
        event = super()._decode(line)
        self.seen = getattr(self, "seen", 0) + 1
        rare = event["event"] in ("listening", "ready", "reload") or event.get("kind") == "bug"
        return event if rare or self.seen % 100 == 0 else None


class SoakServe(FaultCase):
    def setUp(self):
        super().setUp()
        certificates = self.certificates()
        self.pairs = [certificates.good, certificates.expired]
        self.used = Certificate(self.path("cert.pem"), self.path("key.pem"))
        self.put_certificate(0)

    def put_certificate(self, number):
        pair = self.pairs[number % 2]
        for source, target in ((pair.key, self.used.key), (pair.certificate, self.used.certificate)):
            shutil.copy(source, target + ".new")
            os.replace(target + ".new", target)

    def test_soak(self):
        server = Soaked(listen=("smtp://127.0.0.1:0", "smtps://127.0.0.1:0", "pop3://127.0.0.1:0"),
                        certificate=self.used)
        with server:
            load = Load(server)
            threads = [threading.Thread(target=act, args=(load, number), daemon=True)
                       for act, count in ((send, _SENDERS), (fetch, 1), (die, 2)) for number in range(count)]
            for thread in threads:
                thread.start()
            time.sleep(_MEASURED)
            rate = len(load.acknowledged) / _MEASURED
            load.interval = 2 * _SENDERS / max(rate, 1.0)
            samples = self.watch(load)
            load.stopping.set()
            for thread in threads:
                thread.join(60)
            while fetch_all(load):
                pass
            reloads = [event for event in server.events if event["event"] == "reload"]
        (memory, descriptors), (late_memory, late_descriptors) = samples[0], samples[-1]
        print(f"{_SECONDS:g} s: {rate:.0f} messages/s at most, {len(load.acknowledged)} sent, "
              f"{len(load.acknowledged) / _SECONDS:.0f}/s, {len(reloads)} reloads; "
              f"memory {memory} kB, then {late_memory} kB; descriptors {descriptors}, then {late_descriptors}; "
              f"{len(load.troubles)} troubles", flush=True)
        self.check_flat(samples)
        self.assertEqual([event for event in server.events if event.get("kind") == "bug"], [])
        self.assertLess(len(load.troubles), 5, load.troubles[:5])
        self.assertGreater(len(reloads), 3)
        self.assertEqual([token for token in load.acknowledged if load.fetched[token] != 1], [])

    def watch(self, load):
        """(memory, descriptors) each second, while certificates change and are read again."""
        samples = []
        end = time.monotonic() + _SECONDS
        every = max(1.0, _SECONDS / 300)
        while time.monotonic() < end:
            self.put_certificate(len(samples) + 1)
            load.server.process.send_signal(signal.SIGHUP)
            time.sleep(every)
            pid = load.server.process.pid
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                memory = next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            samples.append((memory, len(os.listdir(f"/proc/{pid}/fd"))))
        return samples

    def check_flat(self, samples):
        third = max(1, len(samples) // 3)
        for column, allowed in ((0, _GROWTH), (1, _DESCRIPTORS)):
            early = statistics.median(sample[column] for sample in samples[:third])
            late = statistics.median(sample[column] for sample in samples[-third:])
            self.assertLess(late, early + allowed, samples)


if __name__ == "__main__":
    main()
