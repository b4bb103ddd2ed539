"""The examples of RFC 3501, RFC 9051 and of the extensions: one file of tests/transcripts/imap_server_e2e each."""

import os
import re
import unittest

from peers.case import Case, main
from peers.imap_client import ImapClient, Literal
from peers.imap_server import DOVECOT, ImapServer
from peers.imap_transcript import Runner, read

_FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "transcripts", "imap_server_e2e")
_NAMES = sorted(name[:-4] for name in os.listdir(_FOLDER) if name.endswith(".txt"))


class Transcripts(Case):
    @classmethod
    def setUpClass(cls):
        cls.users = {user: "secret" for name in _NAMES for user in (name, f"{name}-other")}
        cls.server = ImapServer(users=cls.users, certificate=Case.certificates().good)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def run_file(self, name):
        raw, other = set(), set()

        def connect(number):
            if number in raw:
                return ImapClient(self.server.imap, deadline=10)
            return ImapClient(self.server.imap, f"{name}-other" if number in other else name, deadline=10)

        def prepare(step):
            verb, _, rest = step.text.partition(" ")
            if verb in ("raw", "other"):
                (raw if verb == "raw" else other).add(int(rest))
            elif verb == "starttls":
                runner.client(int(rest)).start_tls_now(self.tls())
            elif verb == "compress":
                runner.client(int(rest)).compress()
            elif verb == "ours":
                if DOVECOT:
                    raise unittest.SkipTest("the rest is not Dovecot's way")
            elif verb == "on":
                number, _, command = rest.partition(" ")
                runner.client(int(number)).ok(runner.matcher.substitute(command))
            elif verb == "needs":
                with ImapClient(self.server.imap, name) as client:
                    missing = [word for word in rest.split() if not client.has(word)]
                if missing and DOVECOT:
                    raise unittest.SkipTest(f"Dovecot without {missing}")
                self.assertEqual(missing, [])
            else:
                with ImapClient(self.server.imap, name) as client:
                    self.prepare(client, verb, rest, step)

        steps = read(os.path.join(_FOLDER, name + ".txt"))
        runner = Runner(steps, connect, prepare, {"user": name, "other": f"{name}-other"})
        try:
            runner.run()
        except unittest.SkipTest:
            raise
        except Exception as error:
            said = "\n  ".join(runner.log[-30:])
            raise AssertionError(f"{name}.txt: {type(error).__name__}: {error}\n  {said}") from error

    def tls(self):
        import ssl
        return ssl.create_default_context(cafile=self.certificates().ca)

    @staticmethod
    def prepare(client, verb, rest, step):
        if verb == "create":
            client.ok(f"CREATE {rest}")
        elif verb == "do":
            client.ok(rest)
        elif verb == "message":
            mailbox, flags, date = re.fullmatch(r'(\S+)(?: (\([^)]*\)))?(?: ("[^"]*"))?', rest).groups()
            text = "".join(line + "\r\n" for line in step.literals).encode("utf-8", "surrogateescape")
            client.ok(" ".join(filter(None, (f"APPEND {mailbox}", flags, date))) + " ", Literal(text))
        else:
            raise ValueError(step)


def _add_test(name):
    setattr(Transcripts, f"test_{name}", lambda self: self.run_file(name))


for _name in _NAMES:
    _add_test(_name)


if __name__ == "__main__":
    main()
