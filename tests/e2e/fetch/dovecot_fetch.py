"""What mail-fetch must do with Dovecot, whatever the protocol; each test file names protocol and ports."""

import base64
import imaplib
import itertools
import json
import os

from peers import schema
from peers.case import Case
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import TEXTS, crlf, numbered

_NUMBERS = itertools.count()


class StrictImap(imaplib.IMAP4):
    """A NO is an error, which imaplib otherwise leaves to be looked for in each result."""

    def __init__(self, port):
        super().__init__("127.0.0.1", port, timeout=20)

    def _simple_command(self, name, *arguments):
        status, data = super()._simple_command(name, *arguments)
        if status == "NO":
            raise self.error(f"{name} {arguments}: {status} {data}")
        return status, data


class DovecotSource:
    """Mixed into a Case; `protocol` is pop3 or imap."""

    protocol = ""

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)

    def setUp(self):
        super().setUp()
        self.empty("alice")

    def empty(self, user):
        for sub in ("new", "cur"):
            folder = os.path.join(self.dovecot.maildir(user), sub)
            for name in os.listdir(folder):
                os.unlink(os.path.join(folder, name))

    def login(self, user="alice", password="secret"):
        client = StrictImap(self.dovecot.imap)
        self.addCleanup(self.close, client)
        client.login(user, password)
        return client

    @staticmethod
    def close(client):
        try:
            client.shutdown()
        except OSError:
            pass  # logged out

    def fill(self, messages=None):
        messages = list(TEXTS.values()) if messages is None else messages
        for octets in messages:
            # A name is never used twice: it is what the UID and the UIDL stand for.
            number = next(_NUMBERS)
            self.dovecot.deliver("alice", octets, f"{1000000000 + number}.M{number}P1.example")
        return messages

    def source(self, tls="none", rest=""):
        """Location and options for one way to use TLS."""
        scheme = self.protocol + ("s" if tls == "implicit" else "")
        port = getattr(self.dovecot, scheme)
        options = ["--tls", "none"] if tls == "none" else ["--tls-ca", self.certificates().ca]
        return [f"{scheme}://alice@localhost:{port}{rest}", *options, *self.password()]


class DovecotFetch(DovecotSource):
    """What holds for both protocols."""

    def check_delivery(self, tls):
        messages = self.fill()
        command = ["mail-fetch", *self.source(tls), "--to", "maildir:" + self.path("mail")]
        receipts = self.run_receipts(*command)
        self.assertEqual(len(receipts), len(messages), receipts)
        self.assertEqual(self.maildir("mail"), sorted(messages))
        # Once is enough.
        self.assertEqual(self.run_receipts(*command), [])
        self.assertEqual(self.maildir("mail"), sorted(messages))
        more = self.fill(numbered(1))
        self.assertEqual(len(self.run_receipts(*command)), 1)
        self.assertEqual(self.maildir("mail"), sorted(messages + more))
        # --keep is the default.
        self.assertEqual(sorted(self.dovecot.messages("alice")), sorted(messages + more))

    def test_plain(self):
        self.check_delivery("none")

    def test_starttls(self):
        self.check_delivery("starttls")

    def test_implicit_tls(self):
        self.check_delivery("implicit")

    def test_pin(self):
        messages = self.fill(numbered(2))
        location = self.source("starttls")[0]
        self.run_receipts("mail-fetch", location, "--pin-sha256", self.certificates().good.pin_sha256(),
                          *self.password(), "--to", "maildir:" + self.path("mail"))
        self.assertEqual(self.maildir("mail"), sorted(messages))

    def test_delete(self):
        messages = self.fill()
        receipts = self.run_receipts("mail-fetch", *self.source("starttls"), "--delete", "--to",
                                     "maildir:" + self.path("mail"))
        self.assertEqual(len(receipts), len(messages))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.dovecot.messages("alice"), [])

    def test_delete_after_keep(self):
        messages = self.fill(numbered(3))
        command = ["mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail")]
        self.run_receipts(*command)
        self.run_receipts(*command, "--delete")
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(self.dovecot.messages("alice"), [])

    def test_state_is_kept_per_destination(self):
        messages = self.fill(numbered(3))
        for name in ("one", "two"):
            self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path(name))
            self.assertEqual(self.maildir(name), sorted(messages))

    def test_mbox(self):
        messages = self.fill(numbered(3) + [TEXTS["from"]])
        command = ["mail-fetch", *self.source("starttls"), "--to", "mbox:" + self.path("mail.mbox")]
        self.run_receipts(*command)
        self.assertEqual(self.run_receipts(*command), [])
        listed = self.run_receipts("mail-list", "mbox:" + self.path("mail.mbox"), "--json")
        self.assertEqual(len(listed), len(messages))
        with open(self.path("mail.mbox"), "rb") as file:
            text = file.read()
        self.assertEqual(text.count(b"\nFrom ") + text.startswith(b"From "), len(messages))
        self.assertIn(b"\n>From here\n>>From there\n>>>From deep\n", text)

    def test_jsonl_to_stdout(self):
        messages = self.fill()
        outcome = self.run_ok("mail-fetch", *self.source(), "--format", "jsonl")
        records = schema.check_lines(outcome.stdout)
        self.assertEqual(sorted(base64.b64decode(record["raw"]) for record in records), sorted(map(crlf, messages)))
        for record in records:
            self.assertEqual(list(record)[-1], "raw")
        # Fetched to stdout counts as fetched.
        self.assertEqual(self.run_ok("mail-fetch", *self.source(), "--format", "jsonl").stdout, b"")

    def test_mboxrd_to_stdout(self):
        messages = self.fill()
        text = self.run_ok("mail-fetch", *self.source()).stdout
        self.assertTrue(text.startswith(b"From "))
        listed = schema.check_lines(self.run_ok("mail-list", "-", "--json", stdin=text).stdout)
        self.assertEqual(len(listed), len(messages))
        self.assertEqual(sorted(record["size"] for record in listed), sorted(len(crlf(octets)) for octets in messages))

    def test_one_rfc822_to_stdout(self):
        for octets in (TEXTS["dots"], TEXTS["latin1"], TEXTS["empty body"]):
            self.empty("alice")
            self.fill([octets])
            state = self.path(f"state-{len(octets)}")
            outcome = self.run_ok("mail-fetch", *self.source(), "--format", "rfc822", "--state", state)
            self.assertEqual(outcome.stdout, octets)

    def test_empty_mailbox(self):
        self.assertEqual(self.run_receipts("mail-fetch", *self.source(), "--to", "maildir:" + self.path("mail")), [])

    def test_refs(self):
        self.fill(numbered(5))
        listed = self.run_receipts("mail-list", *self.source(), "--json")
        self.assertEqual(len(listed), 5)
        chosen = [record for record in listed if record["subject"] in ("message 1", "message 3")]
        self.assertEqual(len(chosen), 2)
        refs = "".join(json.dumps({"ref": record["ref"]}) + "\n" for record in chosen).encode()
        options = self.source()[1:]
        self.run_receipts("mail-fetch", "--refs", "-", *options, "--to", "maildir:" + self.path("mail"), stdin=refs)
        self.assertEqual(self.maildir("mail"), sorted(numbered(5)[n] for n in (1, 3)))

    def test_trace_hides_the_password(self):
        self.fill(numbered(1))
        outcome = run(["mail-fetch", *self.source("starttls"), "--trace", "--to", "maildir:" + self.path("mail")],
                      self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        trace = outcome.stderr.decode()
        self.assertIn("C: ", trace)
        self.assertIn("S: ", trace)
        self.assertNotIn("secret", trace)
        self.assertNotIn(base64.b64encode(b"\0alice\0secret").decode(), trace)

    def test_password_sources(self):
        self.fill(numbered(1))
        location = self.source()[0]
        plain = [location, "--tls", "none"]
        command = ["mail-fetch", *plain, "--format", "jsonl", "--state"]
        ways = {
            "command": dict(arguments=["--password-command", "echo secret"]),
            "environment": dict(environment={"MAILPIPE_PASSWORD": "secret"}),
            "netrc": dict(environment={"NETRC": self.write(
                "netrc", b"machine localhost login alice password secret\n")}),
        }
        for name, way in ways.items():
            with self.subTest(name):
                outcome = self.run_ok(*command, self.path("state-" + name), *way.get("arguments", []),
                                      environment=way.get("environment"))
                self.assertEqual(len(schema.check_lines(outcome.stdout)), 1)

    def test_the_password_command_runs_once(self):
        """It may ask its user for something."""
        self.fill(numbered(1))
        asked = self.path("asked")
        self.run_ok("mail-fetch", self.source()[0], "--tls", "none", "--password-command",
                    f"echo x >> {asked}; echo secret", "--to", "maildir:" + self.path("mail"))
        with open(asked, encoding="ascii") as file:
            self.assertEqual(file.read(), "x\n")
