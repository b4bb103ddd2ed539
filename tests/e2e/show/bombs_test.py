"""threats.md, MIME bombs, at full size: each is shown and listed in little memory, with the limits that it met.

That the work is linear in the size is counted by tests/unit/mime/mime_bombs_test.cpp."""

import os
import subprocess

from peers import schema
from peers.case import Case, main
from peers.commands import binary, clean_environment, has_sanitizer
from peers.process import die_with_parent

_CEILING = 64 * 1000  # kB

_PLAIN = b"\r\n\r\ntext\r\n"


# What it is made of (octets, with "%d" for a number, and how often they come), and the limits that mail-list and
# mail-show meet in it.
_BOMBS = {
    "nested multiparts": ([(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", 100_000), (_PLAIN, 1)],
                          [], ["mimeDepth"]),
    "nested messages": ([(b"Content-Type: message/rfc822\r\n\r\n", 100_000), (_PLAIN, 1)], [], ["mimeDepth"]),
    "100,000 parts": ([(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", 1), (b"--b\r\n\r\nx\r\n", 100_000)],
                      [], ["mimeParts"]),
    "a million fields": ([(b"X: y\r\n", 1_000_000), (_PLAIN, 1)], ["headerFields"], ["headerFields"]),
    "a million addresses": ([(b"To: ", 1), (b"u@x,", 1_000_000), (_PLAIN, 1)], ["fieldItems"], ["fieldItems"]),
    "a million groups": ([(b"To: ", 1), (b"a:;", 1_000_000), (_PLAIN, 1)], ["fieldItems"], ["fieldItems"]),
    "a million message ids": ([(b"References: ", 1), (b"<a@b>\r\n ", 1_000_000), (_PLAIN, 1)],
                              ["fieldItems"], ["fieldItems"]),
    "a field of 100 MB": ([(b"X: ", 1), (b"x" * 1_000_000, 100), (_PLAIN, 1)], ["headerSize"], ["headerSize"]),
    "a folded field of 100 MB": ([(b"X: ", 1), ((b"x" * 997 + b"\r\n ") * 1000, 100), (_PLAIN, 1)],
                                 ["headerSize"], ["headerSize"]),
    "fields of 100 MB": ([((b"X: " + b"x" * 9994 + b"\r\n") * 100, 100), (_PLAIN, 1)], ["headerSize"], ["headerSize"]),
    "10,000 encoded words": ([(b"Subject: ", 1), (b"=?utf-8?B?w6Q=?=\r\n ", 10_000), (_PLAIN, 1)], [], []),
    "a million parameters": ([(b"Content-Type: text/plain", 1), (b";n*%d=a", 900_000), (_PLAIN, 1)],
                             [], ["fieldItems"]),
    "a million comments": ([(b"From: ", 1), (b"(" * 1_000_000, 1), (b"a@b", 1), (_PLAIN, 1)], [], []),
    "boundaries that are prefixes": ([(b"Content-Type: multipart/mixed; boundary=" + b"-" * 70 + b"\r\n\r\n", 1),
                                      (b"-" * 73 + b"x\r\n", 60_000)], [], []),
    "nested HTML": ([(b"Content-Type: text/html\r\n\r\n", 1), (b"<div><table><tr><td>", 100_000)], [], []),
}


class Bombs(Case):
    def setUp(self):
        super().setUp()
        self.is_limited = not has_sanitizer()

    def written(self, octets):
        path = self.path("bomb.eml")
        with open(path, "wb") as file:
            for piece, count in octets:
                is_numbered = b"%d" in piece
                for number in range(count):
                    file.write(piece.replace(b"%d", b"%d" % number) if is_numbered else piece)
        return path

    def output(self, name, *argv):
        """The path of what it writes, when it ends well and within the memory. What this script holds counts until
        the exec, so that no output is read before the last bomb."""
        path = self.path(name)
        with open(path, "wb") as output:
            process = subprocess.Popen([binary(argv[0]), *argv[1:]], env=clean_environment(self.directory),
                                       stdin=subprocess.DEVNULL, stdout=output, preexec_fn=die_with_parent)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, argv)
        if self.is_limited:
            self.assertLess(usage.ru_maxrss, _CEILING, name)
        self.assertGreater(os.path.getsize(path), 0)
        return path

    def outputs(self, name, octets):
        head = b"" if octets[0][0].startswith(b"Subject") else b"Subject: first\r\n"
        path = self.written([(head, 1), *octets])
        return (os.path.getsize(path), self.output(name + " listed", "mail-list", "--json", path),
                self.output(name + " shown", "mail-show", "--json", path),
                self.output(name + " drawn", "mail-show", "--structure", path),
                self.output(name + " read", "mail-show", path))

    def record(self, path):
        with open(path, "rb") as file:
            record, = schema.check_lines(file.read())
        return record

    def test_all(self):
        all_outputs = {name: self.outputs(name, octets) for name, (octets, _, _) in _BOMBS.items()}
        for name, (size, list_output, show_output, structure, text) in all_outputs.items():
            _, listed, shown = _BOMBS[name]
            with self.subTest(name):
                self.assertEqual(self.record(list_output).get("limitsMet", []), listed)
                record = self.record(show_output)
                self.assertEqual(record.get("limitsMet", []), shown)
                self.assertEqual(record["size"], size)
                # The views look into Content-Type, but not into every field.
                is_said = bool(shown) and "addresses" not in name and "groups" not in name and "ids" not in name
                for view in (structure, text):
                    with open(view, "rb") as file:
                        self.assertEqual(b"(not all of the message is understood: " in file.read(), is_said)


if __name__ == "__main__":
    main()
