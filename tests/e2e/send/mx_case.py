"""The case of the tests of mail-send --server mx:. A name server that says where mail for a dozen domains goes, and
mail hosts on 127.0.0.N with one port."""

import contextlib

from peers import schema
from peers.case import Case
from peers.commands import run
from peers.messages import message
from peers.nameserver import NameServer
from peers.process import free_port
from peers.scripted import ScriptedServer, smtp

# mxN.test is 127.0.0.1N.
_HOSTS = "".join(f"mx{n} IN A 127.0.0.1{n}\n" for n in range(1, 10)) + """\
both IN A 127.0.0.11
both IN AAAA ::1
alias IN CNAME mx1
"""

_ZONES = {
    "test": _HOSTS,
    "one.example": "@ IN MX 10 mx1.test.\n",
    "several.example": "@ IN MX 20 mx2.test.\n@ IN MX 10 mx1.test.\n@ IN MX 30 mx3.test.\n",
    "equal.example": "".join(f"@ IN MX 10 mx{n}.test.\n" for n in range(1, 5)),
    "null.example": "@ IN MX 0 .\n",
    "implicit.example": "@ IN A 127.0.0.11\n",
    "nothing.example": "@ IN TXT none\n",
    "alias.example": "@ IN TXT x\nwww IN CNAME one.example.\n",
    "aliased-host.example": "@ IN MX 10 alias.test.\n",
    "nohost.example": "@ IN MX 10 gone.test.\n",
    "half.example": "@ IN MX 10 gone.test.\n@ IN MX 20 mx1.test.\n",
    "loop.example": "@ IN MX 10 me.test.\n@ IN MX 20 mx2.test.\n",
    "backup.example": "@ IN MX 10 mx1.test.\n@ IN MX 20 me.test.\n@ IN MX 30 mx3.test.\n",
    "families.example": "@ IN MX 10 both.test.\n",
    "two.example": "@ IN MX 10 mx2.test.\n",
    "signed.example": "@ IN MX 10 mx1.test.\n",
}


class MxCase(Case):
    signed = ()

    @classmethod
    def setUpClass(cls):
        cls.names = NameServer(_ZONES, cls.signed).start()
        cls.addClassCleanup(cls.names.stop)

    def setUp(self):
        super().setUp()
        self.port = free_port()  # of all mail hosts
        self.hosts = contextlib.ExitStack()
        self.addCleanup(self.hosts.close)

    def host(self, number, talk=None, **arguments):
        """mxN.test, with a script or one that accepts all."""
        return self.hosts.enter_context(ScriptedServer(talk or smtp(**arguments), host=f"127.0.0.1{number}",
                                                       port=self.port))

    def argv(self, *arguments):
        return ["mail-send", "--server", "mx:", "--mx-port", self.port, "--dns-server", self.names.address,
                "--helo", "me.test", "-f", "alice@sender.example", *arguments]

    def send(self, status, *arguments, says=(), count=1):
        """The receipts of messages; `says` are patterns that stderr must match."""
        texts = [message(f"number {n}", f"{n}\n", recipient="bob@example.org") for n in range(count)]
        box = b"".join(b"From a@b Mon Nov  2 10:00:00 2026\n" + text + b"\n" for text in texts)
        outcome = run(self.argv(*arguments), self.directory, stdin=box)
        self.assertEqual(outcome.status, status, str(outcome))
        self.assertEqual(bool(outcome.error_lines), status != 0, str(outcome))
        for pattern in says:
            self.assertRegex("\n".join(outcome.error_lines), pattern)
        receipts = schema.check_lines(outcome.stdout, "mail-send")
        self.assertEqual(len(receipts), count, str(outcome))
        return receipts

    def send_one(self, status, *arguments, says=()):
        return self.send(status, *arguments, says=says)[0]

    def verbs(self, server):
        return [line.split()[0].upper().decode("latin-1") for line in server.lines if line.split()]
