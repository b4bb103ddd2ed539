"""A mail-fetch that hands messages to a server or a command, or to several destinations, and what must hold then."""

import collections
import os
import re
import struct
import time

from fault_case import Fetch, FaultCase, describe, read_mboxrd
from peers.commands import binary, run
from peers.scripted import ScriptedServer

_REST = 20.0  # seconds for a server to be done with what it has read


def keeping(messages):
    """An SMTP script that keeps what it answers for, in `messages`."""
    def talk(conversation):
        conversation.send(b"220 mx ESMTP\r\n")
        while (line := conversation.read_line()) is not None:
            verb = line.split()[0].upper()
            if verb == b"EHLO":
                conversation.send(b"250-mx.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                conversation.send(b"354 go ahead\r\n")
                lines = []
                while (line := conversation.read_line()) not in (b".", None):
                    lines.append(line[1:] if line.startswith(b".") else line)
                if line is None:
                    return
                messages.append(b"".join(one + b"\r\n" for one in lines))
                conversation.send(b"250 2.0.0 queued\r\n")
            elif verb == b"QUIT":
                conversation.send(b"221 bye\r\n")
                return
            else:
                conversation.send(b"250 2.0.0 ok\r\n")

    return talk


class Handover(Fetch):
    """`kind` is smtp, lmtp, imap, pipe or route; `port` is where the destination is asked for, by default its own."""

    def __init__(self, case, kind, mode, port=None, messages=None):
        super().__init__(case, "pop3", kind, mode, messages)
        self.to_user = case.fill_mailbox([])
        self.sink = []
        self.server = None
        self.repeats = 0 if kind in ("imap", "route") else 1
        if kind == "smtp":
            self.server = case.enterContext(ScriptedServer(keeping(self.sink)))
        self.own_port = {"smtp": self.server and self.server.port, "lmtp": case.dovecot.lmtp,
                         "imap": case.dovecot.imap}.get(kind)
        self.environment = {"NETRC": case.write("netrc", f"machine 127.0.0.1 login {self.to_user} password secret\n"
                                                .encode())}
        self.aim(port or self.own_port)

    def aim(self, port):
        """Goes to that port in place of the destination's."""
        to = {"smtp": f"smtp://127.0.0.1:{port}", "lmtp": f"lmtp://127.0.0.1:{port}",
              "imap": f"imap://{self.to_user}@127.0.0.1:{port}",
              "pipe": f"pipe:f=$(mktemp {self.top}/in.XXXXXX) && cat > $f && mv $f $f.done",
              "route": f"maildir:{self.destination}"}[self.kind]
        options = {"smtp": ["--rcpt", "alice@example.org"], "lmtp": ["--rcpt", self.to_user + "@example.org"],
                   "route": ["--route", f"SUBJECT dots -> mbox:{self.top}/dots",
                             "--route", f"LARGER 5000 -> maildir:{self.top}/large"]}.get(self.kind, [])
        tls = ["--to-tls", "none"] if self.kind in ("smtp", "lmtp", "imap") else []
        base = self.options[:]
        base[base.index("--to") + 1] = to
        self.argv = ["mail-fetch", self.location, *base, *options, *tls]

    def run(self, environment=None, *options):
        return run([*self.argv, *options], self.case.directory,
                   environment={"XDG_STATE_HOME": self.top, **self.environment, **(environment or {})})

    def copies(self):
        """How many of each message there are; what is none of them fails here."""
        if self.kind in ("imap", "lmtp"):
            self.wait_for_rest()
            found = self.case.dovecot.messages(self.to_user)
        elif self.kind == "smtp":
            found = [octets.replace(b"\r\n", b"\n") for octets in self.sink]
        elif self.kind == "pipe":
            found = []
            for name in os.listdir(self.top):
                if name.endswith(".done"):
                    with open(os.path.join(self.top, name), "rb") as file:
                        found.append(file.read())
        else:
            found = self.case.delivered("maildir", self.destination)
            found += self.case.delivered("maildir", os.path.join(self.top, "large"))
            found += read_mboxrd(os.path.join(self.top, "dots"))
        counts = collections.Counter()
        for octets in found:
            whole = [one for one in self.messages if octets.endswith(one)]
            if not whole:
                self.case.fail(f"delivered what was never sent: {describe([octets])}")
            counts[whole[0]] += 1
        return counts

    def wait_for_rest(self):
        """Until no process of Dovecot serves the user: one whose client was killed may still take what it has read."""
        deadline = time.monotonic() + _REST
        while any(f"[{self.to_user} " in title for title in titles()):
            if time.monotonic() > deadline:
                raise AssertionError(f"Dovecot goes on serving {self.to_user}")
            time.sleep(0.01)

    def check_after_fault(self, what):
        # What the server has at first, and what is there then: a message on its way is at one of both.
        before = self.on_server()
        copies = self.copies()
        lost = [octets for octets in self.messages if octets not in before and not copies[octets]]
        if lost:
            self.case.fail(f"{what}: lost {describe(lost)}")

    def finish(self, what, environment=None):
        for attempt in ("the next run", "one more run"):
            outcome = self.run(environment)
            self.case.assertEqual((outcome.status, outcome.stderr), (0, b""), f"{what}, {attempt}: {outcome}")
            copies = self.copies()
            missing = [octets for octets in self.messages if not copies[octets]]
            self.case.assertEqual(missing, [], f"{what}, {attempt}: {describe(missing)} not delivered")
            twice = sum(copies.values()) - len(self.messages)
            self.case.assertLessEqual(twice, self.repeats, f"{what}, {attempt}: {copies.values()}")
            left = [] if self.mode == "--delete" else self.messages
            self.case.assert_messages(self.on_server(), left, f"{what}, on the server after {attempt}")
        self.remove()
        return twice


def titles():
    """Of all processes."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    yield re.sub(rb"\0+", b" ", file.read()).decode("utf-8", "replace")
            except OSError:
                continue


class HandoverCase(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot(extra="verbose_proctitle = yes\n")

    def later(self):
        """The environment of a run after a message that failed may be tried again."""
        if not os.path.exists(binary("clock_jump.so")):
            self.skipTest("no library goes before that of a sanitizer")
        path = self.write("clock", struct.pack("@qqq", 600, 0, 0))
        return {"LD_PRELOAD": binary("clock_jump.so"), "CLOCK_JUMP": path}
