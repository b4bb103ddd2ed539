"""--sort and --thread of mail-list against Dovecot's SORT and THREAD, over generated mail and generated programs."""

import imaplib
import random
import re
import ssl

from peers.case import Case, main
from peers.dovecot import Dovecot

MESSAGES = 600
PROGRAMS = 40
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
        cls.imap = imaplib.IMAP4_SSL("127.0.0.1", cls.dovecot.imaps,
                                     ssl_context=ssl._create_unverified_context())  # pylint: disable=protected-access
        cls.addClassCleanup(cls.imap.logout)
        cls.imap.login("alice", "secret")
        cls.imap.select(readonly=True)

    def list(self, *options):
        return self.run_receipts("mail-list", f"imaps://alice@localhost:{self.dovecot.imaps}", "--json", "--tls-ca",
                                 self.certificates().ca, *self.password(), *options)

    def test_sort(self):
        for program in programs():
            with self.subTest(program=program):
                _, answer = self.imap.uid("SORT", f"({program})", "UTF-8", "ALL")
                listed = [record["uid"] for record in self.list("--sort", program)]
                self.assertEqual(len(listed), MESSAGES)
                self.assertEqual(listed, [int(uid) for uid in answer[0].split()])

    def test_threads(self):
        for algorithm in ("REFERENCES", "ORDEREDSUBJECT"):
            with self.subTest(algorithm=algorithm):
                answer = self.imap.uid("THREAD", algorithm, "UTF-8", "ALL")[1][0].decode()
                expected = thread_list(iter(re.findall(r"[()]|\d+", answer)), -1)
                listed = [(record["uid"], record["depth"]) for record in self.list("--thread", algorithm)]
                self.assertEqual(listed, expected)


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
