"""Rewriting of messages by line: which lines are header, which are delimiters."""

import binascii
import functools
import re

BOUNDARY = re.compile(rb"boundary\s*=\s*(?:\"([^\"\r\n]*)\"?|([^\s;\"]+))", re.IGNORECASE)
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
CONTENT_TYPE = re.compile(rb"^content-type\s*:\s*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
MESSAGE = re.compile(rb"^content-type\s*:\s*message/(rfc822|global)", re.IGNORECASE | re.MULTILINE)
WELL_KNOWN = re.compile(rb"(bcc|cc|content-disposition|content-id|content-transfer-encoding|content-type|date|"
                        rb"delivered-to|from|message-id|mime-version|received|reply-to|return-path|sender|subject|to)"
                        rb"[ \t]*:", re.IGNORECASE)

FIRST, HEADER, EMPTY, BODY, DELIMITER, CLOSE = "first", "header", "empty", "body", "delimiter", "close"


def boundaries(octets):
    """All that are declared, in their order."""
    return [(quoted or bare).rstrip() for quoted, bare in BOUNDARY.findall(octets)]


@functools.lru_cache(maxsize=64)
def _classified(octets):
    known, digests = set(), set()
    found = []
    in_header, header, candidate, in_digest = True, [], False, False
    for line in octets.splitlines(keepends=True):
        text = line.rstrip()
        opens = text.startswith(b"--") and text[2:] in known
        closes = text.startswith(b"--") and text.endswith(b"--") and text[2:-2].rstrip() in known
        if in_header and header and not opens and line.startswith(b"--") and not candidate:
            # The first delimiter may stand directly behind the header that declares its boundary.
            candidate = True
            field = CONTENT_TYPE.search(b"".join(header))
            opens = field is not None and field[1].lower().startswith(b"multipart/") and \
                boundaries(field[1])[:1] == [text[2:]]
        if header and (opens or closes or line in (b"\r\n", b"\n")):
            # A boundary means nothing in the header that declares it.
            field = CONTENT_TYPE.search(b"".join(header))
            if field and field[1].lower().startswith(b"multipart/"):
                known.update(boundaries(field[1])[:1])
                if field[1].lower().startswith(b"multipart/digest"):
                    digests.update(boundaries(field[1])[:1])
        if opens or closes:
            kind, in_header, header, candidate = DELIMITER if opens else CLOSE, opens, [], False
            in_digest = text[2:] in digests
        elif not in_header:
            kind = BODY
        elif line in (b"\r\n", b"\n"):
            kind = EMPTY
            declared = b"".join(header)
            in_header = MESSAGE.search(declared) is not None or (in_digest and not CONTENT_TYPE.search(declared))
            header, candidate, in_digest = [], False, False
        else:
            kind = HEADER if header else FIRST
            header.append(line)
        found.append((kind, line))
    return found


def classified(octets):
    """[kind, line] of each line. FIRST and HEADER are lines of a header, EMPTY ends it."""
    return [list(line) for line in _classified(octets)]


def joined(lines):
    return b"".join(line for _, line in lines)


def _is_folded(line):
    return line[:1] in (b" ", b"\t")


def _is_passed_over(lines, number):
    """A first line that is no field, where a header begins behind it nevertheless."""
    if lines[number][1].startswith((b"From ", b">From ")):
        return True
    number += 1
    while number < len(lines) and lines[number][0] == HEADER and _is_folded(lines[number][1]):
        number += 1
    return number < len(lines) and lines[number][0] == HEADER and WELL_KNOWN.match(lines[number][1]) is not None


def without_stray_lines(octets):
    """What is no field, and is passed over, is gone; white space before a colon, too."""
    lines = classified(octets)
    kept = []
    dropping = text = False
    for number, (kind, line) in enumerate(lines):
        if kind == FIRST:
            is_field = FIELD.match(line) is not None
            text = not is_field and not _is_passed_over(lines, number)
            dropping = not is_field
        elif kind == HEADER and not _is_folded(line):
            dropping = FIELD.match(line) is None
        if kind in (FIRST, HEADER) and not text:
            if dropping:
                continue
            line = re.sub(rb"^([!-9;-~]+)[ \t]+:", rb"\1:", line)
        kept.append([kind, line])
    return joined(kept)


def with_empty_headers(octets):
    """A part that ends in its header has an empty line behind it."""
    kept = []
    for kind, line in classified(octets):
        if kind in (DELIMITER, CLOSE) and kept and kept[-1][0] in (DELIMITER, HEADER, FIRST):
            kept += [[EMPTY, b"\r\n"], [BODY, b"\r\n"]]
        kept.append([kind, line])
    if kept and kept[-1][0] == DELIMITER:
        kept[-1][1] = kept[-1][1].rstrip() + b"\r\n"
        kept.append([EMPTY, b"\r\n"])
    return joined(kept)


def with_close_delimiters(octets):
    """A delimiter with nothing behind it before the end or another boundary is a close-delimiter."""
    lines = classified(octets)
    for number, (kind, line) in enumerate(lines):
        behind = [other for other in lines[number + 1:] if other[1].strip()][:1]
        nothing = not behind or (behind[0][0] in (DELIMITER, CLOSE) and
                                 behind[0][1].strip(b"- \t\r\n") != line.strip(b"- \t\r\n"))
        if kind == DELIMITER and nothing:
            lines[number] = [CLOSE, line.rstrip() + b"--\r\n"]
    return joined(lines)


ENCODED = re.compile(rb"(content-transfer-encoding\s*:\s*)(base64|quoted-printable)", re.IGNORECASE)


def _header_end(lines, number):
    while number < len(lines) and lines[number][0] in (FIRST, HEADER):
        number += 1
    return number


def _with_decoded_messages(octets):
    lines = classified(octets)
    kept = []
    number = 0
    while number < len(lines):
        start = number
        number = _header_end(lines, start)
        header = joined(lines[start:number])
        encoding = ENCODED.search(header)
        if MESSAGE.search(header) and encoding and number < len(lines) and lines[number][0] == EMPTY:
            end = number + 1
            while end < len(lines) and lines[end][0] not in (DELIMITER, CLOSE):
                end += 1
            body = joined(lines[number + 1:end])
            decode = binascii.a2b_base64 if encoding[2].lower() == b"base64" else binascii.a2b_qp
            try:
                line_end = b"\r\n" if end < len(lines) else b""
                kept += [[HEADER, ENCODED.sub(rb"\g<1>8bit", header)], [EMPTY, b"\r\n"],
                         [BODY, decode(body) + line_end]]
                number = end
                continue
            except binascii.Error:
                pass
        kept += lines[start:number + 1]
        number += 1
    return joined(kept)


def with_decoded_messages(octets):
    """What is inside of an encoded message/rfc822 stands there as it is, and so on."""
    decoded = _with_decoded_messages(octets)
    return octets if decoded == octets else with_decoded_messages(decoded)


def without_trailing_spaces(octets):
    """White space at the end of a boundary, which is none of it, and of an encoding."""
    octets = re.sub(rb"(?i)(boundary\s*=\s*\"[^\"\r\n]*?)[ \t]+\"", rb'\1"', octets)
    lines = classified(octets)
    for line in lines:
        if line[0] in (FIRST, HEADER) and line[1].lower().startswith(b"content-transfer-encoding:"):
            line[1] = line[1].rstrip() + b"\r\n"
        if line[0] == CLOSE:
            line[1] = line[1].rstrip()[:-2].rstrip() + b"--\r\n"
    return joined(lines)


def without_junk(octets):
    """Delimiter lines are the boundary alone."""
    known = boundaries(octets)
    lines = []
    for line in octets.splitlines(keepends=True):
        word = line.split(None, 1)[0] if line.startswith(b"--") and line.strip() else b""
        if word[2:] in known or (word.endswith(b"--") and word[2:-2] in known):
            line = word + b"\r\n"
        lines.append(line)
    return b"".join(lines)


def with_empty_line_before_text(octets, message=True):
    """A part, and a message, that begins with what is no header has an empty header."""
    lines = classified(octets)
    kept = []
    for number, (kind, line) in enumerate(lines):
        if kind == FIRST and (number or message) and not FIELD.match(line) and not _is_passed_over(lines, number):
            kept.append([EMPTY, b"\r\n"])
        kept.append([kind, line])
    return joined(kept)


def without_bare_cr(octets):
    return re.sub(rb"\r(?!\n)", b" ", octets)


def with_quoted_names(octets):
    """An encoded word as the value of a parameter stands in quotes."""
    return re.sub(rb"(?i)(name=)(=\?[^;\s]*\?=)", rb'\1"\2"', octets)


TYPE_FIELD = re.compile(rb"^(content-type[ \t]*:)([^;\r\n]*)", re.IGNORECASE | re.MULTILINE)
TYPE = re.compile(rb"\s*[^\s;/]+/[^\s;/]+\s*")
NO_SEMICOLON = re.compile(rb"^(content-type[ \t]*:\s*[^\s;/]+/[^\s;/]+)(?=\s+[^\s;=]+=)", re.IGNORECASE | re.MULTILINE)


def with_types(octets):
    """A type is one "/" between words; a parameter has a ";" in front."""
    octets = NO_SEMICOLON.sub(rb"\1;", octets)
    octets = re.sub(rb"(?im)^(content-type[ \t]*:[^;\r\n()]*)\([^()\r\n]*\)?", rb"\1", octets)
    return TYPE_FIELD.sub(lambda field: field[0] if TYPE.fullmatch(field[2]) else field[1] + b" text/plain", octets)


def without_repeated_fields(octets):
    """Of several addresses fields of a name the last one stays, of other fields of MIME the first one."""
    lines = classified(octets)
    kept = []
    number = 0
    while number < len(lines):
        start = number
        number = _header_end(lines, start)
        fields = []
        for line in lines[start:number]:
            if fields and _is_folded(line[1]):
                fields[-1].append(line)
            else:
                fields.append([line])
        names = [field[0][1].split(b":", 1)[0].strip().lower() for field in fields]
        for at, field in enumerate(fields):
            others = names[:at] if names[at].startswith(b"content-") else names[at + 1:]
            if names[at] not in others or names[at] not in REPEATED:
                kept += field
        kept += lines[number:number + 1]
        number += 1
    return joined(kept)


REPEATED = {b"from", b"to", b"cc", b"bcc", b"reply-to", b"sender", b"content-type", b"content-disposition",
            b"content-transfer-encoding", b"subject", b"date", b"message-id", b"in-reply-to", b"references"}
