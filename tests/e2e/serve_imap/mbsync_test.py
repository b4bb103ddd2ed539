"""mbsync: mailboxes made on either side, flags, deletions, both sides changing at once; with MAILPIPE_FULL over 10,000
messages."""

import os
import subprocess
import sys

from imap_case import needs
from peers.case import main
from peers.messages import message
from sync_case import SyncCase

_COUNT = int(os.environ.get("MAILPIPE_MESSAGES", "10000" if os.environ.get("MAILPIPE_FULL") else "500"))
_GENERATOR = os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "shared", "bench", "gen_maildir.py")


@needs("mbsync")
class Mbsync(SyncCase):
    def test_both_directions(self):
        self.mbsync()
        self.assertEqual(self.check_same("INBOX"), len(self.texts))
        self.both_change(self.mbsync, ["INBOX"], 2)

    def test_over_starttls(self):
        self.mbsync("STARTTLS", "AuthMechs PLAIN")
        self.assertEqual(self.check_same("INBOX"), len(self.texts))

    def test_mailboxes(self):
        with self.server.client() as client:
            client.ok("CREATE Far/Deep")
            client.ok("CREATE &AMQ-")
        self.append_all(self.texts[:2], "Far/Deep")
        self.mbsync()
        for sub in ("", "new", "cur", "tmp"):
            os.makedirs(self.near("Near", sub))
        self.add_near("Near", message("made near", "x\n"), 1)
        self.mbsync()
        self.assertEqual(self.check_same("Far/Deep"), 2)
        self.assertEqual(self.check_same("Near"), 1)
        self.assertEqual(self.mailboxes(), ["&AMQ-", "Far", "Far/Deep", "INBOX", "Near"]
                         if "Far" in self.mailboxes() else ["&AMQ-", "Far/Deep", "INBOX", "Near"])

    def test_capabilities_taken_away(self):
        """Without what it likes best, it comes to the same."""
        more = "\n".join(f"DisableExtension {name}" for name in ("UIDPLUS", "LITERAL+", "MOVE", "NAMESPACE"))
        self.mbsync("IMAPS", more)
        self.both_change(lambda: self.mbsync("IMAPS", more), ["INBOX"], 1, 1)


@needs("mbsync")
class Large(SyncCase):
    texts = []

    def test_large(self):
        source = self.path("source")
        subprocess.run([sys.executable, _GENERATOR, str(_COUNT), source], check=True)
        self.server.fill(source)
        self.mbsync()
        self.assertEqual(self.check_same("INBOX"), _COUNT)
        self.both_change(self.mbsync, ["INBOX"], max(2, _COUNT // 100), 2)


if __name__ == "__main__":
    main()
