"""A reading is what a parser makes of a message, in one form for all parsers: a dictionary.

    tree         "multipart/mixed(text/plain,image/png)"; a message/rfc822 is a leaf
    body N       of the leaf N, from 0: its text, with LF, or its octets
    message N    instead, of a message in it: its reading
    name N       the name of the file
    subject      text
    from ...     [[name, address], ...]
    sentAt       RFC 3339
    messageId... [identifier, ...]

What is not there has no entry. A key that begins with "~" is not compared.
"""

import base64
import json
import os

from peers.commands import run

ADDRESSES = {"from": "From", "sender": "Sender", "replyTo": "Reply-To", "to": "To", "cc": "Cc", "bcc": "Bcc"}
IDENTIFIERS = {"messageId": "Message-ID", "inReplyTo": "In-Reply-To", "references": "References"}
# Labels that mean Windows-1252 for browsers and mail programs alike (WHATWG Encoding Standard).
LATIN1 = {"us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252"}
MESSAGES = ("message/rfc822", "message/global")


def decode(octets, charset):
    """Text of a charset; undeclared and unknown ones are guessed at (docs/leniency.md: charset-fallback)."""
    try:
        if charset and charset not in LATIN1:
            return octets.decode(charset, "replace")
    except LookupError:
        charset = ""
    try:
        if charset in ("", "us-ascii", "ascii"):
            return octets.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return octets.decode("cp1252", "replace")


def of_record(record):
    """The reading of a record of mail-show --json --attachments, or of gmime_json."""
    leaves = []

    def walk(part):
        kind = part["type"].lower()
        if part.get("subParts"):
            return kind + "(" + ",".join(walk(child) for child in part["subParts"]) + ")"
        leaves.append(part | {"type": kind})
        return kind

    reading = {"tree": walk(record["bodyStructure"])}
    raw = {part["partId"]: base64.b64decode(part["raw"])
           for key in ("attachments", "textBody", "htmlBody") for part in record[key] if "raw" in part}
    for number, part in enumerate(leaves):
        value = record["bodyValues"].get(part.get("partId"))
        body = raw.get(part.get("partId")) if value is None else value["value"].replace("\r\n", "\n")
        if "message" in part:
            reading[f"message {number}"] = of_record(part["message"]) if part["message"] else {"tree": "none"}
        elif part["type"] in MESSAGES:
            reading[f"message {number}"] = body
        elif body is not None and not part["type"].startswith("message/"):
            reading[f"body {number}"] = body
        if part.get("name"):
            reading[f"name {number}"] = part["name"]
    for key in ("subject", "sentAt", *IDENTIFIERS):
        if record.get(key):
            reading[key] = record[key]
    for key in ADDRESSES:
        if record.get(key):
            reading[key] = [[address["name"] or "", address["email"]] for address in record[key]]
    return reading


def _records(messages, directory):
    paths = []
    for number, octets in enumerate(messages):
        paths.append(os.path.join(directory, f"m{number}"))
        with open(paths[-1], "wb") as file:
            file.write(octets or b"\r\n")  # nothing is no message
    outcome = run(["mail-show", "--json", "--attachments", *paths], directory)
    if outcome.status != 0 or outcome.stderr:
        raise AssertionError(str(outcome))
    lines = outcome.stdout.split(b"\n")[:-1]
    if len(lines) != len(messages):
        raise AssertionError(f"{len(lines)} records for {len(messages)} messages")
    return [of_record(json.loads(line)) for line in lines]


def ours(messages, directory):
    """Of a list of octets; messages in messages are read by themselves, one level after the other."""
    readings = _records(messages, directory)
    inner = [(reading, key) for reading in readings for key in reading if key.startswith("message ")]
    if inner:
        for (reading, key), found in zip(inner, ours([reading[key] for reading, key in inner], directory)):
            reading[key] = found
    return readings
