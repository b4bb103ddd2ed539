"""mail-show beside GMime."""

import functools
import json
import os
import re
import subprocess

from differential import reading, repair
from differential.comparison import Differential, Explanation
from differential.rewriting import (inner, is_plain_address_list, is_plain_subject, malformed, malformed_dates,
                                    malformed_identifiers, parts_of, raw_octets, same_boundary, values_of)
from peers.case import main
from peers.commands import binary


class Gmime:
    """gmime_json, which answers the name of a file with its record."""

    def __init__(self, directory):
        self._path = os.path.join(directory, "message")
        self._process = subprocess.Popen([binary("gmime_json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, octets):
        with open(self._path, "wb") as file:
            file.write(octets)
        self._process.stdin.write(self._path.encode() + b"\n")
        self._process.stdin.flush()
        record = json.loads(self._process.stdout.readline().decode("utf-8", "surrogateescape"))
        found = {"tree": "none"} if record is None else reading.of_record(record)
        # An encoded message is a leaf.
        return {key: self.read(value) if key.startswith("message ") and isinstance(value, bytes) else value
                for key, value in found.items()}

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def multipart_as_text(theirs, ours, _):
    """GMime keeps the text as a prologue: it is taken from ours."""
    leaves = re.findall(r"[^(),]+(?=[,)]|$)", theirs["tree"])
    theirs["tree"] = re.sub(r"multipart/[^(),]+(?=[,)]|$)", "text/plain", theirs["tree"])
    return theirs | {f"body {number}": ours.get(f"body {number}") for number, leaf in enumerate(leaves)
                     if leaf.startswith("multipart/")}


TYPE = re.compile(rb"\s*[A-Za-z0-9!#$%&'*+^_`{|}~.-]+/[A-Za-z0-9!#$%&'*+^_`{|}~.-]+\s*(;(.|\s)*)?")


def malformed_types(theirs, ours, octets):
    well_formed = all(TYPE.fullmatch(value) for value in values_of(b"content-type", octets))
    return theirs if well_formed else parts_of(ours, theirs)


def no_message(theirs, ours, octets):
    if not repair.FIELD.match(octets) and (theirs["tree"] == "none" or theirs.get("body 0") == ""):
        return ours
    return theirs | {key: ours.get(key) for key, value in theirs.items()
                     if key.startswith("message ") and (value["tree"] == "none" or value.get("body 0") == b"")}


def long_boundary(theirs, ours, octets):
    return parts_of(ours, theirs) if max(map(len, repair.boundaries(octets)), default=0) > 1000 else theirs


def without_replacements(theirs, ours, _):
    return theirs | {key: ours[key] for key, value in theirs.items() if isinstance(value, str) and
                     isinstance(ours.get(key), str) and ours[key].replace("\ufffd", "") == value}


def cut_off(what):
    """Where a body of theirs is the beginning of ours, and behind it is what the function accepts."""
    def rewrite(theirs, ours, octets):
        for key, value in theirs.items():
            mine = ours.get(key)
            if key.startswith("body ") and type(mine) is type(value) and mine != value and mine.startswith(value) \
                    and what(mine[len(value):], octets):
                theirs = theirs | {key: mine}
        return theirs
    return inner(rewrite)


# What explains more stands before what explains less: it is the first to be done without.
EXPLANATIONS = [
    Explanation("types", "GMime reads as much of a malformed type as is a token, or application/octet-stream",
                rewrite=malformed_types),
    Explanation("same boundary", "of nested multiparts with the same boundary the innermost one goes on here "
                "(RFC 2046 section 5.1.2 forbids them)", rewrite=same_boundary),
    Explanation("long boundary", "GMime does not find it", rewrite=long_boundary),
    Explanation("no message", "GMime finds no header, and drops the text (header-none)", rewrite=no_message),
    Explanation("text without header", "GMime drops lines of it, or reads them as header (header-none)",
                repair=functools.partial(repair.with_empty_line_before_text, message=False)),
    Explanation("stray lines", "GMime ends a header at a line that is no field; here it is passed over (header-space)",
                repair=repair.without_stray_lines),
    Explanation("repeated fields", "GMime joins the addresses of all fields of a name, and takes the last "
                "Content-Type; here one counts, the last one (RFC 8621 section 4.1.3), and the first of MIME",
                repair=repair.without_repeated_fields),
    Explanation("empty parts", "GMime skips a part that ends with its delimiter line; here it is empty",
                repair=repair.with_empty_headers),
    Explanation("delimiter as close-delimiter", "GMime makes an empty part of it (multipart-unclosed)",
                repair=repair.with_close_delimiters),
    Explanation("parameters", "GMime needs a ; in front (parameter-loose)", repair=repair.with_types),
    Explanation("trailing spaces", "GMime looks for a boundary with its white space (RFC 2046 section 5.1.1)",
                repair=repair.without_trailing_spaces),
    Explanation("junk on a delimiter line", "for GMime it is none (delimiter-junk)", repair=repair.without_junk),
    Explanation("multipart without parts", "GMime calls it a multipart still (multipart-empty)",
                rewrite=inner(multipart_as_text)),
    Explanation("incomplete characters", "GMime drops them", rewrite=inner(without_replacements)),
    Explanation("raw octets", "GMime leaves 8-bit octets that are no UTF-8 (charset-fallback)",
                rewrite=inner(raw_octets)),
    Explanation("base64", "GMime stops at padding and drops an incomplete group (base64-loose)",
                rewrite=cut_off(lambda rest, octets: rest[0] != "\0" and b"base64" in octets.lower())),
    Explanation("NUL", "text ends there in GMime's interface", rewrite=cut_off(lambda rest, _: rest[0] in ("\0", 0))),
    Explanation("addresses", "of a malformed address GMime keeps less, and it has the comments in the name "
                "(address-loose)",
                rewrite=inner(malformed(is_plain_address_list,
                                        *((key, name.encode()) for key, name in reading.ADDRESSES.items())))),
    Explanation("dates", "of a malformed date each guesses what it can (date-loose)",
                rewrite=malformed_dates),
    Explanation("identifiers", "of a malformed list of msg-ids each takes what it can",
                rewrite=malformed_identifiers),
    Explanation("subjects", "GMime leaves broken encoded words (encoded-word-anywhere)",
                rewrite=inner(malformed(is_plain_subject, ("subject", b"Subject")))),
]


class GmimeTest(Differential):
    def test_corpora_generated_and_damaged(self):
        gmime = Gmime(self.directory)
        self.addCleanup(gmime.close)
        self.compare(self.messages(generated=100, copies=4), lambda found: [gmime.read(octets) for octets in found],
                     EXPLANATIONS)


if __name__ == "__main__":
    main()
