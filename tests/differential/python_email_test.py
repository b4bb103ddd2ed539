"""mail-show beside Python's email package."""

import re

from differential import python_reading, repair
from differential.comparison import Differential, Explanation
from differential.reading import decode
from differential.rewriting import (inner, is_plain_subject, malformed, malformed_dates, malformed_identifiers,
                                    raw_octets, same_boundary)
from peers.case import main


def read(messages):
    return [python_reading.read(octets) for octets in messages]


def multipart_as_text(theirs, ours, _):
    leaves = re.findall(r"[^(),]+(?=[,)]|$)", theirs["tree"])
    theirs["tree"] = re.sub(r"multipart/[^(),]+(?=[,)]|$)", "text/plain", theirs["tree"])
    for number, leaf in enumerate(leaves):
        body = theirs.get(f"body {number}")
        if leaf.startswith("multipart/") and isinstance(body, bytes):
            # Python drops what is behind a close-delimiter.
            text = decode(body, "").replace("\r\n", "\n")
            mine = ours.get(f"body {number}")
            theirs[f"body {number}"] = mine if isinstance(mine, str) and mine.startswith(text.rstrip()) else text
    return theirs


def with_last_line_end(octets):
    defects = {type(defect).__name__ for part in python_reading.parse(octets).walk() for defect in part.defects}
    return octets + b"\r\n" if "CloseBoundaryNotFoundDefect" in defects else octets


def raised(theirs, ours, _):
    return {key: ours.get(key) if isinstance(value, python_reading.Raised) else value for key, value in theirs.items()}


def doubtful(bodies):
    """Takes what the email package itself calls malformed from ours: bodies, or addresses."""
    def rewrite(theirs, ours, _):
        return theirs | {key: ours[key] for key in theirs.get(python_reading.DOUBTS, [])
                         if key.startswith("body") == bodies and key in ours}
    return rewrite


# What explains more stands before what explains less: it is the first to be done without.
EXPLANATIONS = [
    Explanation("same boundary", "of nested multiparts with the same boundary the innermost one goes on here, the "
                "outermost one in Python (RFC 2046 section 5.1.2 forbids them); so with one that is the other and --",
                rewrite=same_boundary),
    Explanation("bare CR", "for Python it is the end of a line (line-ends-kept)", repair=repair.without_bare_cr),
    Explanation("stray lines", "Python ends a header at a line that is no field; here it is passed over (header-space)",
                repair=repair.without_stray_lines),
    Explanation("empty parts", "Python skips a part that ends with its delimiter line; here it is empty",
                repair=repair.with_empty_headers),
    Explanation("delimiter as close-delimiter", "Python makes an empty part of it (multipart-unclosed)",
                repair=repair.with_close_delimiters),
    Explanation("types", "Python takes anything with one slash for a type", repair=repair.with_types),
    Explanation("unquoted encoded words", "Python finds no value (parameter-loose)", repair=repair.with_quoted_names),
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
                rewrite=malformed_dates),
    Explanation("identifiers", "of a malformed list of msg-ids each takes what it can",
                rewrite=malformed_identifiers),
    Explanation("subjects", "Python leaves broken base64 and white space at the end (encoded-word-anywhere)",
                rewrite=inner(malformed(is_plain_subject, ("subject", b"Subject")))),
    Explanation("raises", "Python raises an exception", rewrite=inner(raised)),
    Explanation("addresses", "Python itself says that the field is malformed (address-loose)",
                rewrite=inner(doubtful(bodies=False))),
    Explanation("base64", "Python itself says that the base64 is malformed (base64-loose)",
                rewrite=inner(doubtful(bodies=True))),
]


class PythonEmail(Differential):
    def test_corpora_generated_and_damaged(self):
        self.compare(self.messages(generated=100, copies=4), read, EXPLANATIONS)


if __name__ == "__main__":
    main()
