"""Messages that show whether a path keeps octets; LF line ends, as in a Maildir."""

import zlib


def numbered(count, size=400):
    """Plain messages that differ in header and body."""
    return [message(f"message {n}", f"Body of {n}\n" + "x" * 70 + "\n" * (1 + size // 71)) for n in range(count)]


def message(subject, body, sender="Carol <carol@example.net>", recipient="alice@example.org"):
    text = (f"Date: Mon, 2 Nov 2026 10:00:00 +0100\nFrom: {sender}\nTo: {recipient}\nSubject: {subject}\n"
            f"Message-ID: <{zlib.crc32(repr((subject, body)).encode()):x}@example.net>\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}")
    return text.encode("utf-8", "surrogateescape")


# What every path must keep: dots, 8-bit, odd line ends as far as 7-bit-clean peers allow, long lines, emptiness.
TEXTS = {
    "plain": message("plain", "Hello\n"),
    "dots": message("dots", ".\n..\n...\n.leading\nin . the middle\n.\n"),
    "umlauts": message("Grüße", "Grüße aus Köln, \N{SNOWMAN}\n"),
    "latin1": message("octets", "caf\udce9 \udcff\n"),
    "from": message("From lines", "From here\n>From there\n>>From deep\n\nFrom after an empty line\n"),
    "long": message("long line", "y" * 900 + "\n"),
    "empty body": message("empty body", ""),
    "blank lines": message("blank lines", "\n\n\n\n"),
    "folded": b"Date: Mon, 2 Nov 2026 10:00:00 +0100\nFrom: a@example.net\nSubject: folded\n\tover\n  lines\n"
              b"Message-ID: <folded@example.net>\nTo: alice@example.org\n\nbody\n",
}


def crlf(octets):
    return octets.replace(b"\n", b"\r\n")
