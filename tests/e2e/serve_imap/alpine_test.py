"""Alpine on a terminal: opens INBOX, reads, flags, saves to another mailbox, expunges."""

from imap_case import ImapCase, needs
from peers.case import main
from peers.process import wait_until
from peers.terminal import Terminal

_RC = """\
inbox-path={{localhost:{port}/{secure}/user=alice}}INBOX
folder-collections=Server {{localhost:{port}/{secure}/user=alice}}[]
feature-list=no-enable-full-header-cmd,quit-without-confirm,expunge-without-confirm,expunge-without-confirm-everywhere,\
enable-flag-cmd,auto-move-read-msgs,enable-flag-screen-implicitly,disable-password-file-saving
last-version-used=6.99.99
ssl-ciphers=
user-domain=example.org
ssl-cacert-file={ca}
"""


@needs("alpine")
class Alpine(ImapCase):
    def alpine(self):
        # Alpine takes the system's certificates only, unless told not to look.
        rc = self.write(".pinerc", _RC.format(port=self.server.imaps, secure="ssl/novalidate-cert",
                                              ca=self.certificates().ca).encode())
        terminal = Terminal(["alpine", "-p", rc, "-i"], self.directory, columns=100)
        self.addCleanup(terminal.close)
        terminal.wait_for(b"PASSWORD", 30)
        terminal.type(b"secret\r")
        terminal.wait_for(b"MESSAGE INDEX", 30)
        terminal.wait_for(b"folded", 30)
        return terminal

    def test_read_flag_delete(self):
        with self.server.client() as client:
            client.ok("CREATE Kept")
        terminal = self.alpine()
        terminal.type(b"\r")  # view
        terminal.wait_for(b"Hello", 30)
        terminal.type(b"<")
        terminal.wait_for(b"folded", 30, 2)
        terminal.type(b"S")
        terminal.wait_for(b"SAVE", 30)
        terminal.type(b"Kept\r")  # copies, and marks it deleted
        terminal.wait_for(b"DEL", 30)  # in the title; what it says of the copy is overwritten when it was busy
        terminal.type(b"X")
        wait_until(lambda: self.stored() == self.texts[1:], "the message is expunged", 30)
        terminal.type(b"Q")
        status, said = terminal.finish(30)
        self.assertEqual(status, 0, said[-2000:])
        self.assertEqual(self.stored("Kept"), self.texts[:1])
        self.assertEqual(self.stored(), self.texts[1:])


if __name__ == "__main__":
    main()
