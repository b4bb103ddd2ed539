"""Rewriting of readings."""

import functools
import itertools
import re

from differential import reading, repair


def inner(rewrite):
    """The same for messages in messages."""
    def walk(theirs, ours, octets):
        theirs = rewrite(dict(theirs), ours, octets)
        for key, value in theirs.items():
            if isinstance(value, dict) and isinstance(ours.get(key), dict):
                theirs[key] = walk(value, ours[key], octets)
        return theirs
    return walk


def is_part(key):
    return key.split()[0] in ("tree", "body", "name", "message")


def parts_of(ours, theirs):
    """Takes the parts from ours, all of them."""
    return {key: value for key, value in theirs.items() if not is_part(key)} | \
        {key: value for key, value in ours.items() if is_part(key)}


def same_boundary(theirs, ours, octets):
    found = repair.boundaries(octets)
    found += [boundary + b"--" for boundary in set(found)]
    return theirs if len(set(found)) == len(found) else parts_of(ours, theirs)


DATE = re.compile(rb"\s*([A-Z][a-z]{2},\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4}\s+\d\d:\d\d(:\d\d)?\s+"
                  rb"([+-]\d{4}|[A-Z]{1,3})\s*(\([^()]*\)\s*)?")
IDENTIFIERS = re.compile(rb"\s*(<[\w!#$%&'*+/=?^`{|}~.-]+@[\w!#$%&'*+/=?^`{|}~.-]+>\s*)*", re.ASCII)
ENCODED_WORD = re.compile(rb"=\?[^?\s]*\?[bB]\?([^?]*)\?=")
BASE64 = re.compile(rb"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}=?=?|[A-Za-z0-9+/]{3}=?)?")


def is_plain_subject(value):
    return value == value.rstrip() and all(BASE64.fullmatch(text) for text in ENCODED_WORD.findall(value))


def values_of(name, octets):
    """The values of all fields of that name, folded."""
    return [value.rstrip(b"\r") for value in
            re.findall(rb"(?im)^" + name + rb"[ \t]*:(.*(?:\r?\n[ \t].*)*)", octets)]


def malformed(is_well_formed, *names):
    """Takes from ours what is made of a field that is not well-formed."""
    @functools.lru_cache(maxsize=64)
    def keys(octets):
        return [key for key, name in names if not all(is_well_formed(value) for value in values_of(name, octets))]

    return lambda theirs, ours, octets: theirs | {key: ours.get(key) for key in keys(octets)}


malformed_dates = inner(malformed(DATE.fullmatch, ("sentAt", b"Date")))
malformed_identifiers = inner(malformed(IDENTIFIERS.fullmatch, ("messageId", b"Message-ID"),
                                        ("inReplyTo", b"In-Reply-To"), ("references", b"References")))


def raw_octets(theirs, ours, _):
    def decoded(value, mine):
        if isinstance(value, list):
            return [decoded(*pair) for pair in itertools.zip_longest(value, mine if isinstance(mine, list) else [])]
        if isinstance(value, str) and re.search("[\udc80-\udcff]", value):
            return reading.decode(value.encode("utf-8", "surrogateescape"), "")
        if isinstance(value, str) and isinstance(mine, str) and "\ufffd" in value:
            pattern = re.sub("(\ufffd)+", "[^\\\\x00-\\\\x7f]+", re.escape(value))
            return mine if re.fullmatch(pattern, mine) else value
        return value
    return {key: decoded(value, ours.get(key)) for key, value in theirs.items()}


ATOM = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
WORD = rb'(?:' + ATOM + rb'|"[^"\\\r\n]*")'
ADDRESS = re.compile(rb"\s*(?:" + WORD + rb"(?:\s+" + WORD + rb")*\s*<" + ATOM + rb"@" + ATOM + rb">|"
                     + ATOM + rb"@" + ATOM + rb")\s*")


def is_plain_address_list(value):
    """Without comments, groups, obsolete forms and 8-bit octets."""
    return all(ADDRESS.fullmatch(address) for address in re.split(rb",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", value))
