"""Messages as objects and back: mail-show --json --attachments, a script in between, mail-send --from-json."""

import email
import email.policy
import json
from email.message import EmailMessage

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.mailserve import MailServe


def report():
    message = EmailMessage()
    message["From"] = "Jörg Müller <joerg@example.net>"
    message["To"] = "Alice <alice@example.org>, \"Bob, the other\" <bob@example.org>"
    message["Subject"] = "Bericht für März"
    message["Message-ID"] = "<report.1@example.net>"
    message.set_content("Grüße\n\nanbei.\n")
    message.add_alternative("<p>Grüße, <img src=\"cid:logo@example.net\"></p>\n", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\n\0", "image", "png", cid="<logo@example.net>")
    message.add_attachment(bytes(range(256)) * 500, maintype="application", subtype="octet-stream",
                           filename="Übersicht 1.bin")
    message.add_attachment("a,b\r\n1,2", subtype="csv", filename="table.csv")
    return message


def lines(content):
    """Text as it is meant; base64 carries its CRLF through a store that keeps LF."""
    return content.replace("\r\n", "\n") if isinstance(content, str) else content


class FromJson(Case):
    def setUp(self):
        super().setUp()
        self.server = MailServe(listen=("smtp://127.0.0.1:0",)).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def show(self, octets):
        shown = self.run_ok("mail-show", "--json", "--attachments", stdin=octets)
        record, = schema.check_lines(shown.stdout)
        return record

    def send(self, *records, arguments=("-t",)):
        text = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        return self.run_receipts("mail-send", "--server", f"smtp://127.0.0.1:{self.server.port('smtp')}", "--tls",
                                 "none", "--from-json", *arguments, stdin=text)

    def received(self, user="alice"):
        return [email.message_from_bytes(octets, policy=email.policy.default)
                for octets in self.server.messages(user)]

    def test_changed_by_a_script(self):
        original = report()
        record = self.show(original.as_bytes())
        record["subject"] = "Anders: 漢字 und mehr"
        receipt, = self.send(record)
        self.assertEqual([r["code"] for r in receipt["recipients"]], [250, 250])
        self.assertEqual(receipt["messageId"], ["report.1@example.net"])
        for user in ("alice", "bob"):
            message, = self.received(user)
            self.assertEqual(message["Subject"], record["subject"])
            self.assertEqual(str(message["From"]), str(original["From"]))
            self.assertEqual([str(a) for a in message["To"].addresses], [str(a) for a in original["To"].addresses])
            ours = [part for part in message.walk() if not part.is_multipart()]
            theirs = [part for part in original.walk() if not part.is_multipart()]
            self.assertEqual([p.get_content_type() for p in message.walk()],
                             [p.get_content_type() for p in original.walk()])
            for part, other in zip(ours, theirs, strict=True):
                self.assertEqual(part.get_filename(), other.get_filename())
                self.assertEqual(part.get_content_disposition(), other.get_content_disposition())
                self.assertEqual(lines(part.get_content()), lines(other.get_content()))
            self.assertIsNotNone(message["Date"])
            self.assertEqual(message.defects, [])

    def test_written_by_hand(self):
        self.send({"from": [{"email": "me@example.net"}], "to": [{"name": "Alice", "email": "alice@example.org"}],
                   "subject": "hello", "textBody": [{"partId": "t", "type": "text/plain"}],
                   "bodyValues": {"t": {"value": "Hello,\nworld ☃\n"}}})
        message, = self.received()
        self.assertEqual(message.get_content(), "Hello,\nworld ☃\n")
        self.assertRegex(message["Message-ID"], r"^<[0-9a-f]{32}@example\.net>$")
        self.assertIsNotNone(message["Date"].datetime.tzinfo)

    # threats.md: CR, LF, NUL in addresses, names, options, JSON.
    def test_bad_records_do_not_stop_the_others(self):
        good = {"from": [{"email": "me@example.net"}], "to": [{"email": "alice@example.org"}], "subject": "good"}
        records = [json.dumps(dict(good, subject="x\r\nBcc: bob@example.org")), "{", "[]",
                   json.dumps(dict(good, to=[{"email": "alice@example.org, bob@example.org"}])), json.dumps(good)]
        outcome = run(["mail-send", "--server", f"smtp://127.0.0.1:{self.server.port('smtp')}", "--tls", "none",
                       "--from-json", "-t"], self.directory, stdin="\n".join(records).encode() + b"\n")
        self.assertEqual(outcome.status, 65, outcome)
        errors = outcome.stderr.decode().splitlines()
        self.assertEqual(len(errors), 4, errors)
        for number, error in enumerate(errors, 1):
            self.assertIn(f"stdin: line {number}: ", error)
        message, = self.received()
        self.assertEqual(message["Subject"], "good")
        self.assertEqual(self.received("bob"), [])


if __name__ == "__main__":
    main()
