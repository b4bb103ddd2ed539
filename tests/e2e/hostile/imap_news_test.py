"""IMAP servers whose CONDSTORE, QRESYNC and ENABLE cannot be believed, against mail-fetch with rules."""

from hostile_case import MESSAGES, Row
from imap_scripts import CAPABILITIES, HostileImap, selected, server
from peers.case import main
from talks import answer, endless, silence

_UNASKED = "unexpected APPENDUID"
_REPLIES = "SMTP replies"
_LITERALS = "literals"
_ENDLESS = "a handshake or read that never ends"
_NEWS = (*CAPABILITIES, "ENABLE", "CONDSTORE", "QRESYNC")
_UTF8 = (*CAPABILITIES, "UTF8=ACCEPT")
_UNSEEN = ("--tls", "none", "--keep", "--unseen-only")


def news(exists, uid_next, modseq, more=b""):
    """What is said before the tagged OK to EXAMINE."""
    code = b"" if modseq is None else b"* OK [HIGHESTMODSEQ %s] x\r\n" % str(modseq).encode()
    return selected(exists, more + code, uid_next=uid_next)


def examined(said, refuses=b"\0"):
    """EXAMINE, and BAD to one with this parameter."""
    def talk(conversation, tag, line):
        conversation.send(tag + b" BAD what\r\n" if refuses in line else said + tag + b" OK done\r\n")
    return talk


def later(name, then, messages=MESSAGES, again=(0, 1, 2), threat=_UNASKED, **replies):
    """The first run finds two messages, and rules leave nothing to do; `then` is what the second one is told."""
    return Row(name, threat, server(capabilities=_NEWS, messages=MESSAGES[:2], EXAMINE=news(2, 3, 100)), 0,
               delivered=(0, 1), options=_UNSEEN, again=again,
               then=server(capabilities=_NEWS, messages=messages, EXAMINE=then, **replies))


def refused(name, said, status, says, **more):
    return Row(name, _LITERALS, server(capabilities=_NEWS, EXAMINE=said), status, says, options=_UNSEEN, **more)


ROWS = [
    later("HIGHESTMODSEQ goes back", news(3, 4, 50)),
    later("HIGHESTMODSEQ stands still, UIDNEXT does not", news(3, 4, 100)),
    later("HIGHESTMODSEQ and UIDNEXT stand still, EXISTS does not", news(3, 3, 100)),
    later("HIGHESTMODSEQ is gone", news(3, 4, None)),
    later("HIGHESTMODSEQ 0", news(3, 4, 0)),
    later("HIGHESTMODSEQ negative", news(3, 4, -1)),
    later("HIGHESTMODSEQ of 2^64", news(3, 4, 2**64)),
    later("HIGHESTMODSEQ of 2^63-1, then none", news(3, 4, 2**63 - 1)),
    later("NOMODSEQ", selected(3, b"* OK [NOMODSEQ] x\r\n", uid_next=4)),
    later("UIDNEXT goes back", news(3, 2, 110)),
    later("VANISHED of everything", news(3, 4, 120, b"* VANISHED (EARLIER) 1:4294967295\r\n")),
    later("VANISHED of what is there", news(2, 3, 120, b"* VANISHED (EARLIER) 1:2\r\n"), MESSAGES[:2], (0, 1)),
    later("VANISHED of what never was", news(3, 4, 120, b"* VANISHED (EARLIER) 7000:9000,4\r\n")),
    later("VANISHED, not earlier", news(3, 4, 120, b"* VANISHED 1:3\r\n")),
    later("flags of what is not there", news(2, 3, 120, b"* 9 FETCH (UID 99 MODSEQ (110) FLAGS ())\r\n"), MESSAGES[:2],
          (0, 1)),
    later("flags of what is done", news(2, 3, 120, b"* 1 FETCH (UID 1 MODSEQ (110) FLAGS ())\r\n" * 1000), MESSAGES[:2],
          (0, 1)),
    later("flags with MODSEQ 0", news(3, 4, 120, b"* 3 FETCH (UID 3 MODSEQ (0) FLAGS ())\r\n")),
    later("CLOSED again and again", news(3, 4, 120, b"* OK [CLOSED] x\r\n" * 1000)),
    later("QRESYNC is BAD", examined(news(3, 4, 120), b"QRESYNC"), threat=_REPLIES),
    later("ENABLE: NO", news(3, 4, 120), threat=_REPLIES, ENABLE=answer(b"%T NO no\r\n")),
    later("ENABLE: BAD", news(3, 4, 120), threat=_REPLIES, ENABLE=answer(b"%T BAD no\r\n")),
    later("ENABLE: what nobody wanted", news(3, 4, 120), threat=_REPLIES, ENABLE=b"* ENABLED UTF8=ACCEPT X-Y\r\n"),
    later("QRESYNC is taken and not enabled", news(2, 3, 120), ENABLE=b"* ENABLED CONDSTORE\r\n"),
    later("QRESYNC tells of nothing", news(2, 3, 120), ENABLE=b"* ENABLED QRESYNC\r\n"),
    refused("CONDSTORE is BAD", examined(news(3, 4, 100), b"CONDSTORE"), 0, "", delivered=(0, 1, 2)),
    refused("BAD to everything", examined(b"", b"EXAMINE"), 76, "what"),
    refused("endless VANISHED", endless(b"* VANISHED (EARLIER) 1:2\r\n"), 76, "kImapUnasked", deadline=40),
    refused("endless ENABLED", endless(b"* ENABLED QRESYNC\r\n"), 76, "kImapUnasked", deadline=40),
    refused("endless flags", endless(b"* 1 FETCH (UID 1 FLAGS ())\r\n"), 76, "kImapUnasked", deadline=60),
    Row("UTF8=ACCEPT: no answer to ENABLE", _ENDLESS, server(capabilities=_UTF8, ENABLE=silence), 75, "timed out"),
    Row("UTF8=ACCEPT: endless ENABLED", _LITERALS,
        server(capabilities=_UTF8, ENABLE=endless(b"* ENABLED UTF8=ACCEPT\r\n")), 76, "kCapabilities"),
    Row("UTF8=ACCEPT: NO", _REPLIES, server(capabilities=_UTF8, ENABLE=answer(b"%T NO no\r\n")), 0,
        delivered=(0, 1, 2)),
]


def all_rows():
    return ROWS


class News(HostileImap):
    def test_rows(self):
        self.run_rows(ROWS)


if __name__ == "__main__":
    main()
