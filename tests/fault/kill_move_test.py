"""mail-list --move killed at a step, then run again: no message is lost, and each one is whole wherever it is.

Between a copy and the removal of its original a message is in both places, and the next run copies it again; a move
within a file system is a rename, and never leaves two.
"""

import os
import shutil

from fault_case import KILLED, MESSAGES, FaultCase, describe, sample
from peers.case import main
from peers.commands import run

_SAMPLES = 8  # of each combination


class KillMove(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()
        cls.kills = 0

    def make(self, kind, top):
        """A mailbox with all messages; its location, and what it holds at any time."""
        if kind == "imap":
            user = self.fill_mailbox()
            return f"imap://{user}@127.0.0.1:{self.dovecot.imap}", lambda: self.on_server(user)
        path = os.path.join(top, "from-" + kind)
        maildir = os.path.join(top, "filled") if kind == "mbox" else path
        for sub in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(maildir, sub))
        for number, octets in enumerate(MESSAGES):
            with open(os.path.join(maildir, "new", f"{1000000000 + number}.M{number}P1.fault"), "wb") as file:
                file.write(octets)
        if kind == "mbox":
            self.run_ok("mail-list", "maildir:" + maildir, "--copy", "mbox:" + path, "--json")
        return f"{kind}:{path}", lambda: self.delivered(kind, path)

    def target(self, kind, top):
        if kind == "imap":
            user = self.fill_mailbox([])
            return f"imap://{user}@127.0.0.1:{self.dovecot.imap}", lambda: self.on_server(user)
        path = os.path.join(top, "to-" + kind)
        return f"{kind}:{path}", lambda: self.delivered(kind, path)

    def on_server(self, user):
        # Dovecot may still be moving a file from new/ to cur/ after its client has gone.
        for _ in range(20):
            try:
                return self.dovecot.messages(user)
            except FileNotFoundError:
                continue
        raise AssertionError("the mailbox does not come to rest")

    def test_at_each_step(self):
        for source, target in (("imap", "maildir"), ("maildir", "imap"), ("maildir", "mbox"), ("mbox", "maildir"),
                               ("maildir", "maildir")):
            with self.subTest(source=source, target=target):
                total = self.check(source, target, 0)
                for step in sample(total, _SAMPLES):
                    self.check(source, target, step)
        self.assertGreaterEqual(self.kills, 30)

    def check(self, source, target, step):
        """Runs to the step, and to the end; how many steps there are."""
        what = f"{source} to {target}, killed at step {step}"
        top = self.path(f"{source}-{target}-{step}")
        os.mkdir(top)
        origin, at_origin = self.make(source, top)
        destination, at_destination = self.target(target, top)
        argv = ["mail-list", origin, "--move", destination, "--json", "--tls", "none", *self.password()]
        outcome = self.run_to_step(step, argv)
        # Runs differ by a few steps, as octets arrive in other pieces.
        self.assertIn(outcome.status, (0, KILLED) if step else (0,), str(outcome))
        type(self).kills += outcome.status == KILLED
        self.assert_nothing_lost(at_origin() + at_destination(), MESSAGES, what)
        self.check_whole(at_origin() + at_destination(), what)
        if source == target:
            self.assert_messages(at_origin() + at_destination(), MESSAGES, what)
        again = run(argv, self.directory)
        self.assertEqual((again.status, again.stderr), (0, b""), f"{what}: {again}")
        self.assert_messages(at_origin(), [], what)
        self.assert_nothing_lost(at_destination(), MESSAGES, what)
        self.check_whole(at_destination(), what)
        if step == 0 or source == target:
            self.assert_messages(at_destination(), MESSAGES, what)
        shutil.rmtree(top)
        return len(outcome.steps)

    def check_whole(self, found, what):
        for octets in found:
            if octets not in MESSAGES:
                self.fail(f"{what}: what was never there: {describe([octets])}")


if __name__ == "__main__":
    main()
