"""Several mail-fetch at the same time make the same Maildir, and put their messages into it."""

import subprocess

from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.dovecot import Dovecot
from peers.messages import message

_USERS = [f"user{n}" for n in range(6)]
_ROUNDS = 5


class SameMaildir(Case):
    def test_made_by_all_at_once(self):
        with Dovecot(users={user: "secret" for user in _USERS}) as dovecot:
            for n, user in enumerate(_USERS):
                dovecot.deliver(user, message(f"of {user}", "x\n"), f"{1000000000 + n}.M{n}P1.x")
            password = self.password()
            for turn in range(_ROUNDS):
                box = self.path(f"deep{turn}", "er", "mail")
                processes = [subprocess.Popen(
                    [binary("mail-fetch"), f"imap://{user}@127.0.0.1:{dovecot.imap}", "--tls", "none", *password,
                     "--to", "maildir:" + box, "--quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, env=clean_environment(self.directory)) for user in _USERS]
                for process in processes:
                    _, stderr = process.communicate(timeout=60)
                    self.assertEqual((process.returncode, stderr), (0, b""))
                self.assertEqual(len(self.maildir(f"deep{turn}", "er", "mail")), len(_USERS))


if __name__ == "__main__":
    main()
