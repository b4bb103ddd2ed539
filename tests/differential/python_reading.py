"""The reading of Python's email package."""

import email
import email.policy
import re

from differential.reading import ADDRESSES, IDENTIFIERS, MESSAGES, decode

DOUBTS = "~doubts"  # in a reading: the keys of what the email package itself calls malformed


class Raised(str):
    """Instead of a value: the field that the email package could not read."""


def _leaf_body(part):
    octets = part.get_payload(decode=True) or b""
    if part.get_content_maintype() != "text":
        return octets
    text = decode(octets, part.get_content_charset(""))
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _last(message, name):
    values = message.get_all(name)
    return values[-1] if values else None


def _addresses(message, name):
    value = _last(message, name)
    return [[address.display_name, address.addr_spec] for address in value.addresses] if value is not None else []


def _identifiers(message, name):
    return re.findall(r"<([^<>]*)>", str(_last(message, name) or ""))


def _date(message):
    value = _last(message, "Date")
    if value is None or value.datetime is None:
        return None
    return value.datetime.replace(tzinfo=None).isoformat() + "Z" if not value.datetime.utcoffset() \
        else value.datetime.isoformat()


def parse(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def leaves_of(message):
    """The leaves as in the tree of a reading, and that tree."""
    leaves = []

    def walk(part):
        kind = part.get_content_type()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            return kind + "(" + ",".join(walk(child) for child in part.get_payload()) + ")"
        leaves.append(part)
        return kind

    tree = walk(message)
    return leaves, tree


def read_message(message):
    leaves, tree = leaves_of(message)
    reading = {"tree": tree, DOUBTS: []}
    for number, part in enumerate(leaves):
        if part.get_content_type() in MESSAGES and part.is_multipart():
            reading[f"message {number}"] = read_message(part.get_payload(0))
        elif part.get_content_maintype() != "message":
            reading[f"body {number}"] = _leaf_body(part)
            if any("Base64" in type(defect).__name__ for defect in part.defects):
                reading[DOUBTS].append(f"body {number}")
        reading[f"name {number}"] = part.get_filename()
    readers = {"subject": lambda: str(_last(message, "Subject") or ""), "sentAt": lambda: _date(message)}
    readers |= {key: lambda name=name: _addresses(message, name) for key, name in ADDRESSES.items()}
    readers |= {key: lambda name=name: _identifiers(message, name) for key, name in IDENTIFIERS.items()}
    for key, value in readers.items():
        try:
            reading[key] = value()
            field = _last(message, ADDRESSES.get(key, ""))
            if field is not None and field.defects:
                reading[DOUBTS].append(key)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            reading[key] = Raised(type(error).__name__)
    return {key: value for key, value in reading.items() if value or (value is not None and key.startswith("body"))}


def read(octets):
    return read_message(parse(octets))
