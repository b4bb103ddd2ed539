"""Whole responses of an IMAP server, read strictly, and cut out of what it sends."""

import dataclasses
import re

from peers.imap_grammar import ASTRING_ATOM, Malformed, Reader, expand

__all__ = ["Framer", "Malformed", "Response", "expand", "parse"]
_TEXT = re.compile(rb"[^\r\n\0]*")
_FRAME = re.compile(rb"~?\{(\d+)\}\Z")
_CODE_NAME = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
_CODE_ARGUMENT = re.compile(rb"[^\]\r\n]+")
_PARTIAL_RANGE = re.compile(rb"-?\d+:-?\d+")
_PERMANENT_FLAG = re.compile(rb"\\\*|\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")


@dataclasses.dataclass
class Response:
    """`kind` is upper case: the response's name, "+", or "TAGGED". `data` is what its parser made of it."""

    kind: str
    raw: bytes
    number: int = 0
    data: object = None
    tag: str = ""
    status: str = ""  # of TAGGED, and of OK, NO, BAD, BYE, PREAUTH themselves
    code: tuple = ()  # (name, argument)
    text: bytes = b""


# Untagged responses


def _capability(reader):
    found = []
    while reader.skip(b" "):
        found.append(reader.word())
    if len(set(found)) != len(found):
        reader.fail("each capability once")
    return found


def _spaced(item):
    def read(reader):
        found = []
        while reader.skip(b" "):
            found.append(item(reader))
        return found
    return read


def _search(reader):
    found, modseq = [], None
    while reader.skip(b" "):
        if reader.skip(b"(MODSEQ "):
            modseq = reader.positive()
            reader.expect(b")")
            break
        found.append(reader.positive())
    return found, modseq


def _esearch(reader):
    """(tag, whether UID, {name: value}); of MULTISEARCH also MAILBOX and UIDVALIDITY."""
    found, tag, uid = {}, None, False
    if reader.skip(b" ("):
        while True:
            name = reader.word()
            reader.space()
            if name == "TAG":
                tag = reader.string()
            elif name == "MAILBOX":
                found[name] = reader.mailbox()
            elif name == "UIDVALIDITY":
                found[name] = reader.positive()
            else:
                reader.fail("a known correlator")
            if not reader.skip(b" "):
                break
        reader.expect(b")")
    if re.match(rb" UID[ \r]", reader.raw[reader.at:reader.at + 5]):
        reader.at += 4
        uid = True
    while reader.skip(b" "):
        name = reader.word()
        reader.space()
        if name in ("MIN", "MAX", "MODSEQ"):
            value = reader.positive()
        elif name == "COUNT":
            value = reader.number()
        elif name == "ALL":
            value = reader.numbers()
        elif name == "PARTIAL":
            reader.expect(b"(")
            span = reader.take(_PARTIAL_RANGE, "a range").group()
            reader.space()
            value = (span, None if reader.nil() else reader.numbers())
            reader.expect(b")")
        elif name in ("ADDTO", "REMOVEFROM"):
            reader.expect(b"(")
            value = []
            while not value or reader.skip(b" "):
                position = reader.number()
                reader.space()
                value.append((position, reader.numbers()))
            reader.expect(b")")
        elif name == "RELEVANCY":
            value = reader.listed(reader.positive)
        else:
            reader.fail(f"a known result, not {name},")
        found.setdefault(name, value)
    return tag, uid, found


def _thread(reader):
    def members():
        reader.expect(b"(")
        found = []
        if reader.has(b"("):
            found += nested()
        else:
            found.append(reader.positive())
            while reader.skip(b" "):
                if reader.has(b"("):
                    found += nested()
                    break
                found.append(reader.positive())
        reader.expect(b")")
        return found

    def nested():
        found = [members(), members()]
        while reader.has(b"("):
            found.append(members())
        return found

    found = []
    if reader.skip(b" "):
        while not found or reader.has(b"("):
            found.append(members())
    return found


def _list(reader):
    """(attributes, delimiter, name, {extended item: value})"""
    reader.space()
    attributes = reader.listed(reader.flag)
    reader.space()
    delimiter = None if reader.nil() else reader.string()
    reader.space()
    name = reader.mailbox()
    extended = {}
    if reader.skip(b" "):
        reader.expect(b"(")
        while not extended or reader.skip(b" "):
            item = reader.astring().decode().upper()
            reader.space()
            if item in ("CHILDINFO", "OLDNAME"):
                extended[item] = reader.listed(reader.mailbox, 1)
            else:
                reader.fail("a known extended item")
        reader.expect(b")")
    return attributes, delimiter, name, extended


_STATUS_ITEMS = {"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE", "HIGHESTMODSEQ",
                 "APPENDLIMIT", "MAILBOXID", "DELETED-STORAGE"}


def _status(reader):
    reader.space()
    name = reader.mailbox()
    reader.space()
    reader.expect(b"(")
    found = {}
    while not reader.has(b")"):
        if found:
            reader.space()
        item = reader.word()
        if item not in _STATUS_ITEMS or item in found:
            reader.fail(f"a known item once, not {item},")
        reader.space()
        if item == "MAILBOXID":
            found[item] = reader.object_id()
        elif item == "APPENDLIMIT" and reader.nil():
            found[item] = None
        else:
            found[item] = reader.positive() if item in ("UIDNEXT", "UIDVALIDITY") else reader.number()
    reader.expect(b")")
    return name, found


def _namespace(reader):
    found = []
    for _ in range(3):
        reader.space()
        if reader.nil():
            found.append(None)
            continue
        spaces = []
        reader.expect(b"(")
        while not spaces or reader.has(b"("):
            reader.expect(b"(")
            prefix = reader.string()
            reader.space()
            spaces.append((prefix, None if reader.nil() else reader.string()))
            while reader.skip(b" "):
                reader.string()
                reader.space()
                reader.listed(reader.string, 1)
            reader.expect(b")")
        reader.expect(b")")
        found.append(spaces)
    return found


def _id(reader):
    reader.space()
    if reader.nil():
        return None
    found = {}
    reader.expect(b"(")
    while not found or reader.skip(b" "):
        name = reader.string()
        reader.space()
        found[name] = reader.nstring()
    reader.expect(b")")
    return found


def _quota(reader):
    reader.space()
    root = reader.astring()
    reader.space()
    reader.expect(b"(")
    found = {}
    while not reader.has(b")"):
        if found:
            reader.space()
        name = reader.word()
        reader.space()
        used = reader.number()
        reader.space()
        found[name] = (used, reader.number())
    reader.expect(b")")
    return root, found


def _metadata(reader):
    reader.space()
    name = reader.astring()
    reader.space()
    found = {}
    if reader.skip(b"("):
        while not found or reader.skip(b" "):
            entry = reader.astring()
            reader.space()
            found[entry] = reader.binary()
        reader.expect(b")")
    else:
        found[reader.astring()] = None
        while reader.skip(b" "):
            found[reader.astring()] = None
    return name, found


def _acl(reader):
    reader.space()
    name = reader.mailbox()
    rights = {}
    while reader.skip(b" "):
        identifier = reader.astring()
        reader.space()
        rights[identifier] = reader.astring()
    return name, rights


def _urlfetch(reader):
    found = {}
    while reader.skip(b" "):
        url = reader.astring()
        reader.space()
        if reader.has(b"("):
            values = []
            while reader.skip(b" ") or not values:
                reader.expect(b"(")
                kind = reader.word()
                reader.space()
                values.append((kind, reader.body(True) if kind == "BODYPARTSTRUCTURE" else reader.binary()))
                reader.expect(b")")
                if not re.match(rb" \(", reader.raw[reader.at:reader.at + 2]):
                    break
            found[url] = values
        else:
            found[url] = reader.binary()
    return found


def _vanished(reader):
    reader.space()
    earlier = reader.skip(b"(EARLIER) ")
    return earlier, expand(reader.numbers())


def _after_space(read):
    def after(reader):
        reader.space()
        return read(reader)
    return after


_UNTAGGED = {
    "CAPABILITY": _capability, "ENABLED": _spaced(Reader.word), "FLAGS": _after_space(Reader.flags),
    "SEARCH": _search, "SORT": _search, "ESEARCH": _esearch, "THREAD": _thread, "LIST": _list, "LSUB": _list,
    "STATUS": _status, "NAMESPACE": _namespace, "ID": _id, "QUOTA": _quota,
    "QUOTAROOT": _spaced(Reader.astring), "METADATA": _metadata, "ACL": _acl, "MYRIGHTS": _spaced(Reader.astring),
    "LISTRIGHTS": _spaced(Reader.astring), "GENURLAUTH": _spaced(Reader.astring), "URLFETCH": _urlfetch,
    "VANISHED": _vanished, "LANGUAGE": _spaced(lambda reader: reader.listed(reader.string)),
    "COMPARATOR": _spaced(lambda reader: reader.listed(reader.string) if reader.has(b"(") else reader.string()),
}
_NUMBERED = {"EXISTS": None, "RECENT": None, "EXPUNGE": None, "FETCH": Reader.fetch, "UIDFETCH": Reader.fetch}
_STATUSES = ("OK", "NO", "BAD", "BYE", "PREAUTH")


# Response codes


def _uid_sets(reader):
    validity = reader.positive()
    found = [validity]
    while reader.skip(b" "):
        found.append(expand(reader.numbers()))
    return tuple(found)


_CODES = {
    "CAPABILITY": None, "PERMANENTFLAGS": lambda reader: reader.listed(
        lambda: reader.take(_PERMANENT_FLAG, "a flag").group().decode()),
    "UIDNEXT": Reader.positive, "UIDVALIDITY": Reader.positive, "UNSEEN": Reader.positive,
    "HIGHESTMODSEQ": Reader.positive, "APPENDUID": _uid_sets, "COPYUID": _uid_sets,
    "MODIFIED": lambda reader: expand(reader.numbers()), "MAILBOXID": Reader.object_id,
    "BADCHARSET": lambda reader: reader.listed(reader.astring, 1),
}


def _code(reader):
    name = reader.take(_CODE_NAME, "a response code").group().decode().upper()
    value = None
    if name == "CAPABILITY":
        value = _capability_code(reader)
    elif reader.skip(b" "):
        if _CODES.get(name):
            value = _CODES[name](reader)
        else:
            value = reader.take(_CODE_ARGUMENT, "the code's argument").group()
    elif _CODES.get(name) and name not in ("BADCHARSET",):
        reader.fail(f"the argument of {name}")
    return name, value


def _capability_code(reader):
    found = []
    while reader.skip(b" "):
        found.append(reader.take(_CODE_NAME, "a capability").group().decode())
    return [name.upper() for name in found]


def _status_response(reader, response, status):
    response.status = status
    if reader.has(b"\r\n"):
        return
    reader.space()
    if reader.skip(b"["):
        response.code = _code(reader)
        reader.expect(b"]")
        if not reader.has(b"\r\n"):
            reader.space()
    response.text = reader.take(_TEXT, "text").group()


def parse(raw, utf8=False):
    """A whole response, with its CRLF and literals."""
    reader = Reader(raw, utf8)
    response = Response("", raw)
    if reader.skip(b"+"):
        response.kind = "+"
        reader.space()
        response.text = reader.take(_TEXT, "text").group()
    elif reader.skip(b"* "):
        if raw[2:3].isdigit():
            response.number = reader.number()
            reader.space()
            response.kind = reader.word()
            if response.kind not in _NUMBERED:
                reader.fail("a known response")
            if response.number == 0 and response.kind not in ("EXISTS", "RECENT"):
                reader.fail("a message number")
            if _NUMBERED[response.kind]:
                reader.space()
                response.data = _NUMBERED[response.kind](reader)
        else:
            response.kind = reader.word()
            if response.kind in _STATUSES:
                _status_response(reader, response, response.kind)
            elif response.kind in _UNTAGGED:
                response.data = _UNTAGGED[response.kind](reader)
            else:
                reader.fail("a known response")
    else:
        response.kind = "TAGGED"
        response.tag = reader.take(ASTRING_ATOM, "a tag").group().decode()
        reader.space()
        status = reader.word()
        if status not in ("OK", "NO", "BAD"):
            reader.fail("OK, NO or BAD")
        _status_response(reader, response, status)
    reader.end()
    return response


class Framer:
    """Cuts what a server sends into responses, literals included."""

    def __init__(self):
        self.buffer = bytearray()
        self._line = 0  # where the line that is being looked for begins
        self._seen = 0  # how far no CRLF was found

    def feed(self, octets):
        self.buffer += octets

    def next(self):
        """A whole response, or None."""
        while True:
            end = self.buffer.find(b"\r\n", max(self._line, self._seen))
            if end < 0:
                self._seen = max(self._line, len(self.buffer) - 1)
                return None
            match = _FRAME.search(self.buffer, max(self._line, end - 24), end)
            if match:
                following = end + 2 + int(match.group(1))
                if following > len(self.buffer):
                    return None
                self._line = self._seen = following
                continue
            raw = bytes(self.buffer[:end + 2])
            del self.buffer[:end + 2]
            self._line = self._seen = 0
            return raw
