"""What both parsers read: the corpora, generated mail, and damaged copies of them, always the same ones."""

import os
import random
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.path.join(TOP, "..", "shared")
CORPORA = os.path.join(SHARED, "corpora")
GENERATOR = os.path.join(SHARED, "bench", "gen_maildir.py")

# What breaks mail: characters with a meaning in headers, in MIME and in transfer encodings, and 8-bit octets.
OCTETS = b"()<>@,;:\\\".[]=?_-/ \t\n%'*aZ9\xc3\xa9\x80\xff"


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def corpora():
    """(name, octets) of each message."""
    found = []
    for folder, _, names in os.walk(CORPORA):
        for name in names:
            if name.endswith((".eml", ".msg")):
                path = os.path.join(folder, name)
                found.append((os.path.relpath(path, CORPORA), _read(path)))
    return sorted(found)


def generated(count, directory):
    subprocess.run([sys.executable, GENERATOR, str(count), directory], check=True, stdout=subprocess.DEVNULL)
    current = os.path.join(directory, "cur")
    return [(f"generated/{number}", _read(os.path.join(current, name)))
            for number, name in enumerate(sorted(os.listdir(current)))]


def _damage(octets, source):
    """One change: an octet, or a line, as lists, gateways and truncated transfers make them."""
    lines = octets.splitlines(keepends=True) or [b""]
    # Most of the damage where there is something to misread: in headers and around boundaries, not in base64.
    worth = [number for number, line in enumerate(lines) if b":" in line or b"--" in line or line.isspace()] or [0]
    number = source.choice(worth)
    kind = source.randrange(6)
    if kind == 0:
        del lines[number]
    elif kind == 1:
        lines.insert(number, lines[number])
    elif kind == 2:
        other = source.choice(worth)
        lines[number], lines[other] = lines[other], lines[number]
    elif kind == 3:
        lines = lines[:number] + [lines[number][:source.randrange(len(lines[number]) + 1)]]
    else:
        line = bytearray(lines[number])
        at = source.randrange(len(line) + 1)
        line[at:at + (kind == 4)] = bytes([source.choice(OCTETS)])
        lines[number] = bytes(line)
    return b"".join(lines)


def damaged(messages, copies, largest=20_000):
    """`copies` of each message that is not too large, each with one to three changes."""
    found = []
    for name, octets in messages:
        source = random.Random(name)
        for copy in range(copies if len(octets) <= largest else 0):
            changed = octets
            for _ in range(source.randint(1, 3)):
                changed = _damage(changed, source)
            if changed:  # nothing is no message
                found.append((f"{name} damaged {copy}", changed))
    return found


def with_crlf(octets):
    """As mail-show reads a file (docs/leniency.md: store-line-ends)."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", octets)
