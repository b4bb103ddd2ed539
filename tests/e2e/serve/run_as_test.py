"""mail-serve --run-as: root binds and reads the secrets, another user does the rest."""

import grp
import os
import poplib
import pwd
import smtplib
import ssl
import subprocess
import unittest

from peers.case import Case, main
from peers.commands import binary, run
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf

USER = "mail"


def status_of_threads(pid):
    """For each thread: its user ids, group ids, groups and effective capabilities."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        found.append((fields["Uid"].split(), fields["Gid"].split(), fields["Groups"].split(), fields["CapEff"]))
    return found


@unittest.skipUnless(os.getuid() == 0, "only root can become another user")
class RunAs(Case):
    def setUp(self):
        super().setUp()
        try:
            self.user = pwd.getpwnam(USER)
        except KeyError:
            self.skipTest(f"no user {USER} here")

    def argv(self, store, *options):
        return ["mail-serve", "--store", f"maildir:{store}/%u", "--domain", "example.org", "--user", "alice:secret",
                "--listen", "smtp://127.0.0.1:0", *options]

    def test_mail_belongs_to_the_user(self):
        made = run(["openssl", "passwd", "-6", "-salt", "abcdefgh", "secret"], self.directory)
        users = self.write("users", b"alice:" + made.stdout.strip() + b"\n")
        os.chmod(self.certificates().good.key, 0o600)
        store = self.path("made", "by", "root")
        # The store is missing, and what only root can read must have been read.
        with MailServe(listen=["smtp://127.0.0.1:0", "pop3s://127.0.0.1:0", "lmtp:" + self.path("lmtp")], users={},
                       certificate=self.certificates().good, store=store,
                       arguments=["--users", users, "--run-as", USER]) as server:
            groups = {str(self.user.pw_gid)} | {str(group.gr_gid) for group in grp.getgrall() if USER in group.gr_mem}
            threads = status_of_threads(server.process.pid)
            self.assertGreater(len(threads), 1)
            for uids, gids, others, capabilities in threads:
                self.assertEqual((set(uids), set(gids)), ({str(self.user.pw_uid)}, {str(self.user.pw_gid)}))
                self.assertEqual(set(others), groups)
                self.assertEqual(int(capabilities, 16), 0)
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
            # Larger than what is kept in memory on its way.
            client.sendmail("carol@example.net", ["alice@example.org"], b"Subject: x\r\n\r\n" + b"y\r\n" * 200_000)
            client.quit()
            client = smtplib.LMTP(self.path("lmtp"), local_hostname="client.example.net")
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
            client.quit()
            owners = {}
            for folder, _, names in os.walk(self.path("made")):
                for path in [folder] + [os.path.join(folder, name) for name in names]:
                    info = os.lstat(path)
                    owners[path] = (info.st_uid, info.st_gid)
            self.assertEqual(set(owners.values()), {(self.user.pw_uid, self.user.pw_gid)}, owners)
            self.assertEqual(len(server.messages("alice")), 3)
            client = poplib.POP3_SSL("localhost", server.port("pop3s"), timeout=20,
                                     context=ssl.create_default_context(cafile=self.certificates().ca))
            client.user("alice")
            client.pass_("secret")
            self.assertEqual(client.stat()[0], 3)
            client.dele(1)
            client.quit()
            self.assertEqual(len(server.messages("alice")), 2)

    def test_a_store_of_somebody_else(self):
        store = self.path("store")
        os.mkdir(store, 0o755)
        self.run_error(73, store, f"as {USER}", "Permission denied", argv=self.argv(store, "--run-as", USER))

    def test_the_queue_belongs_to_the_user(self):
        queue = self.path("spool", "queue")
        relay = ["--relay-server", "smtp://127.0.0.1:9", "--run-as", USER]
        with MailServe(listen=["smtp://127.0.0.1:0"], store=self.path("store"),
                       arguments=[*relay, "--queue-dir", queue]) as server:
            client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            client.login("alice", "secret")
            client.sendmail("alice@example.org", ["dave@example.net"], crlf(TEXTS["plain"]))
            client.quit()
            server.wait_event(lambda event: event["event"] == "attempt", "the attempt")
            for folder, _, names in os.walk(self.path("spool")):
                for path in [folder] + [os.path.join(folder, name) for name in names]:
                    self.assertEqual(os.lstat(path).st_uid, self.user.pw_uid, path)
        # One of somebody else, and that in root's home.
        os.chown(os.path.join(queue, "messages"), 0, 0)
        self.run_error(73, queue, f"as {USER}", "Permission denied",
                       argv=self.argv(self.path("store"), *relay, "--queue-dir", queue))
        self.run_error(64, "--queue-dir", argv=self.argv(self.path("store"), *relay))

    def test_users_that_are_refused(self):
        for name in ("root", "no-such-user"):
            with self.subTest(name):
                store = self.path("store")
                self.run_error(64, "--run-as", name, argv=self.argv(store, "--run-as", name))
                self.assertFalse(os.path.exists(store))

    def test_only_root_becomes_another(self):
        os.chmod(self.directory, 0o777)
        command = [binary("mail-serve"), *self.argv(self.path("store"), "--run-as", USER)[1:]]
        try:
            ended = subprocess.run(command, user="nobody", group="nogroup", extra_groups=[], capture_output=True,
                                   timeout=60, check=False)
        except PermissionError:
            self.skipTest("another user cannot run the build's commands")
        self.assertEqual((ended.returncode, ended.stdout), (77, b""), ended)
        self.assertRegex(ended.stderr, rb"^mail-serve: --run-as mail: only root [^\n]*\n$")


if __name__ == "__main__":
    main()
