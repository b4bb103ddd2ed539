"""mail-fetch --summary: what is said at the end of a run, and when nothing is."""

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import crlf, numbered
from peers.process import free_port
from peers.scripted import ScriptedServer, pop3
from peers.terminal import on_terminal


class Summary(Case):
    def setUp(self):
        super().setUp()
        self.servers = [self.enterContext(ScriptedServer(pop3([crlf(octets) for octets in numbered(count)])))
                        for count in (3, 2)]
        self.urls = [f"pop3://alice@127.0.0.1:{server.port}" for server in self.servers]

    def command(self, *options, urls=None):
        return ["mail-fetch", *(urls or self.urls), "--tls", "none", *self.password(), "--jobs", "1", "--to",
                "maildir:" + self.path("mail"), *options]

    @staticmethod
    def summaries(records):
        """Those of sources, and those of all, without the time."""
        found = [{key: value for key, value in record.items() if key != "seconds"} for record in records
                 if "messages" in record]
        return [one for one in found if "source" in one], [one for one in found if "sources" in one]

    def test_records(self):
        records = self.run_receipts(*self.command("--summary", "news", "--delete"))
        self.assertEqual(len(records), 5 + 3)
        size = [sum(len(crlf(octets)) for octets in numbered(count)) for count in (3, 2)]
        sources, every = self.summaries(records)
        self.assertEqual(sources, [{"source": url, "messages": count, "size": octets, "skipped": 0, "deleted": count}
                                   for url, count, octets in zip(self.urls, (3, 2), size)])
        self.assertEqual(every, [{"sources": 2, "failed": 0, "messages": 5, "size": sum(size), "skipped": 0,
                                  "deleted": 5}])
        self.assertEqual(records[-1]["sources"], 2)
        # A second run; scripted servers list the messages still. They are deleted again, and that is no news.
        keep = self.command("--summary", "always")
        sources, every = self.summaries(self.run_receipts(*keep))
        self.assertEqual([one["messages"] for one in sources + every], [0, 0, 0])

    def test_silent_unless_asked(self):
        self.run_ok(*self.command())
        for options in ([], ["--summary", "news"], ["--summary", "never"], ["--output", "text"],
                        ["--quiet", "--summary", "news"], ["--output", "text", "--summary", "news"]):
            with self.subTest(options):
                self.assertEqual(self.run_ok(*self.command(*options)).stdout, b"")
        text = self.run_ok(*self.command("--output", "text", "--summary", "always")).stdout
        self.assertRegex(text, rb"\A(0 messages \(0 octets\) from pop3://\S+ to maildir:\S+, in \d+\.\d s\n){2}"
                               rb"0 messages \(0 octets\) from 2 sources, in \d+\.\d s\n\Z")

    def test_as_cron_runs_it(self):
        """Without receipts, with what came."""
        outcome = self.run_ok(*self.command("--quiet", "--output", "text", "--summary", "news"))
        self.assertEqual([line.split(b" (")[0] for line in outcome.stdout.splitlines()],
                         [b"3 messages", b"2 messages", b"5 messages"])
        # One source says it all.
        outcome = self.run_ok(*self.command("--output", "text", "--summary", "always", urls=self.urls[:1]))
        self.assertEqual(len(outcome.stdout.splitlines()), 1)

    def test_what_was_skipped_and_failed(self):
        dead = f"pop3://alice@127.0.0.1:{free_port()}"
        route = ["--route", "SUBJECT 1 -> pipe:exit 75",
                 "--route", "SUBJECT 2 -> maildir:" + self.write("file", b"x\n")]
        outcome = run(self.command("--summary", "always", *route, urls=[dead, *self.urls]), self.directory)
        self.assertEqual(outcome.status, 65, str(outcome))
        sources, every = self.summaries(schema.check_lines(outcome.stdout))
        # Number 1 of both is refused, and 2 of the first has nowhere to go.
        self.assertEqual([(one["messages"], one["skipped"]) for one in sources], [(0, 0), (1, 2), (1, 1)])
        self.assertEqual([(one["sources"], one["failed"], one["messages"], one["skipped"]) for one in every],
                         [(3, 3, 2, 3)])
        # What waits for another try is still skipped.
        outcome = run(self.command("--summary", "always", *route[:2], urls=self.urls[1:]), self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        sources, _ = self.summaries(schema.check_lines(outcome.stdout))
        self.assertEqual([(one["messages"], one["skipped"]) for one in sources], [(0, 1)])

    def test_on_a_terminal(self):
        """A line for each source without being asked, as ever."""
        status, text = on_terminal(self.command("--progress", "never"), self.directory)
        self.assertEqual(status, 0, text)
        self.assertRegex(text, rb"3 messages \(\S+ \S+\) from pop3://\S+ to maildir:\S+\r?\n2 messages ")
        self.assertNotIn(b"sources", text)

    def test_key(self):
        """In the configuration; the command line beats it."""
        text = (f'[defaults]\nsummary = "always"\n[account.a]\nsource = {self.urls}\ntls = "none"\n'
                f'password-file = "{self.password()[1]}"\nto = "maildir:{self.path("mail")}"\n').replace("'", '"')
        argv = ["mail-fetch", "@a", "--config", self.write("config.toml", text.encode())]
        sources, every = self.summaries(self.run_receipts(*argv))
        self.assertEqual((len(sources), every[0]["messages"]), (2, 5))
        self.assertEqual(self.run_receipts(*argv, "--summary", "news"), [])

    def test_usage(self):
        self.run_error(64, "--summary needs --to", argv=["mail-fetch", self.urls[0], "--summary", "news"])
        self.run_error(64, "--summary", argv=self.command("--summary", "sometimes"))


if __name__ == "__main__":
    main()
