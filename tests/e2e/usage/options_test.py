"""The command lines: what is wrong with one is said in one line and ends with 64, before anything is done."""

import subprocess

from peers.case import Case, main
from peers.commands import binary, run
from peers.mailserve import MailServe

URL = "imaps://alice@127.0.0.1:1"
SERVE = ("mail-serve", "--store", "maildir:%u", "--listen", "pop3://127.0.0.1:0")
COMMANDS = ("mail-fetch", "mail-list", "mail-send", "mail-serve", "mail-show")


class Options(Case):
    def usage(self, says, *argv):
        outcome = self.run_error(64, says, argv=argv)
        self.assertTrue(outcome.error_lines[0].endswith(f"; see {argv[0]} --help"), outcome.error_lines[0])

    def test_unknown_option(self):
        self.usage(r"unknown option --delte; did you mean --delete\?", "mail-fetch", URL, "--delte")
        self.usage(r"unknown option --sever; did you mean --server\?", "mail-send", "--sever", "smtp://x", "a@b")
        self.usage(r"unknown option -json; did you mean --json\?", "mail-list", URL, "-json")
        self.usage(r"unknown option --frobnicate;", "mail-show", "--frobnicate")
        self.usage(r"unknown option -Z;", "mail-show", "-Z")
        for command in COMMANDS:
            self.usage("unknown option --no-such-option-at-all;", command, "--no-such-option-at-all")

    def test_value_of_an_unknown_option_is_not_repeated(self):
        self.usage("unknown option --password; did you mean --password-command", "mail-fetch", URL,
                   "--password=secret")
        self.usage("takes a name only", "mail-fetch", URL, "--user", "alice:secret")

    def test_password_in_a_url_is_not_repeated(self):
        for argv in (("mail-fetch", "imaps://alice:secret@127.0.0.1:1"), ("mail-list", "pop3://alice:secret@x"),
                     ("mail-send", "--server", "smtp://alice:secret@x", "-f", "a@b", "c@d"),
                     ("mail-show", "imap://alice:secret@x/INBOX/;UID=1")):
            self.run_error(64, "password in a URL", argv=argv)

    def test_missing(self):
        self.usage(r"SOURCE \(or --refs -\) is required", "mail-fetch")
        self.usage(r"LOCATION \(or --refs -\) is required", "mail-list")
        self.usage(r"--server \(or --queue\) is required", "mail-send", "a@b")
        self.usage(r"RCPT \(or -t\) is required", "mail-send", "--server", "smtp://x")
        self.run_error(64, "no store; give --store, or --test", argv=["mail-serve"])
        self.run_error(64, "nothing to listen on; give --listen, or --test",
                       argv=["mail-serve", "--store", "maildir:%u"])
        self.usage("--to needs a value", "mail-fetch", URL, "--to")

    def test_conflicts(self):
        for says, argv in (
                ("--delete cannot be given together with --keep", ("--to", "maildir:x", "--keep", "--delete")),
                ("--delete needs --to", ("--delete",)),
                ("--to cannot be given together with --format", ("--to", "maildir:x", "--format", "jsonl")),
                ("-4 cannot be given together with -6", ("-4", "-6")),
                ("SOURCE cannot be given together with --refs", ("--refs", "-"))):
            self.usage(says, "mail-fetch", URL, *argv)
        self.usage("--text cannot be given together with --part", "mail-show", "--text", "--part", "1")
        self.usage("--output jsonl cannot be given together with --headers", "mail-show", "--headers", "--output",
                   "jsonl")
        self.usage("--tls-cert needs --tls-key", *SERVE, "--tls-cert", "x")
        self.usage("--tls-cert cannot be given together with --tls-self-signed", *SERVE, "--tls-self-signed",
                   "--tls-cert", "x", "--tls-key", "y")

    def test_bad_values(self):
        for option, value in (("--tls", "maybe"), ("--color", "red"), ("--progress", "y"), ("--output", "xml"),
                              ("--timeout", "0"), ("--timeout", "soon"), ("--refs", "file"), ("--format", "mbox")):
            self.usage(option, "mail-fetch", URL, option, value)
        for option, value in (("--max-message-size", "0"), ("--max-message-size", "10T"), ("--timeout", "0"),
                              ("--user", "alice")):
            self.usage(option, *SERVE, option, value)
        self.usage("unexpected argument 'x'", *SERVE, "x")

    def test_tls_that_contradicts_the_url(self):
        self.run_error(64, "imaps:// means TLS", argv=("mail-fetch", URL, "--tls", "none"))
        self.run_error(64, "pop3s:// means TLS", argv=("mail-list", "pop3s://a@127.0.0.1:1", "--tls", "starttls"))
        self.run_error(64, "Unix socket has no TLS", argv=("mail-send", "--server", "lmtp:/none", "--tls", "starttls",
                                                           "-f", "a@b", "c@d"))

    def test_help_and_version(self):
        for command in COMMANDS:
            text = self.run_ok(command, "--help").stdout.decode()
            for part in (f"Usage: {command}", "EXAMPLES", "EXIT STATUS", f"See {command}(1)"):
                self.assertIn(part, text)
            self.assertLessEqual(max(map(len, text.splitlines())), 110)
            self.assertRegex(self.run_ok(command, "--version").stdout.decode(),
                             rf"^{command} \(mailpipe\) \d+\.\d+\.\d+\n$")

    def test_stdout_that_is_closed(self):
        with open("/dev/full", "wb") as full:
            shown = subprocess.run([binary("mail-show")], input=b"A: b\n\nc\n", stdout=full, stderr=subprocess.PIPE,
                                   check=False, timeout=60)
        self.assertEqual((shown.returncode, len(shown.stderr.splitlines())), (74, 1), shown.stderr)

    def test_last_of_a_repeated_option_counts(self):
        box = self.write("box", b"From a Thu Jan  1 00:00:00 1970\nSubject: x\n\ny\n\n")
        self.assertTrue(self.run_ok("mail-list", "--output", "table", "--output", "jsonl", box).stdout.startswith(b"{"))

    def test_brackets_in_a_name(self):
        for part in ("cur", "new", "tmp"):
            subprocess.run(["mkdir", "-p", self.path("[Gmail]", part)], check=True)
        outcome = run(("mail-list", "[Gmail]"), self.directory, cwd=self.directory)
        self.assertEqual((outcome.status, outcome.stdout, outcome.stderr), (0, b"", b""), str(outcome))

    def test_password_of_a_user_is_wiped_from_the_arguments(self):
        server = MailServe(listen=("pop3://127.0.0.1:0",))
        self.addCleanup(server.remove)
        server.start()
        self.addCleanup(server.stop)
        with open(f"/proc/{server.process.pid}/cmdline", "rb") as file:
            arguments = file.read()
        self.assertIn(b"--user", arguments)
        self.assertNotIn(b"secret", arguments)


if __name__ == "__main__":
    main()
