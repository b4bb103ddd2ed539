"""mbsync and offlineimap between a Maildir of theirs and the server, with changes on both sides."""

import os
import random

from imap_case import ImapCase, digests, maildir_texts
from peers.messages import message

_MBSYNCRC = """\
IMAPAccount server
Host localhost
Port {port}
User alice
Pass secret
SSLType {kind}
CertificateFile {ca}
PipelineDepth 50
{more}

IMAPStore far
Account server

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
"""
_OFFLINEIMAPRC = """\
[general]
accounts = all
metadata = {directory}/offlineimap
ui = basic
maxsyncaccounts = 1

[Account all]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {directory}/near
utime_from_header = no

[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = alice
remotepass = secret
ssl = yes
sslcacertfile = {ca}
maxconnections = {connections}
"""
_LETTERS = {"\\Flagged": "F", "\\Seen": "S", "\\Answered": "R"}


class SyncCase(ImapCase):
    def mbsync(self, kind="IMAPS", more=""):
        port = self.server.imaps if kind == "IMAPS" else self.server.imap
        os.makedirs(self.path("near"), exist_ok=True)
        rc = self.write("mbsyncrc", _MBSYNCRC.format(port=port, kind=kind, ca=self.certificates().ca,
                                                     near=self.path("near"), more=more).encode())
        return self.program("mbsync", "-c", rc, "-V", "all", timeout=280)

    def offlineimap(self, connections=1):
        os.makedirs(self.path("near"), exist_ok=True)
        rc = self.write("offlineimaprc", _OFFLINEIMAPRC.format(
            directory=self.directory, port=self.server.imaps, ca=self.certificates().ca,
            connections=connections).encode())
        return self.program("offlineimap", "-o", "-c", rc, timeout=200)

    def near(self, *names):
        return self.path("near", *names)

    def near_files(self, mailbox):
        return [os.path.join(self.near(mailbox), sub, name) for sub in ("new", "cur")
                for name in sorted(os.listdir(os.path.join(self.near(mailbox), sub)))]

    def add_near(self, mailbox, octets, number):
        with open(os.path.join(self.near(mailbox), "new", f"17{number:08}.R{number}.near"), "wb") as file:
            file.write(octets)

    def flag_near(self, path, letters):
        """Adds letters to the name of a file."""
        folder, name = os.path.split(path)
        base, _, old = name.partition(":2,")
        cur = os.path.join(os.path.dirname(folder), "cur")
        os.rename(path, os.path.join(cur, f"{base}:2,{''.join(sorted(set(old + letters)))}"))

    def change_near(self, chance, mailbox, count, prefix):
        """Adds, flags and removes a few of the near side."""
        files = self.near_files(mailbox)
        chance.shuffle(files)
        for path in files[:count]:
            os.unlink(path)
        for path in files[count:2 * count]:
            self.flag_near(path, chance.choice("FRS"))
        for number in range(count):
            self.add_near(mailbox, message(f"{prefix} near {number}", f"{chance.random()}\n"), chance.randrange(10**8))

    def change_far(self, chance, mailbox, count, prefix):
        with self.server.client() as client:
            client.ok(f"SELECT {mailbox}")
            uids = [str(response.data["UID"]) for response in client.ok("FETCH 1:* (UID)").all("FETCH")]
            chance.shuffle(uids)
            client.ok(f"UID STORE {','.join(uids[:count])} +FLAGS.SILENT (\\Deleted)")
            client.ok(f"UID EXPUNGE {','.join(uids[:count])}")
            for flag in ("\\Seen", "\\Flagged", "\\Answered"):
                some = chance.sample(uids[count:], count)
                client.ok(f"UID STORE {','.join(some)} +FLAGS.SILENT ({flag})")
        self.append_all([message(f"{prefix} far {number}", f"{chance.random()}\n") for number in range(count)], mailbox)

    def check_same(self, mailbox, near_path=None):
        """Both sides hold the same texts with the same flags."""
        near = near_path or self.near(mailbox)
        theirs = maildir_texts(near)
        self.assertEqual(digests(theirs), digests(self.stored(mailbox)))
        letters = sorted("".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS))
                         for flags in self.flags(mailbox))
        names = [name for sub in ("new", "cur") for name in os.listdir(os.path.join(near, sub))]
        self.assertEqual(sorted("".join(letter for letter in name.partition(":2,")[2] if letter in "FRS")
                                for name in names), letters)
        return len(theirs)

    def both_change(self, sync, mailboxes, count, rounds=3):
        """Changes on both sides, and syncs until nothing changes."""
        chance = random.Random(7)
        for turn in range(rounds):
            for mailbox in mailboxes:
                self.change_near(chance, mailbox, count, f"{turn}")
                self.change_far(chance, mailbox, count, f"{turn}")
            sync()
            sync()
            for mailbox in mailboxes:
                self.check_same(mailbox)
