"""threats.md, terminal escapes and bidi: characters by which text does harm on a terminal, and what finds them."""

import re

CLASSES = {
    "escape": "\x1b[31m\x1b]0;owned\x07",
    "C0": "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32)))),
    "NUL": "\0",
    "line ends": "\r\nFrom: forged\n\r",
    "DEL": "\x7f",
    "C1": "".join(map(chr, range(0x80, 0xA0))),
    "embeddings and overrides": "\u202a\u202b\u202c\u202d\u202e",
    "isolates": "\u2066\u2067\u2068\u2069",
    "separators": "\u2028\u2029",
    "marks": "\u200e\u200f\u061c",
    "tags": "\U000e0001\U000e0041\U000e007f\U000e0080\U000e0fff",
}
HARMFUL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
                     "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")


class HarmlessOutput:
    """For a test case."""

    def each(self, view):
        for name, hidden in CLASSES.items():
            with self.subTest(name):
                view(hidden)

    def harmless(self, text, lines=None):
        """Nothing harmful in it, and no more lines than where nothing is hidden."""
        found = HARMFUL.search(text)
        self.assertIsNone(found, f"{found and ascii(found[0])} in {text[:500]!a}")
        if lines is not None:
            self.assertEqual(text.count("\n"), lines, text)
