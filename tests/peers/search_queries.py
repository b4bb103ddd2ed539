"""SEARCH keys, SORT programs and THREAD algorithms for the mail of varied_mail.py, always the same for a seed."""

import random
import re

from peers.varied_mail import HOSTS, KEYWORDS, PEOPLE, WORDS

FLAGS = ["ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN"]
SORT_KEYS = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"]
FIELDS = ["X-Spam", "List-Id", "Message-ID", "References", "In-Reply-To", "Received", "Comments", "Content-Type",
          "Date", "Subject", "From", "To", "Cc", "x-spam", "Missing"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def for_server(query):
    """The criteria as octets of a command: strings that are not ASCII as literals that do not wait (RFC 7888)."""
    def literal(match):
        if match[0].isascii():
            return match[0].encode()
        octets = re.sub(r"\\(.)", r"\1", match[0][1:-1]).encode()
        return b"{%d+}\r\n%s" % (len(octets), octets)
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', query)
    octets = b"".join(literal(re.match(r"(?s).*", piece)) for piece in pieces)
    return octets if query.isascii() else b"CHARSET UTF-8 " + octets


class Queries:
    def __init__(self, seed, messages):
        self.rng = random.Random(seed)
        self.messages = messages

    def needle(self):
        rng = self.rng
        word = rng.choice(WORDS[rng.choice(list(WORDS) + ["us-ascii", "utf-8"])])
        if rng.random() < 0.2:
            word += " " + rng.choice(WORDS["us-ascii"])
        if rng.random() < 0.5 and len(word) > 3:
            start = rng.randrange(len(word) - 2)
            word = word[start:start + rng.randrange(2, 6)]
        return quoted(rng.choice([str, str, str.upper, str.lower])(word).strip() or "x")

    def person(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return quoted(rng.choice(PEOPLE).replace("o'", ""))
        if kind < 0.6:
            return quoted(rng.choice(["Jr.", "team", "Board", "undisclosed", "comment", "Alice <", "(Alice", ", "]))
        return quoted(rng.choice(["@", ".", ""]) + rng.choice(HOSTS).lower())

    def date(self):
        rng = self.rng
        return f"{rng.randrange(1, 29)}-{rng.choice(['Jan', 'Mar', 'Jun', 'Sep', 'Dec'])}-" \
               f"{rng.choice([2025, 2026, 2026, 2026, 1999])}"

    def uids(self):
        rng, most = self.rng, self.messages
        sets = [str(rng.randrange(1, most)), f"{rng.randrange(1, most)}:{rng.randrange(1, most)}",
                f"{rng.randrange(1, most)}:*", f"1:{most // 2},{most}", f"{most * 2}:{most * 3}"]
        return rng.choice(sets)

    def key(self):
        rng = self.rng
        makers = [
            lambda: "ALL",
            lambda: rng.choice(["", "UN"]) + rng.choice(FLAGS),
            lambda: rng.choice(["", "UN"]) + "KEYWORD " + rng.choice(KEYWORDS + ["missing"]),
            lambda: rng.choice(["BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE"]) + " " + self.date(),
            lambda: rng.choice(["LARGER", "SMALLER"]) + f" {rng.randrange(100, 3000)}",
            lambda: rng.choice(["OLDER", "YOUNGER"]) + f" {rng.randrange(1, 400) * 86_400}",
            lambda: rng.choice(["FROM", "TO", "CC", "BCC"]) + " " + self.person(),
            lambda: "SUBJECT " + self.needle(),
            lambda: "BODY " + self.needle(),
            lambda: "TEXT " + self.needle(),
            lambda: f"HEADER {rng.choice(FIELDS)} " + rng.choice(['""', self.needle(), self.person(), '"example"']),
            lambda: "UID " + self.uids(),
        ]
        return rng.choice(makers)()

    def query(self, depth=0):
        rng = self.rng
        kind = rng.random()
        if depth >= 3 or kind < 0.45:
            return self.key()
        if kind < 0.6:
            return "NOT " + self.operand(depth)
        if kind < 0.75:
            return f"OR {self.operand(depth)} {self.operand(depth)}"
        return " ".join(self.operand(depth) for _ in range(rng.randrange(2, 4)))

    def operand(self, depth):
        inner = self.query(depth + 1)
        # NOT and OR take one key: what may be several stands in parentheses.
        return f"({inner})" if self.rng.random() < 0.3 or not is_one_key(inner) else inner

    def searches(self, count):
        """Single keys first, then what they are combined to."""
        singles = count // 2
        return [self.key() for _ in range(singles)] + [self.query() for _ in range(count - singles)]

    def sorts(self, count):
        rng = self.rng
        return (SORT_KEYS + ["REVERSE " + key for key in SORT_KEYS] +
                [" ".join(rng.choice(["", "REVERSE "]) + key for key in rng.sample(SORT_KEYS, rng.randrange(2, 4)))
                 for _ in range(count)])


def is_one_key(query):
    return re.fullmatch(r"[A-Z]+", query) is not None and query not in ("NOT", "OR")
