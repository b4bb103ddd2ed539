"""mail-serve's IMAP on a disk that becomes full, and one that becomes read-only: NO, nothing acknowledged is lost, what
is there can be read, and everything goes on when there is room again."""

import os
import unittest

from fault_case import FaultCase
from peers.case import main
from peers.disk import SmallDisk
from peers.imap_client import Gone, ImapClient, Literal
from peers.imap_server import DOVECOT
from peers.mailserve import MailServe
from peers.messages import crlf, message
from peers.process import wait_until


@unittest.skipIf(DOVECOT, "this is about mail-serve")
class DiskFullImap(FaultCase):
    def setUp(self):
        super().setUp()
        self.disk = SmallDisk(self.path("disk"), 3000)
        self.enterContext(self.disk)
        self.server = MailServe(listen=("imap://127.0.0.1:0",), store=self.path("disk", "store"))
        self.server.start()
        self.addCleanup(self.server.remove)
        self.addCleanup(self.server.stop)

    def client(self):
        return ImapClient(self.server.port("imap"), "alice")

    def append(self, client, number, size=2000):
        return client.command("APPEND INBOX ", Literal(crlf(message(f"number {number}", "x" * 70 + "\n" +
                                                                     "y\n" * (size // 2)))))

    def subjects(self):
        with self.client() as client:
            client.ok("SELECT INBOX")
            return [response.data["ENVELOPE"][1] for response in client.command("FETCH 1:* ENVELOPE").all("FETCH")]

    def test_full(self):
        with self.client() as client:
            kept = []
            for number in range(400):
                answer = self.append(client, number, 20000)
                if answer.status != "OK":
                    break
                kept.append(number)
            else:
                self.fail("the disk does not become full")
            self.assertEqual(answer.status, "NO")
            self.assertGreater(len(kept), 5)
            client.ok("SELECT INBOX")
            self.assertEqual(len(client.ok("FETCH 1:* (FLAGS BODY.PEEK[TEXT])").all("FETCH")), len(kept))
            client.ok("NOOP")
            for command in ("STORE 1:* +FLAGS.SILENT (\\Seen)", "COPY 1:* INBOX", "CREATE Another", "EXPUNGE"):
                self.assertIn(client.command(command).status, ("OK", "NO"), command)
        self.assertEqual(self.subjects()[:len(kept)], [b"number %d" % number for number in kept])
        self.disk.grow(20000)
        with self.client() as client:
            self.append(client, 1000).ok()
            client.ok("SELECT INBOX")
            client.ok("STORE 1:* +FLAGS.SILENT (\\Flagged)")
        self.assertEqual(self.subjects()[-1], b"number 1000")

    def test_room_is_made_over_imap(self):
        with self.client() as client:
            count = 0
            while self.append(client, count, 20000).status == "OK":
                count += 1
            client.ok("SELECT INBOX")
            client.ok("STORE 1:5 +FLAGS.SILENT (\\Deleted)")
            client.ok("EXPUNGE")
            self.append(client, 1000, 20000).ok()
        self.assertEqual(self.subjects(), [b"number %d" % number for number in [*range(5, count), 1000]])

    def test_room_is_made_by_another(self):
        with self.client() as client:
            count = 0
            while self.append(client, count, 20000).status == "OK":
                count += 1
            folder = self.path("disk", "store", "alice", "cur")
            new = self.path("disk", "store", "alice", "new")
            files = [os.path.join(top, name) for top in (folder, new) for name in os.listdir(top)]
            for path in sorted(files)[:len(files) // 2]:
                os.unlink(path)
            wait_until(lambda: self.append(client, 1000, 2000).status == "OK", "there is room again", 20)
            client.ok("SELECT INBOX")
            client.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            client.ok("EXPUNGE")
        self.assertEqual(self.subjects(), [])

    def test_read_only(self):
        with self.client() as client:
            for number in range(3):
                self.append(client, number).ok()
            client.ok("SELECT INBOX")
            self.disk.make_read_only()
            try:
                for command in ("STORE 1 +FLAGS (\\Seen)", "COPY 1 INBOX", "CREATE Another"):
                    self.assertEqual(client.command(command).status, "NO", command)
                self.assertEqual(self.append(client, 9).status, "NO")
                self.assertEqual(len(client.ok("FETCH 1:* (UID ENVELOPE)").all("FETCH")), 3)
            except Gone as error:
                self.fail(f"the session has ended: {error}")


if __name__ == "__main__":
    main()
