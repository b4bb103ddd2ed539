"""mail-show beside Python's email package."""

import functools
import itertools
import re

from differential import python_reading, repair
from differential.comparison import Differential, Explanation
from peers.case import main


def read(messages):
    return [python_reading.read(octets) for octets in messages]


def inner(rewrite):
    """The same for messages in messages."""
    def walk(theirs, ours, octets):
        theirs = rewrite(dict(theirs), ours, octets)
        for key, value in theirs.items():
            if isinstance(value, dict) and isinstance(ours.get(key), dict):
                theirs[key] = walk(value, ours[key], octets)
        return theirs
    return walk


def multipart_as_text(theirs, ours, _):
    leaves = re.findall(r"[^(),]+(?=[,)]|$)", theirs["tree"])
    theirs["tree"] = re.sub(r"multipart/[^(),]+(?=[,)]|$)", "text/plain", theirs["tree"])
    for number, leaf in enumerate(leaves):
        body = theirs.get(f"body {number}")
        if leaf.startswith("multipart/") and isinstance(body, bytes):
            # Python drops what is behind a close-delimiter.
            text = python_reading.decode(body, "").replace("\r\n", "\n")
            mine = ours.get(f"body {number}")
            theirs[f"body {number}"] = mine if isinstance(mine, str) and mine.startswith(text.rstrip()) else text
    return theirs


def with_last_line_end(octets):
    defects = {type(defect).__name__ for part in python_reading.parse(octets).walk() for defect in part.defects}
    return octets + b"\r\n" if "CloseBoundaryNotFoundDefect" in defects else octets


def is_part(key):
    return key.split()[0] in ("tree", "body", "name", "message")


def same_boundary(theirs, ours, octets):
    """Takes the parts from ours, all of them."""
    found = repair.boundaries(octets)
    found += [boundary + b"--" for boundary in set(found)]
    if len(set(found)) == len(found):
        return theirs
    return {key: value for key, value in theirs.items() if not is_part(key)} | \
        {key: value for key, value in ours.items() if is_part(key)}


def with_quoted_names(octets):
    """An encoded word as the value of a parameter stands in quotes."""
    return re.sub(rb"(?i)(name=)(=\?[^;\s]*\?=)", rb'\1"\2"', octets)


CONTENT_TYPE = re.compile(rb"^(content-type[ \t]*:)([^;\r\n]*)", re.IGNORECASE | re.MULTILINE)
TYPE = re.compile(rb"\s*[^\s;/]+/[^\s;/]+\s*")
NO_SEMICOLON = re.compile(rb"^(content-type[ \t]*:\s*[^\s;/]+/[^\s;/]+)(?=\s+[^\s;=]+=)", re.IGNORECASE | re.MULTILINE)


def with_types(octets):
    """A type is one "/" between words; a parameter has a ";" in front."""
    octets = NO_SEMICOLON.sub(rb"\1;", octets)
    octets = re.sub(rb"(?im)^(content-type[ \t]*:[^;\r\n()]*)\([^()\r\n]*\)?", rb"\1", octets)
    return CONTENT_TYPE.sub(lambda field: field[0] if TYPE.fullmatch(field[2]) else field[1] + b" text/plain", octets)


def raw_octets(theirs, ours, _):
    def decoded(value, mine):
        if isinstance(value, list):
            return [decoded(*pair) for pair in itertools.zip_longest(value, mine if isinstance(mine, list) else [])]
        if isinstance(value, str) and re.search("[\udc80-\udcff]", value):
            return python_reading.decode(value.encode("utf-8", "surrogateescape"), "")
        if isinstance(value, str) and isinstance(mine, str) and "\ufffd" in value:
            pattern = re.sub("(\ufffd)+", "[^\\\\x00-\\\\x7f]+", re.escape(value))
            return mine if re.fullmatch(pattern, mine) else value
        return value
    return {key: decoded(value, ours.get(key)) for key, value in theirs.items()}


DATE = re.compile(rb"\s*([A-Z][a-z]{2},\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4}\s+\d\d:\d\d(:\d\d)?\s+"
                  rb"([+-]\d{4}|[A-Z]{1,3})\s*(\([^()]*\)\s*)?")
IDENTIFIERS = re.compile(rb"\s*(<[\w!#$%&'*+/=?^`{|}~.-]+@[\w!#$%&'*+/=?^`{|}~.-]+>\s*)*", re.ASCII)
ENCODED_WORD = re.compile(rb"=\?[^?\s]*\?[bB]\?([^?]*)\?=")
BASE64 = re.compile(rb"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}=?=?|[A-Za-z0-9+/]{3}=?)?")


def is_plain_subject(value):
    return value == value.rstrip() and all(BASE64.fullmatch(text) for text in ENCODED_WORD.findall(value))


def malformed(is_well_formed, *names):
    """Takes from ours what is made of a field that is not well-formed."""
    @functools.lru_cache(maxsize=64)
    def keys(octets):
        return [key for key, name in names
                if not all(is_well_formed(value) for value in re.findall(
                    rb"(?im)^" + name + rb"[ \t]*:(.*(?:\r?\n[ \t].*)*)", octets))]

    return lambda theirs, ours, octets: theirs | {key: ours.get(key) for key in keys(octets)}


def raised(theirs, ours, _):
    return {key: ours.get(key) if isinstance(value, python_reading.Raised) else value for key, value in theirs.items()}


def doubtful(bodies):
    """Takes what the email package itself calls malformed from ours: bodies, or addresses."""
    def rewrite(theirs, ours, _):
        return theirs | {key: ours[key] for key in theirs.get(python_reading.DOUBTS, [])
                         if key.startswith("body") == bodies and key in ours}
    return rewrite


EXPLANATIONS = [
    Explanation("bare CR", "for Python it is the end of a line (line-ends-kept)", repair=repair.without_bare_cr),
    Explanation("stray lines", "Python ends a header at a line that is no field; here it is passed over (header-space)",
                repair=repair.without_stray_lines),
    Explanation("empty parts", "Python skips a part that ends with its delimiter line; here it is empty",
                repair=repair.with_empty_headers),
    Explanation("delimiter as close-delimiter", "Python makes an empty part of it (multipart-unclosed)",
                repair=repair.with_close_delimiters),
    Explanation("types", "Python takes anything with one slash for a type", repair=with_types),
    Explanation("unquoted encoded words", "Python finds no value (parameter-loose)", repair=with_quoted_names),
    Explanation("trailing spaces", "Python keeps white space at the end of a boundary (RFC 2046 section 5.1.1) and of "
                "an encoding", repair=repair.without_trailing_spaces),
    Explanation("junk on a delimiter line", "for Python it is none (delimiter-junk)", repair=repair.without_junk),
    Explanation("folding first", "Python drops a first line that is folded; here it is body (header-none)",
                repair=repair.with_empty_line_before_text),
    Explanation("encoded messages", "Python reads the encoded text of a message/rfc822 as a message",
                repair=repair.with_decoded_messages),
    Explanation("last line end", "Python takes the last line end of a multipart that is not closed for that of a "
                "delimiter", repair=with_last_line_end),
    Explanation("multipart without parts", "Python calls it a multipart still (multipart-empty)",
                rewrite=inner(multipart_as_text)),
    Explanation("raw octets", "Python keeps 8-bit octets of a header as they are (charset-fallback)",
                rewrite=inner(raw_octets)),
    Explanation("dates", "of a malformed date each guesses what it can (date-loose)",
                rewrite=inner(malformed(DATE.fullmatch, ("sentAt", b"Date")))),
    Explanation("identifiers", "of a malformed list of msg-ids each takes what it can",
                rewrite=inner(malformed(IDENTIFIERS.fullmatch, ("messageId", b"Message-ID"),
                                        ("inReplyTo", b"In-Reply-To"), ("references", b"References")))),
    Explanation("subjects", "Python leaves broken base64 and white space at the end (encoded-word-anywhere)",
                rewrite=inner(malformed(is_plain_subject, ("subject", b"Subject")))),
    Explanation("raises", "Python raises an exception", rewrite=inner(raised)),
    Explanation("addresses", "Python itself says that the field is malformed (address-loose)",
                rewrite=inner(doubtful(bodies=False))),
    Explanation("base64", "Python itself says that the base64 is malformed (base64-loose)",
                rewrite=inner(doubtful(bodies=True))),
    Explanation("same boundary", "of nested multiparts with the same boundary the innermost one goes on here, the "
                "outermost one in Python (RFC 2046 section 5.1.2 forbids them); so with one that is the other and --",
                rewrite=same_boundary),
]


class PythonEmail(Differential):
    def test_corpora_generated_and_damaged(self):
        self.compare(self.messages(generated=100, copies=4), read, EXPLANATIONS)


if __name__ == "__main__":
    main()
