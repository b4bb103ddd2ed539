"""threats.md, terminal escapes and bidi: what an IMAP server hides in the names of its mailboxes does no harm."""

import base64
import json
import re
import urllib.parse

from peers.case import Case, main
from peers.commands import run
from peers.hidden import HarmlessOutput
from peers.messages import crlf, message
from peers.scripted import ScriptedServer, imap
from peers.terminal import on_terminal


def modified_utf7(name):
    """Every octet that is not plain, and the ampersand, in modified base64."""
    def shifted(match):
        octets = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
        return "&" + octets.replace("/", ",") + "-"
    return re.sub("[^ -%'-~]+", shifted, name)


def encoded(name):
    """As a server of IMAP4rev1 should send it."""
    return b'"' + modified_utf7(name).encode() + b'"'


def raw(name):
    """As no server may; only a literal can hold a line end."""
    octets = name.encode().replace(b"\0", b"")
    return b"{%d}\r\n%s" % (len(octets), octets)


def has_control(name):
    return re.search("[\0-\x1f\x7f]", name) is not None


class HiddenMailboxNames(HarmlessOutput, Case):
    def serve(self, *names):
        server = ScriptedServer(imap(names, [crlf(message("hello", "body\n"))]))
        self.enterContext(server)
        return server

    def options(self, server):
        return [f"imap://alice@127.0.0.1:{server.port}", "--tls", "none", *self.password()]

    def harmless_run(self, *argv, lines=None, statuses=(0,)):
        outcome = run(argv, self.directory)
        self.assertIn(outcome.status, statuses, str(outcome))
        self.harmless(outcome.stderr.decode())
        self.harmless(outcome.stdout.decode(), lines)
        return outcome.stdout.decode()

    def test_tables(self):
        def view(hidden):
            name = f"a{hidden}b"
            server = self.serve(b"INBOX", encoded(name), raw(name + "raw"))
            # "/" is the delimiter.
            lines = 4 + name.count("/")
            for style in ("table", "text"):
                out = self.harmless_run("mail-list", "--mailboxes", *self.options(server), "--output", style,
                                        lines=lines)
                self.assertEqual(out.count("b\n"), 1, out)
            status, output = on_terminal(["mail-list", "--mailboxes", *self.options(server)], self.directory,
                                         columns=500)
            self.assertEqual(status, 0, output)
            self.harmless(output.decode().replace("\r\n", "\n"), lines)

        self.each(view)

    def test_json(self):
        """Nothing harmful on the line, and nothing lost."""
        def view(hidden):
            name = f"a{hidden}b"
            server = self.serve(encoded(name), raw(name + "raw"))
            out = self.harmless_run("mail-list", "--mailboxes", *self.options(server), "--json", lines=2)
            found = {record["mailbox"]: record for record in map(json.loads, out.splitlines())}
            self.assertEqual(set(found), {name, (name + "raw").replace("\0", "")})
            self.assertEqual("ref" in found[name], not has_control(name))
            if hidden != "\0":  # which has left the raw name
                self.assertNotIn("ref", found[name + "raw"], "what is not modified UTF-7 cannot be selected")

        self.each(view)

    def test_trace_and_errors(self):
        def view(hidden):
            name = f"a{hidden}b"
            server = self.serve(encoded(name), raw(name + "raw"))
            self.harmless_run("mail-list", "--mailboxes", *self.options(server), "--json", "--trace")
            malformed = b"* LIST (x \"/\" " + encoded(name) + b"\r\n"
            ended = b"* BYE " + raw(name).partition(b"\n")[2] + b"\r\n"
            for replies in ({b"LIST": malformed}, {b"STATUS": ended}):
                with ScriptedServer(imap([encoded(name)], replies=replies)) as broken:
                    self.harmless_run("mail-list", "--mailboxes", *self.options(broken), statuses=(75, 76))

        self.each(view)

    def test_messages(self):
        """Of such a mailbox: the name is in the records and in the refs; one with control characters of ASCII is
        refused."""
        def view(hidden):
            name = f"a{hidden}b"
            server = self.serve(encoded(name))
            options = ["--tls", "none", *self.password()]
            if has_control(name):
                ref = f"imap://alice@127.0.0.1:{server.port}/{urllib.parse.quote(name)}"
                return self.assertEqual(self.harmless_run("mail-list", ref, *options, statuses=(64,)), "")
            out = self.harmless_run("mail-list", "--mailboxes", *self.options(server), "--json", lines=1)
            ref = json.loads(out)["ref"]
            out = self.harmless_run("mail-list", ref, *options, "--json", lines=1)
            record = json.loads(out)
            self.assertEqual((record["mailbox"], record["subject"]), (name, "hello"))
            for style in ("table", "text"):
                self.harmless_run("mail-list", ref, *options, "--output", style, lines=2)
            self.assertIn("body", self.harmless_run("mail-show", record["ref"], *options))
            self.assertIn(b'"' + modified_utf7(name).encode() + b'"', b"\n".join(server.lines))
            return None

        self.each(view)


main()
