"""mail-list over Maildir, mbox and stdin: envelope, refs, search, the table."""

import base64
import json
import os

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import TEXTS, crlf, message


def search_messages():
    return [
        message("lunch on Friday", "the usual place\n", sender="Bob <bob@example.net>"),
        message("Re: lunch", "fine\n", sender="Carol <carol@example.net>", recipient="bob@example.org"),
        message("report", "numbers " * 20 + "\n", sender="Dan <dan@example.net>"),
        message("=?utf-8?Q?K=C3=B6ln?=", "Grüße\n", sender="=?utf-8?B?SsO2cmc=?= <joerg@example.net>"),
    ]


class Stores(Case):
    def make_maildir(self, messages, name="mail"):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path(name, sub))
        for number, octets in enumerate(messages):
            with open(self.path(name, "new", f"{1700000000 + number}.M{number}P1.host"), "wb") as file:
                file.write(octets)
        return "maildir:" + self.path(name)

    def list(self, *argv, **arguments):
        return self.run_receipts("mail-list", *argv, "--json", **arguments)

    def test_envelope(self):
        location = self.make_maildir(search_messages())
        records = {record["subject"]: record for record in self.list(location)}
        self.assertEqual(set(records), {"lunch on Friday", "Re: lunch", "report", "Köln"})
        record = records["Köln"]
        self.assertEqual(record["from"], [{"name": "Jörg", "email": "joerg@example.net"}])
        self.assertEqual(record["to"], [{"name": None, "email": "alice@example.org"}])
        self.assertEqual(record["sentAt"], "2026-11-02T10:00:00+01:00")
        self.assertEqual(record["size"], len(crlf(search_messages()[3])))
        self.assertEqual(len(record["messageId"]), 1)
        self.assertTrue(record["ref"].startswith("maildir:" + self.path("mail")), record["ref"])

    def test_the_ref_is_accepted_back(self):
        for location in (self.make_maildir(search_messages()), self.make_mbox(search_messages())):
            for record in self.list(location):
                shown = schema.check_lines(self.run_ok("mail-show", record["ref"], "--json").stdout)
                self.assertEqual([found["subject"] for found in shown], [record["subject"]])

    def make_mbox(self, messages, name="box"):
        text = b""
        for octets in messages:
            quoted = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line
                                for line in octets.split(b"\n"))
            text += b"From x@example.net Mon Nov  2 10:00:00 2026\n" + quoted + b"\n"
        self.write(name, text)
        return "mbox:" + self.path(name)

    def conversation(self):
        def mail(number, subject, references="", hour=0):
            return (f"Message-ID: <{number}@x>\n{references and f'References: {references}' + chr(10)}"
                    f"Date: Mon, 2 Nov 2026 {hour:02}:00:00 +0000\nFrom: {number}@x\nSubject: {subject}\n"
                    f"X-Number: {number}\n\nbody\n").encode()
        return [mail(1, "start", hour=1), mail(2, "other", hour=5), mail(3, "Re: start", "<1@x>", hour=3),
                mail(4, "Re: start", "<1@x> <3@x>", hour=4), mail(5, "[l] Re: start", "<1@x>", hour=2)]

    def numbers(self, *argv, **arguments):
        return [record["from"][0]["email"][0] for record in self.list(*argv, **arguments)]

    def test_order(self):
        mbox = self.make_mbox(self.conversation())
        with open(self.path("box"), "rb") as file:
            text = file.read()
        for location, stdin in ((mbox, None), ("-", text), (self.make_maildir(self.conversation()), None)):
            def numbers(*options, location=location, stdin=stdin):
                return "".join(self.numbers(location, *options, **({} if stdin is None else {"stdin": stdin})))
            with self.subTest(location=location):
                self.assertEqual(sorted(numbers()), list("12345"))
                self.assertEqual(numbers("--sort", "DATE"), "15342")
                self.assertEqual(numbers("--sort", "reverse date"), "24351")
                self.assertEqual(numbers("--sort", "DATE", "--reverse"), "24351")
                self.assertEqual(numbers("--sort", "SUBJECT REVERSE DATE", "--limit", "3"), "243")
                self.assertEqual(numbers("--sort", "DATE", "--search", "SUBJECT start"), "1534")
                self.assertEqual(numbers("--thread", "references"), "15342")
                self.assertEqual(numbers("--thread", "orderedsubject", "--sort", "REVERSE DATE"), "21534")
                self.assertEqual(len(numbers("--limit", "2")), 2)
                self.assertEqual(numbers("--limit", "0"), "")
                self.assertEqual(numbers("--limit", "2", "--reverse"), numbers()[:2:-1])

    def test_conversations_in_json(self):
        records = self.list(self.make_mbox(self.conversation()), "--thread", "references")
        self.assertEqual([record["depth"] for record in records], [0, 1, 1, 2, 0])
        self.assertEqual(len({record["threadId"] for record in records}), 2)
        self.assertEqual(len({record["threadId"] for record in records[:4]}), 1)

    def test_conversations_in_a_table(self):
        out = self.run_ok("mail-list", self.make_mbox(self.conversation()), "--thread", "references", "--output",
                          "table").stdout.decode()
        rows = [line for line in out.splitlines() if "start" in line]
        self.assertEqual([row[row.index("start") - 10:].split("start")[0].split("  ")[-1].strip() for row in rows],
                         ["", "├ [l] Re:", "└ Re:", "└ Re:"])

    def test_several_locations_are_sorted_together(self):
        box = self.make_mbox(self.conversation()[:2])
        maildir = self.make_maildir(self.conversation()[2:])
        self.assertEqual("".join(self.numbers(box, maildir, "--sort", "DATE")), "15342")
        self.assertEqual(len(self.list(box, maildir, "--limit", "3")), 3)

    def test_count(self):
        maildir = self.make_maildir(self.conversation())
        for options, count in (((), 5), (("--search", "SUBJECT start"), 4), (("--limit", "2"), 2)):
            self.assertEqual(self.run_ok("mail-list", maildir, "--count", *options).stdout, f"{count}\n".encode())

    def test_fields(self):
        records = self.list(self.make_mbox(self.conversation()), "--fields", "header:X-Number:asText,subject",
                            "--limit", "1")
        self.assertEqual([list(record.items()) for record in records],
                         [[("header:X-Number:asText", "1"), ("subject", "start")]])
        records = self.list(self.make_mbox(self.conversation()), "--fields", "depth", "--thread", "references")
        self.assertEqual(records, [{"depth": 0}, {"depth": 1}, {"depth": 1}, {"depth": 2}, {"depth": 0}])

    def test_order_errors(self):
        location = self.make_mbox(self.conversation())
        for options, says in ((("--sort", "DATE COLOUR"), '"COLOUR" at offset 5'), (("--thread", "jwz"), '"jwz"'),
                              (("--fields", "Subject"), '"Subject" is no property'),
                              (("--fields", "subject,header:Subject:asDate"), "RFC 8621"),
                              (("--limit", "many"), "--limit"), (("--count", "--fields", "ref"), "--fields")):
            self.run_error(64, says, argv=["mail-list", location, *options])

    def test_search(self):
        stores = {"maildir": self.make_maildir(search_messages()), "mbox": self.make_mbox(search_messages())}
        with open(self.path("box"), "rb") as file:
            stores["-"] = file.read()
        for name, location in stores.items():
            for keys, subjects in (
                    ("FROM bob", {"lunch on Friday"}), ("TO bob", {"Re: lunch"}),
                    ("SUBJECT lunch", {"lunch on Friday", "Re: lunch"}), ('SUBJECT "köln"', {"Köln"}),
                    ("SUBJECT LUNCH NOT FROM bob", {"Re: lunch"}),
                    ("OR FROM bob FROM dan", {"lunch on Friday", "report"}),
                    ("TEXT usual", {"lunch on Friday"}), ('TEXT "Grüße"', {"Köln"}), ("BODY numbers", {"report"}),
                    ("SINCE 3-Nov-2030", set()),
                    ("SENTBEFORE 3-Nov-2026", {"lunch on Friday", "Re: lunch", "report", "Köln"}),
                    ("LARGER 390", {"report"}), ("SEEN", set()), ("NOT (SUBJECT lunch)", {"report", "Köln"}),
                    ("HEADER Message-ID example.net FROM dan", {"report"})):
                with self.subTest(store=name, keys=keys):
                    if name == "-":
                        records = self.list("-", "--search", keys, stdin=location)
                    else:
                        records = self.list(location, "--search", keys)
                    self.assertEqual({record["subject"] for record in records}, subjects)

    def test_flags(self):
        location = self.make_maildir(search_messages())
        first = sorted(os.listdir(self.path("mail", "new")))[0]
        os.rename(self.path("mail", "new", first), self.path("mail", "cur", first + ":2,FS"))
        self.assertEqual([record["subject"] for record in self.list(location, "--search", "SEEN")], ["lunch on Friday"])
        self.assertEqual(len(self.list(location, "--search", "UNSEEN")), 3)
        record, = self.list(location, "--search", "FLAGGED")
        self.assertEqual(record["keywords"], {"$seen": True, "$flagged": True})
        # Listing moves nothing.
        self.assertEqual(len(os.listdir(self.path("mail", "new"))), 3)

    def test_stdin_formats(self):
        octets = TEXTS["umlauts"]
        mbox = b"From x@example.net Mon Nov  2 10:00:00 2026\n" + octets + b"\n"
        jsonl = json.dumps({"raw": base64.b64encode(crlf(octets)).decode()}).encode() + b"\n"
        for stdin in (octets, crlf(octets), mbox, jsonl):
            record, = self.list("-", stdin=stdin)
            self.assertEqual((record["subject"], record["size"]), ("Grüße", len(crlf(octets))))
        self.assertEqual(self.list("-", stdin=b""), [])

    def test_refs(self):
        location = self.make_maildir(search_messages())
        refs = "".join(json.dumps({"ref": record["ref"]}) + "\n" for record in self.list(location)[:2]).encode()
        self.assertEqual([json.loads(line)["ref"] for line in refs.splitlines()],
                         [record["ref"] for record in self.list("--refs", "-", stdin=refs)])

    def test_a_file_is_a_ref(self):
        path = self.write("umlauts.eml", TEXTS["umlauts"])
        record, = self.list(path)
        self.assertEqual(record["ref"], path)
        refs = json.dumps(record).encode() + b"\n"
        self.assertEqual(self.list("--refs", "-", stdin=refs), [record])
        shown, = schema.check_lines(self.run_ok("mail-show", "--refs", "-", "--json", stdin=refs).stdout)
        self.assertEqual(shown["subject"], "Grüße")

    def test_a_file_that_names_itself_ends(self):
        path = self.path("self.jsonl")
        refs = json.dumps({"ref": path}).encode() + b"\n"
        self.write("self.jsonl", refs)
        for command in ("mail-list", "mail-show"):
            outcome = run([command, "--refs", "-", "--json"], self.directory, stdin=refs)
            self.assertEqual((outcome.status, outcome.stdout), (64, b""), outcome)
            self.assertIn("names no message", outcome.error_lines[0])

    def test_table(self):
        text = self.run_ok("mail-list", self.make_maildir(search_messages()), "--output", "table").stdout.decode()
        for word in ("Köln", "Jörg", "lunch on Friday"):
            self.assertIn(word, text)

    def test_terminal_escapes(self):
        """threats.md: terminal escapes are whole in JSON and stripped in a table."""
        location = self.make_maildir([message("a\x1b]0;owned\x07b\x1b[2J", "text\n")])
        text = self.run_ok("mail-list", location, "--output", "table").stdout
        self.assertNotIn(b"\x1b", text)
        self.assertNotIn(b"\x07", text)
        record, = self.list(location)
        self.assertIn("\x1b]0;owned\x07b", record["subject"])

    def test_errors(self):
        for argv, status, says in ((["mail-list", self.path("nothing")], 66, "nothing"),
                                   (["mail-list", "maildir:" + self.path("nothing")], 66, "nothing"),
                                   (["mail-list", "--nope"], 64, "nope"), (["mail-list"], 64, "LOCATION"),
                                   (["mail-list", "-", "--search", "FORM bob"], 64, "FORM|search"),
                                   (["mail-list", "-", "--search", "OR SEEN"], 64, "(?i)search|OR")):
            with self.subTest(argv):
                self.run_error(status, says, argv=argv)

    def test_a_reader_that_left_is_no_error(self):
        location = self.make_maildir([message(f"subject {n}", "x\n") for n in range(2000)])
        outcome = run(["sh", "-c", '"$MAIL_LIST" "$1" --json | head -n 1; exit 0', "sh", location], self.directory,
                      environment={"MAIL_LIST": os.path.join(os.environ["MAILPIPE_BIN"], "mail-list")})
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        self.assertEqual(len(outcome.stdout.splitlines()), 1)


if __name__ == "__main__":
    main()
