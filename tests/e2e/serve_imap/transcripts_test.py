"""The examples of RFC 3501, RFC 9051 and of the extensions: one file of tests/transcripts/imap_server_e2e each."""

import base64
import os
import re
import ssl
import unittest

from peers.case import Case, main
from peers.imap_client import ImapClient, Literal
from peers.imap_server import DOVECOT, ImapServer
from peers.imap_transcript import Runner, read

_FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "transcripts", "imap_server_e2e")
_NAMES = sorted(name[:-4] for name in os.listdir(_FOLDER) if name.endswith(".txt"))
_PASSED_OVER = ("example", "omits", "server")
_FEATURES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "imap-features.md")


def _path(name):
    return os.path.join(_FOLDER, name + ".txt")


def _text(name):
    with open(_path(name), encoding="utf-8") as file:
        return file.read()


def _users(name):
    """Those of one file: one for each @fresh, and another."""
    count = len(re.findall(r"^@fresh$", _text(name), re.M))
    return [name, f"{name}-other", *(f"{name}-{number}" for number in range(2, count + 2))]


def _numbered(count):
    for number in range(1, count + 1):
        yield f"From: carol@example.net\r\nTo: alice@example.org\r\nSubject: message {number}\r\n\r\ntext\r\n".encode()


class Dialogue:
    """One file. `server` is there for all, but for a file with @server."""

    def __init__(self, case, server, name):
        self.case = case
        self.server = server
        self.name = self.user = name
        self.users = 1
        self.raw, self.other = set(), set()
        self.steps = read(_path(name))
        self.runner = Runner(self.steps, self.connect, self.prepare, self.variables())

    def variables(self):
        def plain(identity):
            return base64.b64encode(f"{identity}\0{self.user}\0secret".encode()).decode()

        other = f"{self.name}-other"
        return {"user": self.user, "other": other, "plain": plain(""), "plain_as_other": plain(other)}

    def run(self):
        try:
            self.runner.run()
        except unittest.SkipTest:
            raise
        except Exception as error:
            said = "\n  ".join(self.runner.log[-30:])
            raise AssertionError(f"{self.name}.txt: {type(error).__name__}: {error}\n  {said}") from error

    def connect(self, number):
        if number in self.raw:
            return ImapClient(self.server.imap, deadline=10)
        return ImapClient(self.server.imap, f"{self.name}-other" if number in self.other else self.user, deadline=10)

    def prepare(self, step):
        verb, _, rest = step.text.partition(" ")
        if verb in _PASSED_OVER:
            return
        if verb in ("raw", "other"):
            (self.raw if verb == "raw" else self.other).add(int(rest))
        elif verb == "fresh":
            self.begin_anew()
        elif verb == "starttls":
            self.runner.client(int(rest)).start_tls_now(
                ssl.create_default_context(cafile=self.case.certificates().ca))
        elif verb == "compress":
            self.runner.client(int(rest)).compress()
        elif verb == "ours":
            if DOVECOT:
                raise unittest.SkipTest("the rest is not Dovecot's way")
        elif verb == "on":
            number, _, command = rest.partition(" ")
            self.runner.client(int(number)).ok(self.runner.matcher.substitute(command))
        elif verb == "needs":
            self.need(rest.split())
        else:
            with ImapClient(self.server.imap, self.user) as client:
                self.fill(client, verb, self.runner.matcher.substitute(rest), step)

    def begin_anew(self):
        self.users += 1
        self.user = f"{self.name}-{self.users}"
        self.runner.matcher.variables = self.variables()
        for client in self.runner.clients.values():
            client.close()
        self.runner.clients.clear()
        self.raw.clear()
        self.other.clear()

    def need(self, names):
        with ImapClient(self.server.imap, self.user) as client:
            missing = [word for word in names if not client.has(word)]
        if missing and DOVECOT:
            raise unittest.SkipTest(f"Dovecot without {missing}")
        self.case.assertEqual(missing, [])

    @staticmethod
    def fill(client, verb, rest, step):
        if verb == "create":
            client.ok(f"CREATE {rest}")
        elif verb == "do":
            client.ok(rest)
        elif verb == "message":
            mailbox, flags, date = re.fullmatch(r'(\S+)(?: (\([^)]*\)))?(?: ("[^"]*"))?', rest).groups()
            text = "".join(line + "\r\n" for line in step.literals).encode("utf-8", "surrogateescape")
            client.ok(" ".join(filter(None, (f"APPEND {mailbox}", flags, date))) + " ", Literal(text))
        elif verb in ("messages", "gap"):
            mailbox, count, flags = re.fullmatch(r"(\S+) (\d+)(?: (\([^)]*\)))?", rest).groups()
            flags = "(\\Deleted)" if verb == "gap" else flags or "()"
            pieces = [f"APPEND {mailbox} "]
            for text in _numbered(int(count)):
                pieces += [f"{flags} ", Literal(text, plus=True), " "]
            client.ok(*pieces[:-1])
            if verb == "gap":
                client.ok(f"SELECT {mailbox}")
                client.ok("EXPUNGE")
        else:
            raise ValueError(step)


class Transcripts(Case):
    @classmethod
    def setUpClass(cls):
        users = {user: "secret" for name in _NAMES for user in _users(name)}
        cls.server = ImapServer(users=users, certificate=Case.certificates().good)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def run_file(self, name):
        server = self.server
        if own := re.search(r"^@server (.*)$", _text(name), re.M):
            if DOVECOT:
                self.skipTest("the server has options of mail-serve")
            server = ImapServer(users=dict.fromkeys(_users(name), "secret"), arguments=own.group(1).split()).start()
            self.addCleanup(server.stop)
        Dialogue(self, server, name).run()


class Examples(Case):
    """docs/imap-features.md says of each RFC how many of its examples run here and how many do not."""

    def test_every_example_is_counted(self):
        run, omitted, seen = {}, {}, set()
        for name in _NAMES:
            for verb, rfc, where, why in re.findall(r"^@(example|omits) RFC(\d+) (\S+)(?: (.*))?$", _text(name), re.M):
                self.assertNotIn((rfc, where), seen, name)
                seen.add((rfc, where))
                self.assertEqual(bool(why), verb == "omits", (name, rfc, where))
                counts = run if verb == "example" else omitted
                counts[rfc] = counts.get(rfc, 0) + 1
        with open(_FEATURES, encoding="utf-8") as file:
            table = re.findall(r"^\| RFC (\d+) \|[^|]*\| (\d+) \| (\d+) \|", file.read(), re.M)
        self.maxDiff = None
        self.assertEqual({rfc: (int(ran), int(not_run)) for rfc, ran, not_run in table},
                         {rfc: (run.get(rfc, 0), omitted.get(rfc, 0)) for rfc in {*run, *omitted}})


def _add_test(name):
    setattr(Transcripts, f"test_{name}", lambda self: self.run_file(name))


for _name in _NAMES:
    _add_test(_name)


if __name__ == "__main__":
    main()
