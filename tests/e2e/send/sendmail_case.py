"""The case of the tests of sendmail's interface: a directory with sendmail, mailq and newaliases, a configuration that
names mail-serve, and the mailboxes behind it."""

import os
import pwd
import subprocess

from peers.case import Case
from peers.commands import binary, clean_environment
from peers.mailserve import MailServe
from peers.process import die_with_parent


class SendmailCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = MailServe(listen=("smtp://127.0.0.1:0",), domains=("example.org", "here.example"),
                               users={"alice": "x", "bob": "x", cls.me(): "x"})
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)
        cls.addClassCleanup(cls.server.stop)

    @staticmethod
    def me():
        return pwd.getpwuid(os.getuid()).pw_name

    def setUp(self):
        super().setUp()
        os.makedirs(self.path("bin"))
        for name in ("sendmail", "mailq", "newaliases"):
            os.symlink(binary("mail-send"), self.path("bin", name))
        self.sendmail = self.path("bin", "sendmail")
        self.configure()
        self.before = {user: self.stored(user) for user in self.server.users}

    def configure(self, send=None, rest=""):
        os.makedirs(self.path(".config", "mailpipe"), exist_ok=True)
        url = self.server.urls["smtp"].removeprefix("smtp://")
        server = f'server = "smtp://{url}"\n' if send is None else send
        aliases = self.write("aliases", b"postmaster: alice, bob@example.org\nteam: alice, bob\n")
        self.write(".config/mailpipe/config.toml",
                   f'[send]\n{server}domain = "example.org"\naliases = "{aliases}"\n'
                   f'[host."127.0.0.1"]\ntls = "none"\n{rest}'.encode())

    def environment(self, **extra):
        # s-nail sets HOME to what passwd(5) says.
        return clean_environment(self.directory, {"PATH": self.path("bin") + ":" + os.environ["PATH"],
                                                  "XDG_CONFIG_HOME": self.path(".config"), **extra})

    def program(self, *argv, stdin=b"", status=0, **extra):
        """Runs a program that calls sendmail."""
        done = subprocess.run([str(word) for word in argv], input=stdin, capture_output=True, check=False, timeout=60,
                              env=self.environment(**extra), cwd=self.directory, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, status, done)
        return done

    def stored(self, user):
        folder = os.path.join(self.server.store, user, "new")
        return set(os.listdir(folder)) if os.path.isdir(folder) else set()

    def received(self, user):
        """The messages that came for a user since the test began."""
        messages = []
        for name in sorted(self.stored(user) - self.before[user]):
            with open(os.path.join(self.server.store, user, "new", name), "rb") as file:
                messages.append(file.read())
        return messages

    def one(self, user):
        messages = self.received(user)
        self.assertEqual(len(messages), 1, messages)
        return messages[0]
