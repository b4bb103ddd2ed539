"""offlineimap: a Maildir of its own beside the account, with changes on both sides."""

import os

from imap_case import needs
from peers.case import main
from sync_case import SyncCase


@needs("offlineimap")
class Offlineimap(SyncCase):
    def test_both_directions(self):
        self.offlineimap()
        self.assertEqual(self.check_same("INBOX"), len(self.texts))
        self.both_change(self.offlineimap, ["INBOX"], 2, 2)

    def test_several_connections_and_mailboxes(self):
        with self.server.client() as client:
            for name in ("Work", "Work/Old"):
                client.ok(f"CREATE {name}")
        self.append_all(self.texts[:3], "Work/Old")
        self.offlineimap(connections=3)
        self.assertEqual(self.check_same("INBOX"), len(self.texts))
        self.assertEqual(self.check_same("Work/Old", self.path("near", "Work.Old")
                                         if os.path.isdir(self.path("near", "Work.Old")) else None), 3)


if __name__ == "__main__":
    main()
