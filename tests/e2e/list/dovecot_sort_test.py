"""--sort, --thread, --limit and --count of mail-list on IMAP: by the server, and by mail-list itself where the server
does not offer it. Both must list the same, and as Dovecot's SORT and THREAD say, over generated mail and programs."""

import imaplib
import random
import re
import ssl

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot

MESSAGES = 300
PROGRAMS = 12
SUBJECTS = ["alpha", "Beta", "gamma", "[list] alpha", "[a] [b]", "=?utf-8?q?=C3=89t=C3=A9?=", "e\u0301te\u0301 ",
            "Zeta (fwd)", "[fwd: gamma]", "", "re", "[x]"]
PREFIXES = ["", "", "Re: ", "RE[2]: ", "Fwd: ", "re:fw: ", "[list] Re: "]
PEOPLE = ["Bob <bob@example.net>", "alice@example.org", "\"Zoe\" <zoe@x.example>",
          "=?utf-8?q?=C3=89mile?= <emile@y.example>", "Carl <Carl@example.com>, bob@example.net", "<ann@example.org>"]


def generate(seed):
    rng = random.Random(seed)
    for number in range(MESSAGES):
        lines = []
        if rng.random() < 0.95:
            lines.append(f"Message-ID: <m{number}@x.example>")
        if number and rng.random() < 0.5:
            # Also of messages that are not there, or that come later.
            first = rng.randrange(number + 20)
            chain = sorted({first, *(rng.randrange(first + 1) for _ in range(rng.randrange(3)))})
            lines.append("References: " + "\n ".join(f"<m{one}@x.example>" for one in chain))
        elif number and rng.random() < 0.2:
            lines.append(f"In-Reply-To: <m{rng.randrange(number)}@x.example>")
        if rng.random() < 0.95:
            subject = rng.choice(PREFIXES) + rng.choice(SUBJECTS) + rng.choice(["", "", str(number % 7)])
            lines.append(f"Subject: {subject}")
        if rng.random() < 0.95:
            lines.append(f"Date: {rng.randrange(1, 29)} Oct 2026 {rng.randrange(24):02}:{rng.randrange(60):02}:00 "
                         f"{rng.choice(['+0000', '-0800', '+0530'])}")
        lines.append(f"From: {rng.choice(PEOPLE)}")
        for field in ("To", "Cc"):
            if rng.random() < 0.7:
                lines.append(f"{field}: {rng.choice(PEOPLE)}")
        yield ("\n".join(lines) + "\n\n" + "x" * rng.randrange(200) + "\n").encode()


def programs():
    rng = random.Random(5)
    keys = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"]
    yield from keys
    for _ in range(PROGRAMS):
        yield " ".join(rng.choice(["", "REVERSE "]) + key for key in rng.sample(keys, rng.randrange(1, 4)))


class DovecotSort(Case):
    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(certificate=Case.certificates().good).start()
        cls.addClassCleanup(cls.dovecot.stop)
        for number, octets in enumerate(generate(3)):
            cls.dovecot.deliver("alice", octets, f"1{number:09}.M{number}P1.x")
        # The same mailboxes without any extension that lets the server do it.
        cls.plain = Dovecot(certificate=Case.certificates().good, extra=f"""
            imap_capability = IMAP4rev1 SASL-IR LITERAL+ UIDPLUS
            mail_location = maildir:{cls.dovecot.directory}/mail/%n""").start()
        cls.addClassCleanup(cls.plain.stop)
        cls.imap = imaplib.IMAP4_SSL("127.0.0.1", cls.dovecot.imaps,
                                     ssl_context=ssl._create_unverified_context())  # pylint: disable=protected-access
        cls.addClassCleanup(cls.imap.logout)
        cls.imap.login("alice", "secret")
        cls.imap.select(readonly=True)

    def run_list(self, server, *options):
        """The records, and the commands that went to the server."""
        outcome = run(["mail-list", f"imaps://alice@localhost:{server.imaps}", "--json", "--trace", "--tls-ca",
                       self.certificates().ca, *self.password(), *options], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        commands = [line.partition(" ")[2] for line in re.findall(r"C: (.*)", outcome.stderr.decode())]
        if "--count" in options:
            return int(outcome.stdout), commands
        return schema.check_lines(outcome.stdout, "mail-list"), commands

    def list_both(self, wanted, *options):
        """What both list, which must be the same; the server gets `wanted`, a pattern, only where it offers that."""
        served, commands = self.run_list(self.dovecot, *options)
        self.assertRegex("\n".join(commands), wanted)
        listed, commands = self.run_list(self.plain, *options)
        self.assertNotRegex("\n".join(commands), wanted)
        if "--count" in options:
            self.assertEqual(served, listed)
            return listed
        self.assertEqual(comparable(served), comparable(listed))
        return listed

    def test_sort(self):
        for program in programs():
            with self.subTest(program=program):
                _, answer = self.imap.uid("SORT", f"({program})", "UTF-8", "ALL")
                listed = [record["uid"] for record in self.list_both("UID SORT", "--sort", program)]
                self.assertEqual(len(listed), MESSAGES)
                self.assertEqual(listed, [int(uid) for uid in answer[0].split()])

    def test_threads(self):
        for algorithm in ("REFERENCES", "ORDEREDSUBJECT"):
            with self.subTest(algorithm=algorithm):
                answer = self.imap.uid("THREAD", algorithm, "UTF-8", "ALL")[1][0].decode()
                expected = thread_list(iter(re.findall(r"[()]|\d+", answer)), -1)
                records = self.list_both("UID THREAD", "--thread", algorithm)
                self.assertEqual([(record["uid"], record["depth"]) for record in records], expected)

    def test_orders_that_are_combined(self):
        for options in (["--reverse"], ["--sort", "SUBJECT", "--reverse"], ["--thread", "references", "--reverse"],
                        ["--thread", "references", "--sort", "REVERSE SIZE"],
                        ["--thread", "orderedsubject", "--sort", "FROM DATE", "--reverse", "--limit", "40"],
                        ["--sort", "DISPLAYFROM", "--search", "SUBJECT \"éTé\""],
                        ["--thread", "references", "--search", "OR FROM bob SUBJECT alpha", "--limit", "30"],
                        ["--sort", "DATE", "--fields", "subject,uid"], ["--thread", "references", "--fields", "depth"]):
            with self.subTest(options=options):
                self.assertGreater(len(self.list_both("UID (SORT|THREAD|SEARCH RETURN)", *options)), 10)

    def test_limit_fetches_no_more(self):
        for options, search in ((["--sort", "REVERSE DATE"], "UID SORT"), (["--thread", "references"], "UID THREAD"),
                                ([], r"UID SEARCH RETURN \(PARTIAL 1:5\) ALL"),
                                (["--search", "FROM bob"], r"UID SEARCH RETURN \(PARTIAL 1:5\) FROM"),
                                (["--search", "FROM bob", "--reverse"], r"UID SEARCH RETURN \(ALL\) FROM")):
            with self.subTest(options=options):
                records, commands = self.run_list(self.dovecot, *options, "--limit", "5")
                self.assertRegex("\n".join(commands), search)
                fetches = re.findall(r"UID FETCH (\S+) ", "\n".join(commands))
                self.assertEqual(len(fetches), 1)
                uids = {uid for piece in fetches[0].split(",")
                        for uid in range(int(piece.split(":")[0]), int(piece.split(":")[-1]) + 1)}
                self.assertEqual(uids, {record["uid"] for record in records})
                plain, _ = self.run_list(self.plain, *options, "--limit", "5")
                self.assertEqual(comparable(records), comparable(plain))

    def test_count(self):
        self.assertEqual(self.list_both(r"UID SEARCH RETURN \(COUNT\)", "--count"), MESSAGES)
        self.assertGreater(self.list_both(r"UID SEARCH RETURN \(COUNT\)", "--count", "--search", "FROM bob"), 50)
        self.assertEqual(self.list_both(r"UID SEARCH RETURN \(COUNT\)", "--count", "--limit", "7"), 7)

    def test_several_locations_are_sorted_together(self):
        url = f"imaps://alice@localhost:{self.dovecot.imaps}"
        records = self.run_receipts("mail-list", url, url, "--json", "--sort", "DATE", "--tls-ca",
                                    self.certificates().ca, *self.password())
        once = self.run_list(self.dovecot, "--sort", "DATE")[0]
        self.assertEqual(len(records), 2 * MESSAGES)
        self.assertEqual({record["uid"] for record in records[:20]}, {record["uid"] for record in once[:10]})


def comparable(records):
    """Without what holds the port of the server; threads are numbered as they come."""
    threads = {}
    return [{name: threads.setdefault(value, len(threads)) if name == "threadId" else value
             for name, value in record.items() if name != "ref"} for record in records]


def thread_list(tokens, depth):
    """(UID, depth) of what a thread-list of RFC 5256 section 4 holds; lists in a list without a number hang from a
    message that is not there."""
    found, has_parent = [], False
    for token in tokens:
        if token == "(":
            depth += 0 if has_parent else 1
            has_parent = True
            found += thread_list(tokens, depth)
        elif token == ")":
            break
        else:
            found.append((int(token), depth))
            depth += 1
            has_parent = True
    return found


main()
