"""--flag, --move, --copy and --delete of mail-list over Maildir and mbox."""

import json
import os

from peers.case import Case, main
from peers.commands import run
from peers.messages import crlf, message


def three_messages():
    return [message("one", "first\n", sender="Bob <bob@example.net>"),
            message("two", "From the start of a line\n", sender="Carol <carol@example.net>"),
            message("three", "third\n", sender="Bob <bob@example.net>")]


class Change(Case):
    def make_maildir(self, messages, name="mail"):
        for sub in ("new", "cur", "tmp"):
            os.makedirs(self.path(name, sub))
        for number, octets in enumerate(messages):
            self.write(os.path.join(name, "new", f"{1700000000 + number}.M{number}P1.host"), octets)
        return "maildir:" + self.path(name)

    def make_mbox(self, messages, name="box"):
        text = b""
        for octets in messages:
            quoted = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line
                                for line in octets.split(b"\n"))
            text += b"From x@example.net Mon Nov  2 10:00:00 2026\n" + quoted + b"\n"
        self.write(name, text)
        return "mbox:" + self.path(name)

    def stores(self, name=""):
        yield self.make_maildir(three_messages(), "mail" + name)
        yield self.make_mbox(three_messages(), "box" + name)

    def list(self, *argv, **arguments):
        return self.run_receipts("mail-list", *argv, "--json", **arguments)

    def subjects(self, *argv):
        return [record["subject"] for record in self.list(*argv)]

    def refs(self, *argv):
        return "".join(json.dumps(record) + "\n" for record in self.list(*argv)).encode()

    def texts(self, location):
        """The messages as their files hold them."""
        return sorted(crlf(octets) for octets in self.shown(location))

    def shown(self, location):
        for record in self.list(location):
            yield self.run_ok("mail-show", record["ref"], "--raw").stdout

    def test_flag_over_refs(self):
        for location in self.stores():
            with self.subTest(location):
                changed = self.list("--refs", "-", "--flag", "+Seen", stdin=self.refs(location, "--search", "FROM bob"))
                self.assertEqual([record["keywords"] for record in changed], [{"$seen": True}] * 2)
                self.assertEqual(self.subjects(location, "--search", "SEEN"), ["one", "three"])
                # The ref is the one that the message has from now on.
                self.assertEqual([self.subjects(record["ref"]) for record in changed], [["one"], ["three"]])
                unseen = self.refs(location, "--search", "UNSEEN")
                self.assertEqual(len(self.list("--refs", "-", "--flag", "+\\Seen", stdin=unseen)), 1)
                self.assertEqual(self.subjects(location, "--search", "UNSEEN"), [])

    def test_flag_tokens(self):
        for location in self.stores():
            with self.subTest(location):
                self.list(location, "--flag", "+Seen +$flagged")
                changed = self.list(location, "--search", "FROM carol", "--flag", "+Answered", "-Flagged", "-\\Seen")
                self.assertEqual([record["keywords"] for record in changed], [{"$answered": True}])
                self.assertEqual(self.subjects(location, "--search", "FLAGGED SEEN UNANSWERED"), ["one", "three"])
                changed = self.run_receipts("mail-list", "--flag", "-Answered", "+Draft", "-q", "--json",
                                            "--search", "ANSWERED", location)
                self.assertEqual([record["keywords"] for record in changed], [{"$draft": True}])

    def test_flags_change_no_octet_of_a_message_in_a_maildir(self):
        location = self.make_maildir(three_messages())
        before = self.maildir("mail")
        self.list(location, "--flag", "+Seen")
        self.assertEqual(self.maildir("mail"), before)
        self.assertEqual(os.listdir(self.path("mail", "new")), [])

    def test_flags_change_two_fields_in_an_mbox(self):
        location = self.make_mbox(three_messages())
        with open(self.path("box"), "rb") as file:
            before = file.read()
        self.list(location, "--flag", "+Seen", "+Flagged")
        with open(self.path("box"), "rb") as file:
            after = file.read()
        self.assertEqual(after.count(b"\nStatus: RO\nX-Status: F\n\n"), 3)
        self.assertEqual(after.replace(b"Status: RO\nX-Status: F\n", b""), before)
        self.list(location, "--flag", "-Flagged")
        with open(self.path("box"), "rb") as file:
            self.assertEqual(file.read(), after.replace(b"X-Status: F\n", b""))

    def test_what_a_store_cannot_keep(self):
        for location, keyword in zip(self.stores(), ("+work", "+$forwarded")):
            with self.subTest(location):
                self.run_error(69, keyword[1:].replace("$", r"\$"),
                               argv=["mail-list", location, "--flag", "+Seen", keyword, "--json"])
                stdin = self.refs(location)
                self.run_error(69, "cannot keep",
                               argv=["mail-list", "--refs", "-", "--flag", "+Seen", keyword], stdin=stdin)
                self.assertEqual(self.subjects(location, "--search", "SEEN"), [])

    def test_move_and_copy(self):
        number = 0
        for option in ("--move", "--copy"):
            for kind in ("maildir", "mbox"):
                for location in self.stores(str(number)):
                    target = f"{kind}:{self.path('target' + str(number) + location[:3])}"
                    with self.subTest(option=option, location=location, target=target):
                        before = self.texts(location)
                        moved = self.list(location, "--search", "FROM bob", option, target)
                        self.assertEqual([self.subjects(record["ref"]) for record in moved], [["one"], ["three"]])
                        self.assertTrue(all(record["ref"].startswith(target + ";") for record in moved))
                        self.assertEqual(self.subjects(location),
                                         ["two"] if option == "--move" else ["one", "two", "three"])
                        # Through refs, onto what is there already.
                        self.list("--refs", "-", option, target, stdin=self.refs(location, "--search", "FROM carol"))
                        self.assertEqual(self.texts(target), before)
                number += 1

    def test_a_copy_keeps_flags_and_date(self):
        location = self.make_maildir(three_messages())
        self.list(location, "--search", "FROM bob", "--flag", "+Seen", "+Forwarded")
        os.utime(os.path.join(self.path("mail", "new"), os.listdir(self.path("mail", "new"))[0]), (10 ** 9, 10 ** 9))
        copied = self.list(location, "--copy", "maildir:" + self.path("copy"))
        self.assertEqual(sorted(len(record["keywords"]) for record in copied), [0, 2, 2])
        key = "receivedAt"
        listed = {record["subject"]: record for record in self.list("maildir:" + self.path("copy"))}
        self.assertEqual(listed["two"][key], "2001-09-09T01:46:40Z")
        self.assertEqual(listed["one"]["keywords"], {"$seen": True, "$forwarded": True})

    def test_delete(self):
        for location in self.stores():
            with self.subTest(location):
                first = self.list(location)[0]
                gone = self.list(location, "--search", "FROM bob", "--limit", "1", "--delete")
                self.assertEqual([record["ref"] for record in gone], [first["ref"]])
                self.assertEqual(self.subjects(location), ["two", "three"])
                self.list("--refs", "-", "--delete", stdin=self.refs(location))
                self.assertEqual(self.subjects(location), [])

    def test_refs_as_arguments(self):
        """Messages of an mbox that are named one by one are changed together: an offset does not outlive a change."""
        for location in self.stores():
            with self.subTest(location):
                refs = [record["ref"] for record in self.list(location)]
                self.list(refs[0], refs[1], "--delete")
                self.assertEqual(self.subjects(location), ["three"])

    def test_refs_of_two_mailboxes_in_turn(self):
        locations = list(self.stores())
        refs = [self.list(location) for location in locations]
        stdin = "".join(json.dumps({"ref": record["ref"]}) + "\n" for pair in zip(*refs) for record in pair).encode()
        self.assertEqual(len(self.list("--refs", "-", "--delete", stdin=stdin)), 6)
        for location in locations:
            self.assertEqual(self.subjects(location), [])

    def test_gone(self):
        """A message that is gone is reported, and the others are changed."""
        for location in self.stores():
            for change, subjects in ((["--flag", "+Seen"], ["two", "three"]),
                                     (["--copy", "maildir:" + self.path("copy")], ["two", "three"]),
                                     (["--move", "maildir:" + self.path("moved")], []),):
                with self.subTest(location=location, change=change):
                    stdin = self.refs(location)
                    first = json.loads(stdin.splitlines()[0])["ref"]
                    if location.startswith("maildir:"):
                        self.list(first, "--delete")
                    else:
                        stdin = json.dumps({"ref": location + ";OFFSET=3"}).encode() + b"\n" + \
                            b"\n".join(stdin.splitlines()[-2:]) + b"\n"
                    self.run_error(66, "no such message", argv=["mail-list", "--refs", "-", *change, "--json"],
                                   stdin=stdin, receipts=True)
                    if location.startswith("maildir:"):
                        self.assertEqual(self.subjects(location), subjects)
                        break

    def test_text(self):
        location = self.make_maildir(three_messages())
        out = self.run_ok("mail-list", location, "--flag", "+Seen", "--output", "text").stdout
        self.assertEqual(out.decode().splitlines(), [record["ref"] for record in self.list(location)])

    def test_a_reader_that_left_loses_nothing(self):
        location = self.make_maildir([message(f"subject {n}", "x\n") for n in range(1500)])
        target = "mbox:" + self.path("target")
        outcome = run(["sh", "-c", '"$MAIL_LIST" "$1" --move "$2" --json | head -n 1; exit 0', "sh", location, target],
                      self.directory, environment={"MAIL_LIST": os.path.join(os.environ["MAILPIPE_BIN"], "mail-list")})
        self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
        self.assertEqual({f"subject {n}" for n in range(1500)},
                         {*self.subjects(location), *self.subjects(target)})

    def test_errors(self):
        location = self.make_maildir(three_messages())
        for options, status, says in (
                (["--flag", "Seen"], 64, r"no sign; write \+Seen"), (["--flag"], 64, "needs a value"),
                (["--flag", "--json"], 64, "cannot be the name"), (["--flag", "+\\Recent"], 64, "Recent"),
                (["--flag", "+Seen", "--delete"], 64, "cannot be given together"),
                (["--flag", "+Seen", "--sort", "DATE"], 64, "cannot be given together"),
                (["--move", "maildir:x", "--copy", "maildir:x"], 64, "cannot be given together"),
                (["--move", "smtp://localhost"], 64, "--move: give maildir:PATH"),
                (["--move", "pop3://localhost"], 64, "--move: give maildir:PATH"),
                (["--move", location], 64, "is where the messages are already"),
                (["--move", "nothing-there"], 66, "--move"),
                (["--move", "mbox:" + self.path("mail")], 74, "directory"),
                (["--delete", "--count"], 64, "cannot be given together")):
            with self.subTest(options):
                self.run_error(status, says, argv=["mail-list", location, *options])
        self.run_error(64, "stdin", argv=["mail-list", "-", "--delete"], stdin=three_messages()[0])
        self.write("single", three_messages()[0])
        self.run_error(64, "no messages to change", argv=["mail-list", self.path("single"), "--delete"])
        self.assertEqual(len(self.subjects(location)), 3)


if __name__ == "__main__":
    main()
