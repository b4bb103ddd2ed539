"""The load that bench/serve puts on mail-serve: slow clients, good clients, and peers that mean harm."""

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import time

import serve_clients as clients

_GOOD = 10
_SECONDS = 10.0
_BODY = b"Subject: good\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n"


def reply_times(port, slow):
    """Percentiles of the reply times of good clients while `slow` others send an octet a second."""
    # A process of its own: what it does is not to be in the times of the good ones.
    trickle = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(port), str(slow)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if trickle.stdout.readline() != b"trickling\n":
            raise SystemExit("the slow clients did not get in")
        commands, deliveries = _drive_good(port)
    finally:
        trickle.stdin.close()
        trickle.wait(60)
    return f"commands {_described(commands)}; durable deliveries {_described(deliveries)}"


def _described(times):
    return f"p50 {_percentile(times, 50):.2f} ms, p99 {_percentile(times, 99):.2f} ms of {len(times)}"


def _percentile(times, percent):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def _drive_good(port):
    sessions = [clients.smtp_session(port, "127.0.200.1") for _ in range(_GOOD)]
    commands, deliveries = [], []
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        for talk in sessions:
            for line, begin in ((b"MAIL FROM:<carol@example.net>\r\n", b"250"),
                                (b"RCPT TO:<alice@example.org>\r\n", b"250"), (b"DATA\r\n", b"354")):
                commands.append(_timed(talk, line, begin))
            deliveries.append(_timed(talk, _BODY, b"250"))
    for talk in sessions:
        talk.close()
    return commands, deliveries


def _timed(talk, octets, begin):
    start = time.monotonic()
    talk.expect(octets, begin)
    return time.monotonic() - start


def trickle(port, count):
    """Sends the octets of a command, one a second, over `count` connections until stdin ends."""
    clients.raise_descriptors()
    talks = [clients.Talk(port, clients.source_address(n)) for n in range(count)]
    for talk in talks:
        talk.read_reply()
    print("trickling", flush=True)
    line = b"EHLO " + b"a" * 60 + b".example\r\n"
    os.set_blocking(0, False)
    sent = 0
    while sys.stdin.buffer.raw.read(1) is None:
        begin = time.monotonic()
        for number, talk in enumerate(talks):
            talk.socket.send(line[sent % len(line):][:1])
            # Spread over the second.
            if number % 50 == 49:
                time.sleep(max(0.0, begin + number / max(1, count) - time.monotonic()))
        sent += 1
        time.sleep(max(0.0, begin + 1 - time.monotonic()))


# Peers that mean harm. Each opens `count` connections, does its worst and leaves them open until the end of the attack.

_kept = []


def long_lines(ports, count):
    _flood(ports["smtp"], count, b"NOOP " + b"x" * (1 << 20))


def many_commands(ports, count):
    _flood(ports["smtp"], count, b"NOOP\r\n" * 200_000)


def many_recipients(ports, count):
    rcpt = b"".join(b"RCPT TO:<alice+%d@example.org>\r\n" % n for n in range(20_000))
    _flood(ports["smtp"], count, b"EHLO bench.example\r\nMAIL FROM:<>\r\n" + rcpt)


def login_floods(ports, count):
    wrong = base64.b64encode(b"\0alice\0" + b"w" * 6000)
    _flood(ports["smtp"], count, b"EHLO bench.example\r\n" + (b"AUTH PLAIN\r\n" + wrong + b"\r\n") * 100)
    _flood(ports["pop3"], count, b"USER alice\r\nPASS wrong\r\n" * 1000)


def replies_not_read(ports, count):
    """Commands whose replies are never read."""
    for _ in range(count):
        talk = clients.Talk(ports["smtp"])
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _send_what_goes(talk, b"EHLO bench.example\r\nHELP\r\n" * 50_000)
        _kept.append(talk)


def handshakes_left(ports, count):
    """TLS handshakes that end in the middle."""
    for _ in range(count):
        for _ in range(10):
            talk = clients.Talk(ports["smtp"])
            talk.read_reply()
            talk.expect(b"EHLO bench.example\r\n", b"250")
            talk.expect(b"STARTTLS\r\n", b"220")
            hello = ssl.MemoryBIO()
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            half = context.wrap_bio(ssl.MemoryBIO(), hello)
            try:
                half.do_handshake()
            except ssl.SSLWantReadError:
                pass
            talk.socket.sendall(hello.read())
            talk.socket.recv(65536)
        _kept.append(talk)


def _flood(port, count, octets):
    for _ in range(count):
        talk = clients.Talk(port)
        _send_what_goes(talk, octets)
        _kept.append(talk)


def _send_what_goes(talk, octets):
    """Sends until all is taken, the server closes, or it takes nothing for a second."""
    talk.socket.settimeout(1.0)
    try:
        talk.socket.sendall(octets)
    except (ConnectionError, socket.timeout):
        pass


ATTACKS = {"long lines": long_lines, "many commands": many_commands, "many recipients": many_recipients,
           "logins": login_floods, "replies not read": replies_not_read, "handshakes left": handshakes_left}


if __name__ == "__main__":
    trickle(int(sys.argv[1]), int(sys.argv[2]))
