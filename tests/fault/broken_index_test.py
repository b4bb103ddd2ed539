"""The index of an account is cut short, overwritten with rubbish, deleted, or from another day; the clock jumps between
two runs: every message is there afterwards with its flags, and its UID, or another UIDVALIDITY."""

import os
import random
import shutil
import struct
import unittest

from fault_case import FaultCase
from peers.case import main
from peers.imap_client import Literal, Refused
from peers.imap_server import DOVECOT, ImapServer
from peers.messages import crlf, numbered
from peers.process import wait_until

_COUNT = 30


@unittest.skipIf(DOVECOT, "this is about mail-serve's index")
class BrokenIndex(FaultCase):
    def setUp(self):
        super().setUp()
        self.server = ImapServer(store=self.path("store"))
        self.server.start()
        self.addCleanup(self.server.stop)
        with self.server.client() as client:
            client.ok("CREATE Other")
            for number, octets in enumerate(numbered(_COUNT)):
                client.ok(f"APPEND {'Other' if number % 3 == 0 else 'INBOX'} ", Literal(crlf(octets)))
            client.ok("SELECT INBOX")
            client.ok("STORE 1:5 +FLAGS (\\Flagged later)")
            client.ok("STORE 3,4 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")
            client.ok("UID STORE 7 +FLAGS (\\Seen)")
        self.before = self.look()

    def look(self):
        found = {}
        with self.server.client() as client:
            for name in ("INBOX", "Other"):
                validity = client.ok(f"SELECT {name}").codes()["UIDVALIDITY"]
                for response in client.command("UID FETCH 1:* (FLAGS BODY.PEEK[])").all("FETCH"):
                    found[response.data["BODY[]"]] = (name, validity, response.data["UID"],
                                                      set(response.data["FLAGS"]) - {"\\Recent"})
        return found

    def files(self):
        top = self.server.maildir()
        return [os.path.join(top, name) for name in sorted(os.listdir(top)) if name.startswith(".mailpipe-index")]

    def stop(self):
        self.server.peer.stop()

    def check(self, what, keywords=True):
        self.server.restart()
        after = self.look()
        self.assertEqual(sorted(after), sorted(self.before), what)
        for text, (name, validity, uid, flags) in self.before.items():
            name_now, validity_now, uid_now, flags_now = after[text]
            self.assertEqual(name_now, name, what)
            if not keywords:
                flags, flags_now = flags - {"later"}, flags_now - {"later"}
            self.assertEqual(flags_now, flags, what)
            if validity_now == validity:
                self.assertEqual(uid_now, uid, f"{what}: a UID means another message")
            else:
                self.assertGreater(validity_now, validity, what)
        with self.server.client() as client:
            client.ok("SELECT INBOX")
            answer = client.ok("APPEND INBOX ", Literal(crlf(numbered(_COUNT + 1)[-1])))
            validity, uids = answer.codes()["APPENDUID"]
            known = [uid for _, value, uid, _ in after.values() if value == validity]
            self.assertGreater(uids[0], max(known), what)
        # Rubbish where nobody has read shows when something is written: who opens it next finds another index.
        wait_until(lambda: self.expunge_last(what), f"{what}: an index that can be written", 20)
        self.before = self.look()

    def expunge_last(self, what):
        with self.server.client() as client:
            client.ok("SELECT INBOX")
            answers = [client.command("STORE * +FLAGS.SILENT (\\Deleted)"), client.command("EXPUNGE")]
        refusals = [answer.code for answer in answers if answer.status != "OK"]
        self.assertLessEqual(set(refusals), {("SERVERBUG", None)}, what)
        return not refusals

    def test_cut_short(self):
        for share in (0, 1, 100, 0.3, 0.7, 0.99):
            self.stop()
            for path in self.files():
                size = os.path.getsize(path)
                os.truncate(path, min(size, share if share in (0, 1, 100) else int(size * share)))
            self.check(f"cut to {share}", keywords=False)

    def test_rubbish(self):
        chance = random.Random(3)
        for spread in (1, 3, 50):
            self.stop()
            for path in self.files():
                with open(path, "r+b") as file:
                    size = os.path.getsize(path)
                    for _ in range(spread):
                        file.seek(chance.randrange(max(1, size)))
                        file.write(chance.randbytes(200))
            self.check(f"{spread} pieces of rubbish", keywords=False)

    def test_deleted(self):
        self.stop()
        for path in self.files():
            os.unlink(path)
        self.check("deleted", keywords=False)

    def test_of_another_day(self):
        kept = self.path("kept")
        os.mkdir(kept)
        self.stop()
        for path in self.files():
            shutil.copy(path, kept)
        self.server.restart()
        with self.server.client() as client:
            client.ok("SELECT INBOX")
            client.ok("STORE 1 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")
            client.ok("APPEND INBOX ", Literal(crlf(numbered(_COUNT + 2)[-1])))
        self.before = self.look()
        self.stop()
        for path in self.files():
            os.unlink(path)
        for name in os.listdir(kept):
            shutil.copy(os.path.join(kept, name), self.server.maildir())
        self.check("of another day", keywords=False)

    def test_a_directory_in_its_place(self):
        self.stop()
        for path in self.files():
            os.unlink(path)
        os.mkdir(os.path.join(self.server.maildir(), ".mailpipe-index"))
        self.server.restart()
        with self.assertRaisesRegex(Refused, "UNAVAILABLE"):
            self.server.client()
        self.stop()
        os.rmdir(os.path.join(self.server.maildir(), ".mailpipe-index"))
        self.check("a directory in its place", keywords=False)

    def test_clock_jumps(self):
        jump = os.path.join(os.environ["MAILPIPE_BIN"], "clock_jump.so")
        if not os.path.exists(jump):
            self.skipTest("no library goes before that of a sanitizer")
        for seconds in (-400 * 86400, 400 * 86400):
            self.stop()
            clock = self.write("clock", struct.pack("@qqq", seconds, 0, 0))
            self.server.peer.environment = {"LD_PRELOAD": jump, "CLOCK_JUMP": clock}
            self.check(f"the clock jumps by {seconds}")


if __name__ == "__main__":
    main()
