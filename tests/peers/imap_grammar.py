"""What responses of an IMAP server are made of, read strictly: what RFC 9051 section 9 and the extensions' grammars do
not allow is an error, so that a test finds malformed output whatever it is about."""

import re


class Malformed(Exception):
    """A response that no client has to understand."""


_QUOTED = re.compile(rb'"((?:[^"\\\r\n\0\x80-\xff]|\\["\\])*)"')
_QUOTED_UTF8 = re.compile(rb'"((?:[^"\\\r\n\0]|\\["\\])*)"')
_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n")
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
ASTRING_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_FLAG = re.compile(rb"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_NUMBER = re.compile(rb"0|[1-9]\d*")
_SET = re.compile(rb"[1-9]\d*(?::[1-9]\d*)?(?:,[1-9]\d*(?::[1-9]\d*)?)*")
_DATE_TIME = re.compile(rb'"([ 0-3]\d-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} '
                        rb'[0-2]\d:[0-5]\d:[0-6]\d [+-]\d{4})"')
_SECTION = re.compile(rb'(?:BODY|BINARY|BINARY\.SIZE)\[(?:[^\]"\r\n]|"(?:[^"\\]|\\.)*")*\](?:<\d+>)?', re.IGNORECASE)
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}")
_FLAGS_ONLY = re.compile(rb"\((?:\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+(?: (?=[^)]))?)*\)")


def expand(numbers):
    """The numbers of a set without "*", as the octets of a response have it."""
    found = []
    for piece in numbers.split(b","):
        first, _, last = piece.partition(b":")
        first, last = int(first), int(last or first)
        found.extend(range(min(first, last), max(first, last) + 1))
    return found


class Reader:
    def __init__(self, raw, utf8=False):
        self.raw = raw
        self.at = 0
        self.quoted_pattern = _QUOTED_UTF8 if utf8 else _QUOTED
        self.utf8 = utf8

    def fail(self, what):
        raise Malformed(f"{what} expected at {self.at} of {self.raw[:2000]!r}")

    def take(self, pattern, what):
        match = pattern.match(self.raw, self.at)
        if not match:
            self.fail(what)
        self.at = match.end()
        return match

    def has(self, octets):
        return self.raw.startswith(octets, self.at)

    def expect(self, octets):
        if not self.raw.startswith(octets, self.at):
            self.fail(repr(octets))
        self.at += len(octets)

    def skip(self, octets):
        if self.raw.startswith(octets, self.at):
            self.at += len(octets)
            return True
        return False

    def space(self):
        self.expect(b" ")

    def word(self):
        return self.take(_ATOM, "an atom").group().decode().upper()

    def number(self):
        value = int(self.take(_NUMBER, "a number").group())
        if value >= 1 << 63:
            self.fail("a number below 2^63")
        return value

    def positive(self):
        value = self.number()
        if value == 0:
            self.fail("a number that is not 0")
        return value

    def numbers(self):
        return self.take(_SET, "a set of numbers").group()

    def string(self):
        if self.has(b'"'):
            text = re.sub(rb"\\(.)", rb"\1", self.take(self.quoted_pattern, "a quoted string").group(1))
            if self.utf8:
                text.decode("utf-8")
            return text
        match = _LITERAL.match(self.raw, self.at)
        if not match:
            self.fail("a string")
        if self.has(b"~"):
            self.fail("a literal rather than literal8")
        begin = match.end()
        self.at = begin + int(match.group(1))
        text = self.raw[begin:self.at]
        if b"\0" in text:
            self.fail("a literal without NUL")
        return text

    def nstring(self):
        return None if self.nil() else self.string()

    def binary(self):
        """nstring / literal8"""
        match = _LITERAL.match(self.raw, self.at) if self.has(b"~") else None
        if not match:
            return self.nstring()
        self.at = match.end() + int(match.group(1))
        return self.raw[match.end():self.at]

    def nil(self):
        if self.raw[self.at:self.at + 3].upper() == b"NIL" and self.raw[self.at + 3:self.at + 4] in b" )\r]":
            self.at += 3
            return True
        return False

    def astring(self):
        if self.has(b'"') or self.has(b"{"):
            return self.string()
        return self.take(ASTRING_ATOM, "an astring").group()

    def mailbox(self):
        name = self.astring()
        if not self.utf8 and re.search(rb"[\x80-\xff]", name):
            self.fail("a mailbox name of ASCII")
        return b"INBOX" if name.upper() == b"INBOX" else name

    def listed(self, item, least=0):
        """ "(" [item *(SP item)] ")" """
        self.expect(b"(")
        found = []
        if not self.has(b")"):
            found.append(item())
            while self.skip(b" "):
                found.append(item())
        self.expect(b")")
        if len(found) < least:
            self.fail(f"{least} at least")
        return found

    def flag(self):
        return self.take(_FLAG, "a flag").group().decode()

    def flags(self):
        # The most frequent of all, in one match.
        match = self.take(_FLAGS_ONLY, "a list of flags").group()
        return match[1:-1].decode().split(" ") if len(match) > 2 else []

    def date_time(self):
        return self.take(_DATE_TIME, "a date-time").group(1).decode()

    def object_id(self):
        self.expect(b"(")
        value = self.take(_OBJECT_ID, "an object id").group().decode()
        self.expect(b")")
        return value

    # ENVELOPE, BODY, BODYSTRUCTURE

    def envelope(self):
        self.expect(b"(")
        found = [self.nstring()]
        self.space()
        found.append(self.nstring())
        for _ in range(6):
            self.space()
            found.append(self.addresses())
        for _ in range(2):
            self.space()
            found.append(self.nstring())
        self.expect(b")")
        return tuple(found)

    def addresses(self):
        if self.nil():
            return None
        self.expect(b"(")
        found = []
        while not found or self.has(b"("):
            self.expect(b"(")
            address = [self.nstring()]
            for _ in range(3):
                self.space()
                address.append(self.nstring())
            self.expect(b")")
            found.append(tuple(address))
        self.expect(b")")
        return found

    def parameters(self):
        if self.nil():
            return None
        self.expect(b"(")
        found = []
        while not found or self.skip(b" "):
            name = self.string()
            self.space()
            found.append((name, self.string()))
        self.expect(b")")
        return found

    def disposition(self):
        if self.nil():
            return None
        self.expect(b"(")
        kind = self.string()
        self.space()
        found = (kind, self.parameters())
        self.expect(b")")
        return found

    def language(self):
        return self.listed(self.string, 1) if self.has(b"(") else self.nstring()

    def body(self, extended, depth=0):
        if depth > 200:
            self.fail("less depth")
        self.expect(b"(")
        found = self.multipart(extended, depth) if self.has(b"(") else self.single(extended, depth)
        self.expect(b")")
        return found

    def multipart(self, extended, depth):
        parts = []
        while self.has(b"("):
            parts.append(self.body(extended, depth + 1))
        self.space()
        found = {"parts": parts, "subtype": self.string()}
        if extended and self.skip(b" "):
            found["parameters"] = self.parameters()
            self.extension_fields(found)
        return found

    def single(self, extended, depth):
        found = {"type": self.string()}
        self.space()
        found["subtype"] = self.string()
        self.space()
        found["parameters"] = self.parameters()
        for name in ("id", "description"):
            self.space()
            found[name] = self.nstring()
        self.space()
        found["encoding"] = self.string()
        self.space()
        found["size"] = self.number()
        kind = found["type"].upper()
        if kind == b"TEXT":
            self.space()
            found["lines"] = self.number()
        elif kind == b"MESSAGE" and found["subtype"].upper() in (b"RFC822", b"GLOBAL"):
            self.space()
            found["envelope"] = self.envelope()
            self.space()
            found["body"] = self.body(extended, depth + 1)
            self.space()
            found["lines"] = self.number()
        if extended and self.skip(b" "):
            found["md5"] = self.nstring()
            self.extension_fields(found)
        return found

    def extension_fields(self, found):
        for name, read in (("disposition", self.disposition), ("language", self.language), ("location", self.nstring)):
            if not self.skip(b" "):
                return
            found[name] = read()

    # FETCH

    def fetch(self):
        self.expect(b"(")
        found = {}
        while not found or self.skip(b" "):
            match = _SECTION.match(self.raw, self.at)
            if match:
                self.at = match.end()
                name = match.group().decode("utf-8", "surrogateescape")
                name = re.sub(r"^[A-Z.a-z]+\[[A-Za-z.0-9]*", lambda found: found.group().upper(), name)
            else:
                name = self.word()
            self.space()
            if name in found:
                self.fail(f"{name} only once")
            found[name] = self.fetch_value(name)
        self.expect(b")")
        return found

    def fetch_value(self, name):
        if name.startswith("BODY["):
            return self.nstring()
        if name.startswith("BINARY["):
            return self.binary()
        if name.startswith("BINARY.SIZE["):
            return self.number()
        read = _FETCH_VALUES.get(name)
        if read is None:
            self.fail(f"a known item, not {name},")
        return read(self)

    def modseq(self):
        self.expect(b"(")
        value = self.positive()
        self.expect(b")")
        return value

    def end(self):
        self.expect(b"\r\n")
        if self.at != len(self.raw):
            self.fail("the end")


_FETCH_VALUES = {
    "FLAGS": Reader.flags, "UID": Reader.positive, "RFC822.SIZE": Reader.number, "INTERNALDATE": Reader.date_time,
    "ENVELOPE": Reader.envelope, "BODY": lambda reader: reader.body(False),
    "BODYSTRUCTURE": lambda reader: reader.body(True), "MODSEQ": Reader.modseq, "RFC822": Reader.nstring,
    "RFC822.HEADER": Reader.nstring, "RFC822.TEXT": Reader.nstring, "EMAILID": Reader.object_id,
    "THREADID": lambda reader: None if reader.nil() else reader.object_id(),
    "SAVEDATE": lambda reader: None if reader.nil() else reader.date_time(), "PREVIEW": Reader.nstring,
}
