"""Helpers of the tests of mail-send."""


def headers_added(stored, sent):
    """What the receiving side put before the message; None when the rest is not `sent`, octet for octet."""
    return stored[:-len(sent)] if stored.endswith(sent) else None


def only(found, case):
    case.assertEqual(len(found), 1, found)
    return found[0]
