"""mail-show on a terminal: width, colours, pager."""

import os
import shutil
import signal
import unittest

from peers.case import Case, main
from peers.terminal import Terminal, on_terminal

TEXT = """From: Alice <alice@example.org>
Subject: a message
Content-Type: text/plain; charset=utf-8

one two three four five six seven eight nine ten eleven twelve thirteen
> one two three four five six seven eight nine ten
日本語の文章は空白なしで書かれるので、どこでも改行できる。
"""
LONG = "Subject: long\n\n" + "".join(f"line {number}\n" for number in range(50_000))
ESCAPE = b"\x1b"


class TerminalView(Case):
    def show(self, *options, text=TEXT, columns=80, **environment):
        status, output = on_terminal(["mail-show", *options], self.directory, text.encode(), columns=columns,
                                     environment=environment)
        self.assertEqual(status, 0, output)
        return output.decode()

    def piped(self, *options, text=TEXT, **environment):
        return self.run_ok("mail-show", *options, stdin=text.encode(), environment=environment).stdout.decode()

    def test_width(self):
        wrapped = ("one two three four five six\nseven eight nine ten eleven\ntwelve thirteen\n"
                   "> one two three four five six\n> seven eight nine ten\n"
                   "日本語の文章は空白なしで書かれ\nるので、どこでも改行できる。\n")
        options = ("--pager", "never", "--color", "never")
        self.assertIn(wrapped, self.show(*options, columns=30))
        self.assertIn(wrapped, self.show(*options, columns=100, COLUMNS="30"))
        self.assertIn(wrapped, self.show(*options, "--width", "30"))
        self.assertIn(wrapped, self.piped("--width", "30"))
        self.assertIn(TEXT.split("\n\n")[1], self.show(*options, "--width", "0", columns=30))
        # No terminal, no width.
        self.assertIn(TEXT.split("\n\n")[1], self.piped(COLUMNS="30"))

    def test_header_fields(self):
        self.assertTrue(self.piped("--header", "subject", "--header", "FROM").startswith(
            "subject: a message\nFROM: Alice <alice@example.org>\n\none "))
        for name in ("", "a b", "a:", "ü"):
            self.run_error(64, "--header", argv=["mail-show", "--header", name])
        self.run_error(64, "--header", argv=["mail-show", "--header", "To", "--json"])
        self.run_error(64, "--header", argv=["mail-show", "--header", "To", "--output", "jsonl"])
        self.run_error(64, "--width", argv=["mail-show", "--width", "-1"])

    def test_color(self):
        colored = "\x1b[1mFrom: \x1b[0mAlice <alice@example.org>\n"
        self.assertIn(colored, self.show("--pager", "never"))
        self.assertIn("\x1b[36m> one", self.show("--pager", "never"))
        self.assertIn(colored, self.show("--pager", "never", "--color", "always", NO_COLOR="1"))
        self.assertIn(colored, self.piped("--color", "always"))
        self.assertNotIn("\x1b", self.show("--pager", "never", NO_COLOR="1"))
        self.assertIn(colored, self.show("--pager", "never", NO_COLOR=""))
        self.assertNotIn("\x1b", self.show("--pager", "never", "--color", "never"))
        self.assertNotIn("\x1b", self.show(TERM="dumb"))
        self.assertNotIn("\x1b", self.piped())

    def test_which_pager(self):
        shown = self.show(PAGER="sed 's/^/P:/'", MAILPIPE_PAGER="sed 's/^/M:/'")
        self.assertIn("M:\x1b[1mSubject: ", shown)
        self.assertNotIn("P:", shown)
        self.assertIn("P:\x1b[1mSubject: ", self.show(PAGER="sed 's/^/P:/'"))
        for options, environment in ((("--pager", "never"), {}), ((), {"MAILPIPE_PAGER": ""}),
                                     ((), {"PAGER": "cat"}), (("--json",), {}), (("--part", "1"), {})):
            with self.subTest(options=options, environment=environment):
                self.assertNotIn("P:", self.show(*options, **{"PAGER": "sed 's/^/P:/'", **environment}))
        self.assertNotIn("P:", self.piped(PAGER="sed 's/^/P:/'"))
        self.assertIn("P:Subject: ", self.piped("--pager", "always", PAGER="sed 's/^/P:/'"))
        self.assertIn("P:\x1b[1mSubject: ", self.show("--headers", PAGER="sed 's/^/P:/'"))
        self.assertEqual(self.show(PAGER='echo "$LESS $LV"'), "FRX -c\n")
        self.assertEqual(self.show(PAGER='echo "$LESS $LV"', LESS="R"), "R -c\n")

    def test_a_pager_for_all_messages(self):
        box = b"".join(b"From a@b Mon Nov  2 10:00:00 2026\nSubject: %d\n\n%d\n\n" % (n, n) for n in range(3))
        path = self.write("box", box)
        shown = self.show(path, path, PAGER="grep -c Subject")
        self.assertEqual(shown, "6\n")

    def test_nothing_of_a_message_reaches_the_shell(self):
        text = "Subject: $(touch evil) `touch evil` ; touch evil\n\n'; touch evil; '\n"
        self.assertIn("$(touch evil)", self.show(text=text, PAGER="sed s/a/a/"))
        self.run_error(66, "evil", argv=["mail-show", "--pager", "always", self.path("$(touch evil)")],
                       cwd=self.directory)
        self.assertFalse(os.path.exists(self.path("evil")))

    def test_a_pager_that_leaves_early(self):
        self.assertEqual(self.show(text=LONG, PAGER="head -n 1"), "\x1b[1mSubject: \x1b[0mlong\n")
        self.assertEqual(self.piped("--pager", "always", text=LONG, PAGER="true"), "")

    def test_no_such_pager(self):
        status, output = on_terminal(["mail-show"], self.directory, TEXT.encode(),
                                     environment={"PAGER": "no-such-program"})
        self.assertEqual(status, 78, output)
        self.assertIn(b"there is no pager 'no-such-program'; set MAILPIPE_PAGER", output)

    @unittest.skipUnless(shutil.which("less"), "needs less")
    def test_less(self):
        self.assertIn("thirteen", self.show())  # fits, and less ends by itself
        path = self.write("long.eml", LONG.encode())
        terminal = Terminal(["mail-show", path], self.directory)
        self.addCleanup(terminal.close)
        terminal.wait_for(b"line 20\x1b[m\r\n:")
        # Ctrl-C reaches all on the terminal, and is for less, however often. Typed, it might take the "G" with it.
        for _ in range(2):
            terminal.process.send_signal(signal.SIGINT)
        terminal.type(b"G")
        terminal.wait_for(b"line 49999")
        terminal.type(b"q")
        status, _ = terminal.finish()
        self.assertEqual(status, 0)

    def test_sigpipe_is_quiet(self):
        path = self.write("long.eml", LONG.encode())
        command = f"mail-show {path} | head -n 1; mail-show --pager always {path} | head -n 1"
        shown = self.run_ok("sh", "-c", command, environment={
            "PATH": os.environ["MAILPIPE_BIN"] + ":" + os.environ["PATH"], "PAGER": "sed s/x/x/"})
        self.assertEqual(shown.stdout, b"Subject: long\nSubject: long\n")


if __name__ == "__main__":
    main()
