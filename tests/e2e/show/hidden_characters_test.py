"""threats.md, terminal escapes and bidi: what a sender hides in text does no harm, whichever way it is shown."""

import base64
import json
import os
import re
import urllib.parse

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.hidden import HarmlessOutput
from peers.terminal import on_terminal


def word(text):
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def message(hidden):
    """With the text wherever a message can hold one."""
    name = f"a{hidden}b"
    html = base64.encodebytes(f"<p title='{name}'>{name}</p><a href='http://x/{name}'>{name}</a>".encode()).decode()
    return (f"From: {word(name)} <carol@example.net>\nTo: {word(name)} <alice@example.org>\nSubject: {word(name)}\n"
            f"Date: Mon, 2 Nov 2026 10:00:00 +0100\nX-Other: {word(name)}\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n"
            f"Content-Transfer-Encoding: base64\n\n{html}\n--b\nContent-Type: application/x\n"
            f"Content-Disposition: attachment; filename*=utf-8''{urllib.parse.quote(name + '.bin')}\n\nx\n--b--\n"
            ).encode()


class HiddenCharacters(HarmlessOutput, Case):
    def views(self, *argv):
        """On a terminal and in a pipe: a pager or `head` puts that on a terminal, too."""
        plain = self.run_ok(*argv, stdin=message("X")).stdout.decode().count("\n")

        def view(hidden):
            self.harmless(self.run_ok(*argv, stdin=message(hidden)).stdout.decode(), plain)
            status, output = on_terminal([*argv, "--color", "never"], self.directory, message(hidden), columns=500,
                                         environment={"PAGER": "cat"})
            self.assertEqual(status, 0, output)
            self.harmless(output.decode())

        self.each(view)

    def test_text(self):
        self.views("mail-show")

    def test_headers(self):
        self.views("mail-show", "--headers")

    def test_structure(self):
        self.views("mail-show", "--structure")

    def test_table(self):
        self.views("mail-list", "-", "--output", "table")

    def test_json(self):
        """Nothing harmful on the line, and nothing lost."""
        def view(hidden):
            name = f"a{hidden}b".replace("\0", "")  # RFC 8621 section 4.1.2.2
            for argv in (("mail-show", "--json"), ("mail-list", "-", "--json")):
                output = self.run_ok(*argv, stdin=message(hidden)).stdout
                self.harmless(output.decode(), 1)
                record, = schema.check_lines(output)
                self.assertEqual(record["from"][0]["name"], name)
                self.assertEqual(record["subject"], name)
            shown = json.loads(self.run_ok("mail-show", "--json", stdin=message(hidden)).stdout)
            self.assertEqual(shown["attachments"][0]["name"], name + ".bin")

        self.each(view)

    def test_extract(self):
        def view(hidden):
            output = self.run_ok("mail-show", "--extract", self.path("out"), stdin=message(hidden)).stdout.decode()
            self.harmless(output, 1)
            path = output.rstrip("\n")
            self.assertEqual(os.path.dirname(path), self.path("out"))
            self.assertRegex(os.path.basename(path), "^a\ufffd*.*b(-[0-9]+)?\\.bin$")
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"x")

        self.each(view)

    def harmless_error(self, *statuses, argv):
        outcome = run(argv, self.directory)
        self.assertIn(outcome.status, statuses, str(outcome))
        self.assertEqual(outcome.stdout, b"")
        self.harmless(outcome.stderr.decode(), 1)

    def test_mailbox_names(self):
        """Of local mailboxes, in refs and in errors; those with control characters of ASCII are refused."""
        def view(hidden):
            name = "box" + hidden.replace("\0", "").replace("/", "")
            for sub in ("new", "cur", "tmp"):
                os.makedirs(self.path(name, sub), exist_ok=True)
            with open(self.path(name, "new", "1.M1P1.x"), "wb") as file:
                file.write(message(hidden))
            location = "maildir:" + urllib.parse.quote(self.path(name))
            for command in ("mail-list", "mail-show"):
                self.harmless_error(64, 66, argv=[command, location + "-missing"])
                self.harmless_error(64, 66, argv=[command, self.path(name + "-missing")])
            if re.search("[\x01-\x1f\x7f]", name):
                return self.harmless_error(64, argv=["mail-list", location])
            output = self.run_ok("mail-list", location, "--json").stdout
            self.harmless(output.decode(), 1)
            ref = schema.check_lines(output)[0]["ref"]
            self.assertIn("Subject: a", self.run_ok("mail-show", ref).stdout.decode())
            return None

        self.each(view)


if __name__ == "__main__":
    main()
