"""Helpers of the tests of mail-send."""


def headers_added(stored, sent):
    """What the receiving side put before the message; None when the rest is not `sent`, octet for octet."""
    return stored[:-len(sent)] if stored.endswith(sent) else None


def only(found, case):
    case.assertEqual(len(found), 1, found)
    return found[0]


def mboxrd(messages):
    """Messages with LF line ends as one mboxrd."""
    box = b""
    for octets in messages:
        lines = octets.split(b"\n")
        quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
        box += b"From a@b Mon Nov  2 10:00:00 2026\n" + b"\n".join(quoted) + b"\n"
    return box


def trace_of(outcome):
    """The lines of --trace."""
    return [line for line in outcome.stderr.decode().splitlines() if line[:3] in ("C: ", "S: ")]
