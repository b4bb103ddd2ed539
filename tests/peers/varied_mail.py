"""Many different messages, always the same for a seed: charsets, encoded words, groups, odd dates, missing parents."""

import base64
import os
import random

FIRST_ARRIVAL = 1_780_000_000
KEYWORDS = ["work", "$Forwarded", "later"]  # of Dovecot's keyword letters "a", "b", "c"
WORDS = {
    "us-ascii": ["report", "Budget", "lunch", "HOLIDAY", "meeting", "server", "invoice", "Re", "fwd", "x[1]", "50%",
                 "two  spaces", "a\\b", "\"quoted\"", "under_score", "question?", "=equal="],
    "iso-8859-1": ["Grüße", "café", "Straße", "naïve", "ÉTÉ", "señor", "Ærø"],
    "windows-1252": ["„Preis“", "10 €", "naïveté…", "œuvre"],
    "koi8-r": ["Привет", "отчёт", "ДОКУМЕНТ", "встреча"],
    "iso-2022-jp": ["会議", "こんにちは", "テスト"],
    "shift_jis": ["予定", "カタカナ", "ﾊﾝｶｸ"],
    "gb2312": ["你好", "会议", "报告"],
    "iso-8859-7": ["Καλημέρα", "ΑΘΗΝΑ", "σας"],
    "utf-8": ["Grüße", "Ångström", "ångström", "ﬁne", "ＦＵＬＬ", "İstanbul", "ı", "Привет", "会議", "🎉", "½"],
}
CHARSETS = [name for name in WORDS if name != "us-ascii"]
PEOPLE = ["bob", "Alice", "carol.x", "dave", "ÉMILE", "zoë", "Иван", "o'neil"]
HOSTS = ["example.org", "example.net", "Example.COM", "x.example"]
ZONES = ["+0000", "-0800", "+0530", "+0200", "-1200", "+1400", "EST", "PDT", "GMT", "UT"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.ids = []
        self.subjects = []

    def words(self, charset, most):
        rng = self.rng
        pool = WORDS["us-ascii"] + (WORDS[charset] * 3 if charset != "us-ascii" else [])
        if charset == "shift_jis":
            pool = [word for word in pool if "\\" not in word]  # that octet is a yen sign to some
        return " ".join(rng.choice(pool) for _ in range(rng.randrange(1, most + 1)))

    def encoded_word(self, text, charset):
        octets = text.encode(charset)
        if self.rng.random() < 0.5:
            return f"=?{charset}?B?{base64.b64encode(octets).decode()}?="
        coded = "".join("_" if c == 32 else chr(c) if c < 128 and chr(c).isalnum() else f"={c:02X}" for c in octets)
        return f"=?{charset.upper()}?q?{coded}?="

    def unstructured(self):
        rng = self.rng
        kind = rng.random()
        charset = rng.choice(CHARSETS)
        if kind < 0.45:
            return self.words("us-ascii", 6)
        if kind < 0.6:
            return self.words("utf-8", 4)
        if kind < 0.75:
            return self.encoded_word(self.words(charset, 3), charset)
        if kind < 0.85:  # two that belong together, and a fold between them
            return (self.encoded_word(self.words(charset, 2), charset) + rng.choice([" ", "\n ", "\n\t"]) +
                    self.encoded_word(self.words(charset, 2), charset))
        if kind < 0.95:
            return (self.words("us-ascii", 3) + rng.choice([" ", "\n ", "  "]) +
                    self.encoded_word(self.words(charset, 2), charset) + " " + self.words("us-ascii", 2))
        return self.words("us-ascii", 3) + "\n " + self.words("us-ascii", 3)

    def subject(self):
        rng = self.rng
        if self.subjects and rng.random() < 0.35:
            text = rng.choice(self.subjects[-300:])
        else:
            text = self.unstructured()
            self.subjects.append(text)
        lead = rng.choice(["", "", "", "Re: ", "RE[2]: ", "Fwd: ", "re:fw: ", "[list] Re: ", "[list] "])
        return lead + text + rng.choice(["", "", "", "", " (fwd)"])

    def address(self):
        rng = self.rng
        name = rng.choice(PEOPLE)
        plain = name.encode("ascii", "ignore").decode() or "ivan"
        spec = f"{plain.replace(chr(39), '')}{rng.randrange(4)}@{rng.choice(HOSTS)}"
        kind = rng.random()
        if kind < 0.2:
            return spec
        if kind < 0.3:
            return f"<{spec}>"
        if kind < 0.4:
            return f"{spec} ({name if name.isascii() else 'comment'})"
        if not name.isascii():
            return self.encoded_word(name, "utf-8") + f" <{spec}>"
        if kind < 0.7:
            return f"\"{name.title()}, {rng.choice(['Jr.', 'the 2nd'])}\" <{spec}>"
        return f"{name.title().replace('.', ' ').replace(chr(39), '')} <{spec}>"

    def addresses(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.05:
            return "undisclosed-recipients:;"
        if kind < 0.12:
            return f"The {rng.choice(['Team', 'Board'])}: {self.address()}, {self.address()};"
        return rng.choice([", ", ",\n "]).join(self.address() for _ in range(rng.choice([1, 1, 1, 2, 3])))

    def date(self):
        rng = self.rng
        kind = rng.random()
        day, month = rng.randrange(1, 29), rng.choice(MONTHS)
        clock = f"{rng.randrange(24):02}:{rng.randrange(60):02}"
        year = rng.choice([2025, 2026, 2026, 2026])
        zone = rng.choice(ZONES)
        if kind < 0.7:
            return f"{day} {month} {year} {clock}:{rng.randrange(60):02} {zone}"
        if kind < 0.8:
            name = rng.choice(["Mon", "Tue", "Sun"])  # of the wrong day, mostly
            return f"{name}, {day:02} {month} {year} {clock}:07 {zone} (a comment)"
        if kind < 0.85:
            return f"{day} {month} {year} {clock} {zone}"
        if kind < 0.9:
            return f"{day} {month} {year % 100} {clock}:00 {zone}"
        return f"{day} {month} {rng.choice([1985, 1999, 2037])} {clock}:59 {zone}"

    def thread_fields(self, number):
        rng = self.rng
        own = f"<m{number}.{rng.randrange(1 << 20)}@{rng.choice(HOSTS)}>"
        if self.ids and rng.random() < 0.02:
            own = rng.choice(self.ids)  # the same as that of another
        lines = [f"Message-ID: {own}"] if rng.random() < 0.95 else []
        if self.ids and rng.random() < 0.5:
            kind = rng.random()
            chain = [rng.choice(self.ids[-400:]) for _ in range(rng.choice([1, 1, 2, 3, 5, 40]))]
            if kind < 0.15:
                chain.insert(rng.randrange(len(chain) + 1), f"<gone{rng.randrange(200)}@nowhere.example>")
            if kind < 0.75:
                lines.append("References: " + "\n ".join(chain))
            if kind >= 0.6:
                lines.append("In-Reply-To: " + rng.choice(["", "Your message of Monday "]) + chain[-1])
        self.ids.append(own)
        return lines

    def text_part(self):
        """(header lines, body octets) of a text."""
        rng = self.rng
        charset = rng.choice(CHARSETS + ["us-ascii"] * 4 + ["utf-8"] * 4)
        text = "\n".join(self.words(charset, 8) for _ in range(rng.randrange(1, 6))) + "\n"
        subtype = "plain"
        if rng.random() < 0.2:
            subtype, text = "html", "<html><body><p>" + text.replace("\n", "<br>\n") + "</p></body></html>\n"
        octets = text.encode(charset)
        encoding = rng.choice(["8bit", "quoted-printable", "base64"])
        if charset == "iso-2022-jp":
            encoding = rng.choice(["7bit", "base64"])
        if encoding == "base64":
            octets = base64.encodebytes(octets.replace(b"\n", b"\r\n"))
        elif encoding == "quoted-printable":
            octets = b"".join(bytes([c]) if c == 10 or (32 <= c < 127 and c != 61) else b"=%02X" % c for c in octets)
            octets = octets.replace(b"e", b"e=\n", 1) if rng.random() < 0.5 else octets
        lines = [f"Content-Type: text/{subtype}; charset={rng.choice([charset, charset.upper()])}",
                 f"Content-Transfer-Encoding: {encoding}"]
        if charset == "us-ascii" and encoding == "8bit" and rng.random() < 0.5:
            lines = []
        return lines, octets

    def attachment(self):
        rng = self.rng
        name = rng.choice(["scan.pdf", "report.doc", "budget.xls"])
        octets = base64.encodebytes(rng.randbytes(rng.randrange(20, 400)))
        return [f"Content-Type: application/octet-stream; name=\"{name}\"",
                f"Content-Disposition: attachment; filename=\"{name}\"", "Content-Transfer-Encoding: base64"], octets

    def multipart(self, number, depth=0):
        rng = self.rng
        boundary = f"=_{number}.{depth}.{rng.randrange(1 << 30):x}"
        parts = [self.text_part()]
        for _ in range(rng.randrange(1, 3)):
            kind = rng.random()
            if kind < 0.35:
                parts.append(self.text_part())
            elif kind < 0.7:
                parts.append(self.attachment())
            elif kind < 0.85 and depth < 2:
                parts.append(self.multipart(number, depth + 1))
            else:
                lines, octets = self.text_part()
                inner = [f"Subject: {self.unstructured()}", f"From: {self.address()}", *lines]
                parts.append((["Content-Type: message/rfc822"], join(inner, octets)))
        body = rng.choice([b"", b"This is a preamble.\n"])
        for lines, octets in parts:
            body += b"--%s\n%s" % (boundary.encode(), join(lines, octets))
            body += b"" if octets.endswith(b"\n") and rng.random() < 0.5 else b"\n"
        if rng.random() < 0.95:
            body += b"--%s--\n" % boundary.encode()
        subtype = rng.choice(["mixed", "alternative", "related"])
        return [f"Content-Type: multipart/{subtype}; boundary=\"{boundary}\""], body

    def message(self, number):
        rng = self.rng
        lines = []
        for _ in range(rng.randrange(3)):
            lines.append(f"Received: from mx{rng.randrange(9)}.example by mail.example; 1 Nov 2026 10:00:00 +0000")
        lines += self.thread_fields(number)
        if rng.random() < 0.95:
            lines.append(f"Subject: {self.subject()}")
        if rng.random() < 0.95:
            lines.append(f"Date: {self.date()}")
        if rng.random() < 0.97:
            lines.append(f"From: {self.addresses()}")
        for field, share in (("To", 0.9), ("Cc", 0.4), ("Bcc", 0.1)):
            if rng.random() < share:
                lines.append(f"{field}: {self.addresses()}")
        if rng.random() < 0.3:
            lines.append(f"X-Spam: {rng.choice(['yes', 'no', '', 'score=3'])}")
        if rng.random() < 0.2:
            lines.append(f"List-Id: {self.words('us-ascii', 2)} <list{rng.randrange(3)}.example.org>")
        if rng.random() < 0.3:
            lines.append(f"Comments: {self.unstructured()}")
        part, body = self.multipart(number) if rng.random() < 0.4 else self.text_part()
        if part:
            lines.append("MIME-Version: 1.0")
        rng.shuffle(lines)
        return join(lines + part, body)


def join(lines, body):
    return "\n".join(lines).encode("utf-8", "surrogateescape") + (b"\n\n" if lines else b"\n") + body


def fill_maildir(path, count, seed):
    """Writes `count` messages into the Maildir, which is empty; in a new Dovecot their UIDs are 1 and up. When each
    of them arrived, and the UIDs of those that have no Date field."""
    generator = Generator(seed)
    arrivals = {}
    undated = set()
    rng = random.Random(seed + 1)
    with open(os.path.join(path, "dovecot-keywords"), "w", encoding="ascii") as file:
        file.writelines(f"{number} {keyword}\n" for number, keyword in enumerate(KEYWORDS))
    for number in range(count):
        flags = "".join(flag for flag in "DFRST" if rng.random() < 0.25)
        flags += "".join(letter for letter in "abc" if rng.random() < 0.15)
        sub, suffix = ("cur", ":2," + flags) if rng.random() < 0.9 else ("new", "")
        name = os.path.join(path, sub, f"{FIRST_ARRIVAL + number}.M{number}P1.x{suffix}")
        octets = generator.message(number)
        if b"\nDate: " not in b"\n" + octets:
            undated.add(number + 1)
        with open(name, "wb") as file:
            file.write(octets)
        # Spread over a year, in no order, so that ARRIVAL is not the order of the UIDs.
        arrived = FIRST_ARRIVAL - rng.randrange(365 * 86_400)
        os.utime(name, (arrived, arrived))
        arrivals[number + 1] = arrived
    return arrivals, undated
