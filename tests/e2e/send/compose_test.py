"""mail-send composes messages from its options, and one for each record of a merge."""

import email
import email.policy
import json
import os
import time

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe

_PNG = b"\x89PNG\r\n\x1a\n\0not really"


class Compose(Case):
    def setUp(self):
        super().setUp()
        self.server = MailServe(listen=("smtp://127.0.0.1:0",)).start()
        self.addCleanup(self.server.remove)
        self.addCleanup(self.server.stop)

    def argv(self, *arguments):
        return ["mail-send", "--server", self.server.urls["smtp"], "--tls", "none", "-f", "carol@example.net",
                *arguments]

    def received(self, user):
        folder = os.path.join(self.server.store, user, "new")
        found = []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                found.append(email.message_from_binary_file(file, policy=email.policy.default))
        return found

    def test_text_from_stdin(self):
        receipt, = self.run_receipts(*self.argv("--to", "Alice <alice@example.org>", "--bcc", "bob@example.org",
                                                "--subject", "Grüße", "--text", "-", "--header", "X-Mood: good"),
                                     stdin="Hallo Köln\n.\n".encode())
        self.assertEqual([entry["recipient"] for entry in receipt["recipients"]],
                         ["alice@example.org", "bob@example.org"])
        message, = self.received("alice")
        self.assertEqual((message["Subject"], message["From"], message["X-Mood"], message["Bcc"]),
                         ("Grüße", "carol@example.net", "good", None))
        self.assertEqual(message.get_content(), "Hallo Köln\n.\n")
        self.assertEqual(self.received("bob")[0]["Message-ID"], message["Message-ID"])

    def test_parts(self):
        html = self.write("page.html", b'<p>Hello <img src="cid:logo.png"></p>\n')
        text = self.write("text", b"Hello\n")
        logo = self.write("logo.png", _PNG)
        data = self.write("däta.bin", bytes(range(256)))
        self.run_receipts(*self.argv("--to", "alice@example.org", "--text", text, "--html", html, "--inline", logo,
                                     "--attach", data, "--attach", text))
        message, = self.received("alice")
        self.assertEqual([part.get_content_type() for part in message.walk()],
                         ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                          "image/png", "application/octet-stream", "application/octet-stream"])
        parts = list(message.walk())
        self.assertEqual((parts[5]["Content-ID"], parts[5].get_content()), ("<logo.png>", _PNG))
        self.assertEqual((parts[6].get_filename(), parts[6].get_content()), (os.path.basename(data), bytes(range(256))))

    def test_merge(self):
        template = self.write("text", b"Dear {{name}},\nyour number is {{number}}.\n")
        records = [{"name": "Alice", "to": "alice@example.org", "number": 1},
                   {"name": "nobody", "number": 2},
                   {"name": "Bob\r\nBcc: evil@example.org", "to": "bob@example.org", "number": 3},
                   {"name": "Bob \"B\" <x>", "to": "bob@example.org", "number": 4}]
        data = self.write("data.jsonl", "".join(json.dumps(record) + "\n" for record in records).encode())
        argv = self.argv("--to", "{{name}} <{{to}}>", "--subject", "No. {{number}}", "--text", template, "--merge",
                         data)
        outcome = run(argv, self.directory)
        self.assertEqual(outcome.status, 65, str(outcome))
        self.assertRegex("\n".join(outcome.error_lines), "data.jsonl:2: the record has no \"to\"")
        self.assertRegex("\n".join(outcome.error_lines), "data.jsonl:3: To: ")
        receipts = schema.check_lines(outcome.stdout, "mail-send")
        self.assertEqual([receipt["recipients"][0]["recipient"] for receipt in receipts],
                         ["alice@example.org", "bob@example.org"])
        self.assertEqual(self.received("alice")[0].get_content(), "Dear Alice,\nyour number is 1.\n")
        message, = self.received("bob")
        self.assertEqual((message["Subject"], message["To"].addresses[0].display_name), ("No. 4", "Bob \"B\" <x>"))

    def test_rate(self):
        data = self.write("data.jsonl", b'{"n":1}\n{"n":2}\n{"n":3}\n')
        begun = time.monotonic()
        self.run_receipts(*self.argv("--to", "alice@example.org", "--subject", "{{n}}", "--merge", data, "--rate",
                                     "4/s"))
        self.assertGreaterEqual(time.monotonic() - begun, 0.5)
        self.assertEqual(sorted(message["Subject"] for message in self.received("alice")), ["1", "2", "3"])

    def test_refused(self):
        for status, says, arguments in (
                (64, "has an option of its own", ["--header", "Bcc: bob@example.org"]),
                (64, "not NAME: VALUE", ["--header", "X"]),
                (65, "control character", ["--header", "X: a\nBcc: bob@example.org"]),
                (65, "Subject", ["--subject", "a\r\nBcc: bob@example.org"]),
                (65, "no address", ["--cc", "nobody"]),
                (66, "No such file", ["--attach", self.path("none")]),
                (65, "not UTF-8", ["--text", self.write("latin1", b"\xe9\n")]),
                (64, "--from-json", ["--from-json"]),
                (64, "--rate", ["--rate", "fast"])):
            with self.subTest(says):
                self.run_error(status, says, argv=self.argv("--to", "alice@example.org", *arguments))
        self.assertEqual(self.received("alice") + self.received("bob"), [])


if __name__ == "__main__":
    main()
