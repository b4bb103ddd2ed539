"""mail-fetch --import: examples that come with the other programs; docs/from-*.md name all of their options."""

import glob
import gzip
import os
import re

from peers.case import Case, main
from peers.commands import binary, run

DOCS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs")

SAMPLES = {
    "fetchmailrc": b"poll h proto imap user a pass secret ssl is b here keep mda 'procmail -d %T'\n",
    "getmailrc": b"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = h\nusername = a\npassword = secret\n"
                 b"[destination]\ntype = Mboxrd\npath = ~/inbox\n",
    "mpoprc": b"account a\nhost h\nuser a\ntls on\ndelivery maildir ~/Mail\npassword secret\n",
    "mbsyncrc": b"IMAPStore f\nHost h\nUser a\nPass secret\n\nMaildirStore n\nPath ~/Mail/\n\nChannel c\nFar :f:\n"
                b"Near :n:\nSync Pull\n",
    "msmtprc": b"account a\nhost h\nauth on\nuser a\ntls on\npassword secret\n",
}
# What each example holds that is a password.
EXAMPLES = {
    "fetchmailrc": ("/usr/share/doc/fetchmail/examples/fetchmailrc.example", ()),
    "getmailrc": ("/usr/share/doc/getmail6/getmailrc-examples.gz", (b"mailpassword",)),
    "mpoprc": ("/usr/share/doc/mpop/examples/mpoprc.example", ()),
    "mbsyncrc": ("/usr/share/doc/isync/examples/mbsyncrc.sample", (b"xxxxxxxx",)),
    "msmtprc": ("/usr/share/doc/msmtp/examples/msmtprc-user.example", ()),
}


def read(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rb") as file:
        return file.read()


def page(name):
    found = glob.glob(f"/usr/share/man/man1/{name}.1*")
    return read(found[0]).decode("utf-8", "replace").replace("\\-", "-") if found else None


def named(path):
    """The words in the first column of the tables, without what stands behind them."""
    words = set()
    with open(os.path.join(DOCS, path), encoding="utf-8") as file:
        for line in file:
            if line.startswith("| `"):
                for code in re.findall(r"`([^`]+)`", line.split("|")[1]):
                    words |= {code, code.split()[0], code.split("=")[0].strip(), *code.split()}
    return words


class Import(Case):
    def imported(self, dialect, text, *secrets):
        printed = self.run_ok("mail-fetch", "--import", dialect, stdin=text).stdout
        for secret in secrets:
            self.assertNotIn(secret, printed)
        config = self.write("config.toml", printed)
        self.assertEqual(self.run_ok("mail-fetch", "--check-config", "--config", config).stdout, b"")
        return printed

    def test_samples(self):
        for dialect, text in SAMPLES.items():
            with self.subTest(dialect):
                printed = self.imported(dialect, text, b"secret")
                self.assertRegex(printed, rb"(?m)^\[account\.[ach]\]$")
                self.assertIn(b"# The password was not taken over", printed)
                file = self.write("rc", text)
                self.assertEqual(self.run_ok("mail-fetch", "--import", dialect, file).stdout, printed)

    def test_examples_of_the_programs(self):
        seen = 0
        for dialect, (path, secrets) in EXAMPLES.items():
            if not os.path.exists(path):
                continue
            seen += 1
            with self.subTest(dialect):
                text = read(path)
                printed = self.imported(dialect, text, *secrets)
                if dialect == "fetchmailrc":
                    # All of its servers are commented out.
                    text = re.sub(rb"(?m)^#(poll| *user)", rb"\1", text)
                    printed = self.imported(dialect, text)
                self.assertIn(b"[account.", printed)
                self.assertNotIn(b"does not define", printed)
        if not seen:
            self.skipTest("none of the programs is installed")

    def test_errors(self):
        self.run_error(66, "No such file", argv=["mail-fetch", "--import", "mpoprc", self.path("none")])
        self.run_error(64, "is not one of", argv=["mail-fetch", "--import", "muttrc"])
        self.run_error(64, "mail-fetch", argv=["mail-fetch", "--import", "mpoprc", "a", "b"])
        large = self.write("large", b"#" * ((1 << 20) + 1))
        self.run_error(76, "kConfigFile", argv=["mail-fetch", "--import", "mpoprc", large])

    def test_full_output(self):
        outcome = run(["sh", "-c", f"{binary('mail-fetch')} --import mpoprc >/dev/full"], self.directory,
                      stdin=SAMPLES["mpoprc"])
        self.assertEqual(outcome.status, 74, str(outcome))


class Documents(Case):
    """Each option of the installed program's man page is in the table."""

    def check(self, document, options):
        self.assertGreater(len(options), 20)
        self.assertEqual(sorted(set(options) - named(document)), [])

    def page_or_skip(self, name):
        text = page(name)
        if text is None:
            self.skipTest(f"{name}(1) is not installed")
        return text

    def test_fetchmail(self):
        text = self.page_or_skip("fetchmail")
        options = re.findall(r"(--[a-z]+(?:-[a-z]+)*)", "\n".join(re.findall(r"(?m)^\.B (-.*)$", text)))
        keywords = re.findall(r"\(Keyword: ?(?:set |no )?([a-z-]+)", re.sub(r"[\[\]]", "", text))
        self.check("from-fetchmail.md", options + keywords)

    def test_mpop(self):
        text = self.page_or_skip("mpop")
        heads = re.findall(r'(?m)^\.IP "([^"]*)"?$', text)
        options = [option for head in heads for option in re.findall(r"(?<![\w-])(--[a-z]+(?:-[a-z]+)*)", head)]
        commands = [head.split()[0] for head in heads if re.match(r"[a-z_]+( |$)", head)]
        self.check("from-mpop.md", options + commands)

    def test_msmtp(self):
        text = self.page_or_skip("msmtp")
        heads = re.findall(r'(?m)^\.IP "([^"\n]*)"?$', text)
        options = [option for head in heads for option in re.findall(r"(?<![\w-])(--[a-z]+(?:-[a-z]+)*)", head)]
        commands = [head.split()[0] for head in heads if re.match(r"[a-z_]+( |$)", head)]
        self.check("from-msmtp.md", options + commands)

    def test_swaks(self):
        text = self.page_or_skip("swaks")
        heads = re.findall(r'(?m)^\.IX Item "(-[^"]*)"$', text)
        options = [word for head in heads for word in re.findall(r"(?<![\w-])(--?[a-zA-Z46][a-z-]*)", head)
                   if head not in ("-g option", "->")]
        self.check("from-swaks.md", options)

    def test_mbsync(self):
        text = self.page_or_skip("mbsync")
        heads = re.findall(r"(?m)^\.TP\n(.*)$", text)
        keywords = [word for head in heads for word in re.findall(r"^\\fB([A-Z][A-Za-z]+)\\fR", head)]
        sync = {"Pull", "Push", "New", "ReNew", "Delete", "Flags", "All", "None", "Verbatim", "Maildir", "Legacy",
                "Host", "STARTTLS", "IMAPS", "CA"}
        options = [f"-{word}" for head in heads for word in re.findall(r"\\fB-(-[a-z]+)", head)]
        self.check("from-mbsync.md", [word for word in keywords if word not in sync] + options)

    def test_getmail(self):
        path = "/usr/share/doc/getmail6/configuration.txt.gz"
        if not os.path.exists(path):
            self.skipTest("getmail6 is not installed, or without its documentation")
        text = read(path).decode("utf-8", "replace")
        self.check("from-getmail.md", re.findall(r"(?m)^ +\* ([a-z_]+) \(", text))


if __name__ == "__main__":
    main()
