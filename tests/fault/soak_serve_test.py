"""mail-serve at half of the rate at which it accepts mail from Postfix's smtp-source (20 sessions, a connection each
message, as bench/serve accept), while other clients send on TLS, its certificate changes and is read again, all is
fetched and deleted, and clients die in the middle: its memory and its descriptors stay what they were, and nothing is
lost or there twice.

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
import subprocess
import threading
import time

from fault_case import FULL, FaultCase
from peers.case import main
from peers.certs import Certificate
from peers.mailserve import MailServe
from peers.messages import crlf, message

_SECONDS = float(os.environ.get("MAILPIPE_SOAK", "3600" if FULL else "20"))
_SENDERS = 4
_SENDER_INTERVAL = 0.1  # seconds between two messages of one sender
_SESSIONS = 20
_MEASURED = 4.0  # seconds at full rate, of which half is what follows
_BATCH = 0.5  # seconds of one smtp-source
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
        self.batches = []  # how often each message of each smtp-source was fetched
        self.rate = 0.0  # messages a second to keep to
        self.troubles = []

    def context(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def send_batch(load, size):
    """`size` messages of smtp-source, to 1alice, 2alice and so on, which all are alice's. It ends with an error at the
    first reply that is not what it should be."""
    load.batches.append(bytearray(size))
    done = subprocess.run(["/usr/sbin/smtp-source", "-s", str(_SESSIONS), "-m", str(size), "-l", "2000",
                           "-N", "-S", f"batch-{len(load.batches) - 1}", "-f", "carol@example.net", "-t",
                           "alice@example.org", f"inet:127.0.0.1:{load.server.port('smtp')}"],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    if done.returncode:
        load.troubles.append(f"smtp-source: {done.stderr!r}")


def measure(load):
    """Messages a second at full rate: that of the best batch."""
    end = time.monotonic() + _MEASURED
    rates = []
    while not rates or time.monotonic() < end:
        begin = time.monotonic()
        send_batch(load, 1000)
        rates.append(1000 / (time.monotonic() - begin))
    return max(rates)


def send_batches(load, _):
    due = time.monotonic()
    while not load.stopping.is_set():
        send_batch(load, round(load.rate * _BATCH))
        due += _BATCH
        load.stopping.wait(max(0.0, due - time.monotonic()))


def send(load, number):
    count = 0
    while not load.stopping.is_set():
        try:
            with smtplib.SMTP("127.0.0.1", load.server.port("smtp"), "client.example", timeout=30) as client:
                if number % 2:
                    client.starttls(context=load.context())
                for _ in range(50):
                    count += 1
                    token = f"soak-{number}-{count}"
                    client.sendmail("carol@example.net", ["alice@example.org"],
                                    crlf(message(token, ("x" * 70 + "\n") * (count % 40))))
                    with load.lock:
                        load.acknowledged.append(token)
                    if load.stopping.wait(_SENDER_INTERVAL):
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
            fetched = []
            for begin in range(1, count + 1, _PIPELINED):
                numbers = range(begin, min(begin + _PIPELINED, count + 1))
                connection.sendall(b"".join(b"RETR %d\r\nDELE %d\r\n" % (number, number) for number in numbers))
                for _ in numbers:
                    expect_ok()
                    text = b"".join(iter(stream.readline, b".\r\n"))
                    fetched.append(text[:text.index(b"\r\n\r\n")])
                    expect_ok()
            connection.sendall(b"QUIT\r\n")
            expect_ok()
    except OSError as error:
        load.troubles.append(f"fetcher: {error!r}")
        return 0
    for header in fetched:
        count_fetched(load, header.decode())
    return len(fetched)


def count_fetched(load, header):
    subject = re.search(r"(?m)^Subject: (\S+)$", header.replace("\r", "")).group(1)
    kind, _, number = subject.partition("-")
    if kind == "batch":
        recipient = int(re.search(r"(?m)^Delivered-To: (\d+)alice@", header).group(1))
        load.batches[int(number)][recipient - 1] += 1
    else:
        load.fetched[subject] += 1


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
    """Of the events that come by the thousand it keeps, and has checked, one in a thousand."""

    def _decode(self, line):
        self.seen = getattr(self, "seen", 0) + 1
        rare = re.search(rb'"event":"(listening|ready|reload)"|"kind":"bug"', line)
        return super()._decode(line) if rare or self.seen % 1000 == 0 else None


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
        with open(self.path("aliases"), "w", encoding="ascii") as file:
            file.write("@example.org: alice\n")
        server = Soaked(listen=("smtp://127.0.0.1:0", "smtps://127.0.0.1:0", "pop3://127.0.0.1:0"),
                        certificate=self.used, arguments=["--aliases", self.path("aliases")])
        with server:
            load = Load(server)
            most = measure(load)
            load.rate = most / 2
            before = sum(map(len, load.batches))
            threads = [threading.Thread(target=act, args=(load, number), daemon=True)
                       for act, count in ((send_batches, 1), (send, _SENDERS), (fetch, 1), (die, 2))
                       for number in range(count)]
            for thread in threads:
                thread.start()
            begin = time.monotonic()
            samples = self.watch(load)
            load.stopping.set()
            for thread in threads:
                thread.join(60)
            sent = sum(map(len, load.batches)) - before + len(load.acknowledged)
            rate = sent / (time.monotonic() - begin)
            while fetch_all(load):
                pass
            reloads = [event for event in server.events if event["event"] == "reload"]
        (memory, descriptors), (late_memory, late_descriptors) = samples[0], samples[-1]
        print(f"{_SECONDS:g} s: {most:.0f} messages/s at most, {sent} sent, {rate:.0f}/s, {len(reloads)} reloads; "
              f"memory {memory} kB, then {late_memory} kB; descriptors {descriptors}, then {late_descriptors}; "
              f"{len(load.troubles)} troubles", flush=True)
        if _SECONDS >= 600:  # a run for a machine where nothing else goes on, unlike CI's
            self.assertGreater(rate, 0.49 * most)
        self.check_flat(samples)
        self.assertEqual([event for event in server.events if event.get("kind") == "bug"], [])
        self.assertLess(len(load.troubles), 5, load.troubles[:5])
        self.assertGreater(len(reloads), 3)
        self.assertEqual([token for token in load.acknowledged if load.fetched[token] != 1], [])
        self.assertEqual([number for number, counts in enumerate(load.batches) if counts != b"\1" * len(counts)], [])

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
