"""mail-show: headers decoded, charsets converted, parts octet for octet."""

import base64
import hashlib
import json
import os

from peers import schema
from peers.case import Case, main
from peers.disk import SmallDisk

ATTACHMENT = bytes(range(256)) * 300

MIXED = b"""Date: Tue, 24 Nov 2026 09:10:00 +0100
From: =?iso-8859-1?Q?J=F6rg_M=FCller?= <joerg@example.net>
To: Alice <alice@example.org>
Subject: =?utf-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_aus_K=C3=B6ln?=
Message-ID: <3@example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b b"

preamble
--b b
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-15
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=FC=DFe, 5 =A4=
 und mehr
--inner
Content-Type: text/html; charset=utf-8

<p>Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9fe</p>
--inner--
--b b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*0*=utf-8''K%C3%B6; filename*1=ln.bin
Content-Transfer-Encoding: base64

""" + base64.encodebytes(ATTACHMENT) + b"""--b b--
epilogue
"""


class Show(Case):
    def show(self, *options, stdin=MIXED):
        return self.run_ok("mail-show", *options, stdin=stdin).stdout

    def test_text(self):
        for options in ((), ("--text",), ("-", "--text")):
            text = self.show(*options).decode()
            for line in ("Subject: Grüße aus Köln", "Schöne Grüße, 5 € und mehr"):
                self.assertIn(line, text)
            self.assertIn("Jörg Müller", text)
            self.assertNotIn("<p>", text)

    def test_headers(self):
        text = self.show("--headers").decode()
        self.assertIn("Subject: Grüße aus Köln", text)
        self.assertIn("Message-ID: <3@example.net>", text)
        self.assertNotIn("Schöne", text)

    def test_json(self):
        record, = schema.check_lines(self.show("--json"))
        self.assertEqual(record["subject"], "Grüße aus Köln")
        self.assertEqual(record["from"], [{"name": "Jörg Müller", "email": "joerg@example.net"}])
        self.assertTrue(record["hasAttachment"])
        self.assertEqual([part["name"] for part in record["attachments"]], ["Köln.bin"])
        self.assertEqual(record["attachments"][0]["size"], len(ATTACHMENT))
        body = record["bodyValues"][record["textBody"][0]["partId"]]
        self.assertEqual(body["value"].replace("\r\n", "\n").strip(), "Schöne Grüße, 5 € und mehr")
        self.assertEqual(record["bodyStructure"]["type"], "multipart/mixed")

    def test_parts(self):
        self.assertEqual(hashlib.sha256(self.show("--part", "2")).digest(), hashlib.sha256(ATTACHMENT).digest())
        self.assertIn(b"<p>Sch\xc3\xb6ne", self.show("--part", "1.2"))

    def test_large_part(self):
        octets = os.urandom(3_000_000)
        text = (b"Subject: large\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
                b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(octets))
        self.assertEqual(hashlib.sha256(self.show("--part", "1", stdin=text)).digest(),
                         hashlib.sha256(octets).digest())

    def test_undecodable_octets_are_valid_json(self):
        text = b"Subject: \xff\xfe\nContent-Type: text/plain; charset=utf-8\n\n\xff\xc3(\x00\x1b[31m\n"
        record, = schema.check_lines(self.show("--json", stdin=text))
        self.assertTrue(next(iter(record["bodyValues"].values()))["isEncodingProblem"])

    def test_several_messages(self):
        one = b"Subject: one\n\n1\n"
        box = b"".join(b"From a@b Mon Nov  2 10:00:00 2026\n" + text + b"\n" for text in (one, MIXED))
        subjects = [json.loads(line)["subject"] for line in self.show("--json", stdin=box).splitlines()]
        self.assertEqual(subjects, ["one", "Grüße aus Köln"])

    def test_file(self):
        path = self.write("message.eml", MIXED)
        self.assertEqual(self.show(path, "--part", "2", stdin=b""), ATTACHMENT)

    def test_mime_bomb_is_shown_within_limits(self):
        """threats.md: MIME bombs."""
        depth = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
        record, = schema.check_lines(self.show("--json", stdin=b"Subject: deep\n" + depth + b"\ntext\n"))
        self.assertEqual(record["subject"], "deep")
        self.assertEqual(record["limitsMet"], ["mimeDepth"])

    def test_structure(self):
        self.assertEqual(self.show("--structure").decode().splitlines(), [
            "multipart/mixed", "├ 1 multipart/alternative",
            "│ ├ 1.1 text/plain, iso-8859-15, quoted-printable, 26 octets", "│ └ 1.2 text/html, utf-8, 22 octets",
            f"└ 2 application/octet-stream, base64, attachment, \"Köln.bin\", {len(ATTACHMENT)} octets"])

    def test_raw(self):
        self.assertEqual(self.show("--raw"), MIXED)
        self.assertEqual(self.show("--raw", stdin=MIXED.replace(b"\n", b"\r\n")), MIXED)
        box = self.show("--raw", "--format", "mboxrd", stdin=b"Subject: a\n\nFrom here\n")
        self.assertTrue(box.startswith(b"From "), box)
        self.assertIn(b"\n>From here\n", box)
        record, = schema.check_lines(self.show("--raw", "--format", "jsonl"))
        self.assertEqual(base64.b64decode(record["raw"]).replace(b"\r\n", b"\n"), MIXED)
        self.assertEqual(self.show("--raw", stdin=json.dumps(record).encode() + b"\n"), MIXED)

    def extract(self, stdin=MIXED):
        return self.show("--extract", self.path("out"), stdin=stdin).decode().splitlines()

    def test_extract(self):
        self.assertEqual(self.extract(), [self.path("out", "Köln.bin")])
        with open(self.path("out", "Köln.bin"), "rb") as file:
            self.assertEqual(file.read(), ATTACHMENT)
        # Never over a file, or through a link.
        with open(self.path("out", "Köln.bin"), "wb") as file:
            file.write(b"mine")
        os.symlink(self.path("elsewhere"), self.path("out", "Köln-2.bin"))
        self.assertEqual(self.extract(), [self.path("out", "Köln-3.bin")])
        with open(self.path("out", "Köln.bin"), "rb") as file:
            self.assertEqual(file.read(), b"mine")
        self.assertFalse(os.path.exists(self.path("elsewhere")))

    def test_extract_never_leaves_the_directory(self):
        """threats.md: path traversal by attachment."""
        names = ["../up", "/etc/passwd", "..", ".hidden", "-rf", "a\\b", "", "x" * 400]
        parts = "".join(f"--b\nContent-Type: application/x\nContent-Disposition: attachment; filename=\"{name}\"\n\n"
                        f"{number}\n" for number, name in enumerate(names))
        self.extract(f"Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n".encode())
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         sorted(["up", "passwd", "_.", "_hidden", "_rf", "ab", "part-7.bin", "x" * 200]))
        self.assertEqual(sorted(os.listdir(self.directory)), ["out"])

    def test_files_in_the_text(self):
        message = (b"Subject: old\n\nSee below.\n\nbegin 644 ../cat.txt\n#0V%T\n`\nend\n"
                   b"=ybegin line=128 size=3 name=dog.txt\n\x6e\x99\x91\n=yend size=3\n-- \nBob\n")
        self.assertEqual(self.extract(message), [self.path("out", "cat.txt"), self.path("out", "dog.txt")])
        for name, octets in (("cat.txt", b"Cat"), ("dog.txt", b"Dog")):
            with open(self.path("out", name), "rb") as file:
                self.assertEqual(file.read(), octets)
        text = self.show(stdin=message).decode()
        self.assertIn('(here stands the file "../cat.txt"; --extract writes it)', text)
        self.assertNotIn("0V%T", text)
        self.assertTrue(text.endswith("Bob\n"), text)

    def test_extract_errors(self):
        self.run_error(73, "none/out", argv=["mail-show", "--extract", self.path("none", "out")], stdin=MIXED)
        self.write("file", b"")
        self.run_error(73, "file", argv=["mail-show", "--extract", self.path("file")], stdin=MIXED)
        with SmallDisk(self.path("small"), 40):
            self.run_error(74, "No space left", argv=["mail-show", "--extract", self.path("small")], stdin=MIXED)
            self.assertEqual(os.listdir(self.path("small")), [])

    def test_errors(self):
        for argv, status, says in ((["mail-show", "--part", "7"], 66, "7"), (["mail-show", "--nope"], 64, "nope"),
                                   (["mail-show", self.path("missing.eml")], 66, "missing.eml"),
                                   (["mail-show", "--part", "x"], 66, "no part x"),
                                   (["mail-show", "--part", "1", "--json"], 64, "--part|--json"),
                                   (["mail-show", "--raw", "--structure"], 64, "--raw|--structure"),
                                   (["mail-show", "--format", "mboxrd"], 64, "--raw"),
                                   (["mail-show", "--raw", "--output", "jsonl"], 64, "--raw")):
            with self.subTest(argv):
                self.run_error(status, says, argv=argv, stdin=MIXED)


if __name__ == "__main__":
    main()
