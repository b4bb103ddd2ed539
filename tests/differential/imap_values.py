"""Values of IMAP responses: lists, strings as bytes, atoms as str, NIL as None."""

import re

_ATOM = re.compile(rb"[^ ()\"{\r\n]+")


def parse(octets, at=0):
    """(value, offset behind it)"""
    while octets[at:at + 1] == b" ":
        at += 1
    first = octets[at:at + 1]
    if first == b"(":
        found = []
        at += 1
        while True:
            while octets[at:at + 1] == b" ":
                at += 1
            if octets[at:at + 1] == b")":
                return found, at + 1
            value, at = parse(octets, at)
            found.append(value)
    if first == b'"':
        quoted = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"').match(octets, at)
        return re.sub(rb"\\(.)", rb"\1", quoted[1]), quoted.end()
    if first == b"{":
        literal = re.compile(rb"\{(\d+)\}\r\n").match(octets, at)
        end = literal.end() + int(literal[1])
        return octets[literal.end():end], end
    atom = _ATOM.match(octets, at)
    if atom[0] == b"NIL":
        return None, atom.end()
    text = atom[0].decode()
    # BODY[...]: a list of field names may stand between the brackets.
    if "[" in text and "]" not in text:
        end = octets.index(b"]", at) + 1
        return octets[at:end].decode(), end
    return (int(text) if text.isdigit() else text), atom.end()


def pairs(values):
    return dict(zip(values[::2], values[1::2]))
