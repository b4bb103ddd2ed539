"""mail-fetch --route: each message to the destination of the first rule that fits, with all that --to promises."""

import os

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.commands import run
from peers.messages import crlf, message
from peers.scripted import ScriptedServer, pop3, smtp


BOSS = [message(f"from the boss {n}", "x\n", "boss@example.org") for n in range(3)]
LIST = [message(f"from the list {n}", "x\n", "dev@lists.example.org") for n in range(2)]
OTHER = [message("hello", "x\n"), message("large", "line\n" * 5000, "dave@example.net"),
         message("from boss@example.org", "x\n", "erin@example.net")]


class Routes(DovecotSource, Case):
    protocol = "imap"

    def routed(self, *options, main_name="mail"):
        return ["mail-fetch", *self.source(), "--to", "maildir:" + self.path(main_name),
                "--route", f"FROM boss@example.org -> maildir:{self.path('boss')}",
                "--route", f"FROM lists.example.org -> mbox:{self.path('list')}", *options]

    def mbox(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def test_each_to_its_place_once(self):
        self.fill(BOSS + OTHER + LIST)
        receipts = self.run_receipts(*self.routed())
        places = [receipt["to"].split(";")[0] for receipt in receipts]
        self.assertEqual({place: places.count(place) for place in places},
                         {"maildir:" + self.path("boss"): 3, "mbox:" + self.path("list"): 2,
                          "maildir:" + self.path("mail"): 3})
        self.assertEqual(self.maildir("boss"), sorted(BOSS))
        self.assertEqual(self.maildir("mail"), sorted(OTHER))
        for octets in LIST:
            self.assertIn(octets, self.mbox("list"))
        # Without the rules, with others: what was fetched stays where it is.
        for command in (self.routed(), self.routed()[:-4],
                        self.routed()[:-4] + ["--route", "ALL -> maildir:" + self.path("all")]):
            self.assertEqual(self.run_receipts(*command), [])
        # A ref of each is one that the other commands take.
        refs = [receipt["to"] for receipt in receipts]
        self.assertEqual(len(self.run_receipts("mail-list", *refs, "--json")), 8)

    def test_rules_by_flags_date_size_and_body(self):
        self.fill([OTHER[0], OTHER[1]])
        client = self.login()
        client.append("INBOX", r"(\Flagged)", '"02-Jan-2020 10:00:00 +0000"', crlf(BOSS[0]))
        client.append("INBOX", r"(\Seen)", '"02-Nov-2025 10:00:00 +0000"', crlf(message("body", "the needle\n")))
        command = ["mail-fetch", *self.source(), "--to", "maildir:" + self.path("rest"),
                   "--route", f"FLAGGED BEFORE 1-Jan-2021 -> maildir:{self.path('flagged')}",
                   "--route", f"BODY needle -> maildir:{self.path('needle')}",
                   "--route", f"LARGER 10000 -> maildir:{self.path('large')}"]
        self.assertEqual(len(self.run_receipts(*command)), 4)
        self.assertEqual(self.maildir("flagged"), [BOSS[0]])
        self.assertEqual(self.maildir("large"), [OTHER[1]])
        self.assertEqual(self.maildir("rest"), [OTHER[0]])
        name, = os.listdir(self.path("needle", "cur"))
        self.assertTrue(name.endswith(":2,S"), name)
        self.assertEqual(os.stat(self.path("flagged", "cur", os.listdir(self.path("flagged", "cur"))[0])).st_mtime,
                         1577959200)

    def test_delete_and_delete_removed(self):
        self.fill(BOSS + OTHER)
        self.run_receipts(*self.routed())
        for name in ("boss", "mail"):
            folder = self.path(name, "new")
            os.unlink(os.path.join(folder, sorted(os.listdir(folder))[0]))
        self.run_receipts(*self.routed("--delete-removed"))
        left = self.dovecot.messages("alice")
        self.assertEqual(sorted(left), sorted(self.maildir("boss") + self.maildir("mail")))
        self.assertEqual(len(left), 4)
        # One that is emptied may be a disk that is gone: nothing is deleted, whatever the others hold.
        for name in os.listdir(self.path("boss", "new")):
            os.unlink(self.path("boss", "new", name))
        self.run_error(65, "none of the 2 messages put into maildir:.*boss is there",
                       argv=self.routed("--delete-removed"))
        self.assertEqual(len(self.dovecot.messages("alice")), 4)
        self.run_receipts(*self.routed("--delete"))
        self.assertEqual(self.dovecot.messages("alice"), [])

    def test_a_lost_record(self):
        """What is in any of the destinations is known again, and what another source put there is not taken for it."""
        self.fill(BOSS + OTHER + LIST)
        self.run_receipts(*self.routed())
        outcome = run(self.routed("--state", self.path("other-state")), self.directory)
        self.assertEqual((outcome.status, outcome.stdout), (0, b""), str(outcome))
        self.assertRegex(outcome.stderr, b"8 of 8 messages are at the destination already")
        self.assertEqual(self.maildir("boss"), sorted(BOSS))

    def test_a_destination_that_fails(self):
        """It is told of once; the others get theirs, and its own come when it works again."""
        self.fill(BOSS + OTHER + LIST)
        self.write("boss", b"in the way\n")
        self.run_error(65, r"maildir:\S*/boss: ", argv=self.routed("--delete"), receipts=True)
        self.assertEqual(self.maildir("mail"), sorted(OTHER))
        self.assertEqual(sorted(self.dovecot.messages("alice")), sorted(BOSS))
        os.unlink(self.path("boss"))
        self.assertEqual(len(self.run_receipts(*self.routed("--delete"))), len(BOSS))
        self.assertEqual(self.maildir("boss"), sorted(BOSS))
        self.assertEqual(self.dovecot.messages("alice"), [])

    def test_servers_and_commands(self):
        refusing = smtp(replies={b"RCPT": b"550 5.7.1 not you\r\n"})
        with ScriptedServer(refusing) as server, ScriptedServer(pop3(list(map(crlf, BOSS[:1] + OTHER)))) as source:
            url = f"smtp://127.0.0.1:{server.port}"
            command = ["mail-fetch", f"pop3://alice@127.0.0.1:{source.port}", "--tls", "none", *self.password(),
                       "--to", "maildir:" + self.path("mail"), "--route", f"FROM boss -> {url}",
                       "--route", f"FROM dave -> pipe:cat > {self.path('piped')}", "--to-tls", "none",
                       "--rcpt", "alice@example.org", "--delete"]
            outcome = self.run_error(69, r"uid-1: .*5\.7\.1 not you", argv=command, receipts=True)
            self.assertEqual(sorted(receipt["to"].split(":")[0] for receipt in outcome.receipts),
                             ["maildir", "maildir", "pipe"])
            self.assertEqual(sorted(line for line in source.lines if line.startswith(b"DELE")),
                             [b"DELE 2", b"DELE 3", b"DELE 4"])
        self.assertEqual(self.maildir("mail"), sorted([OTHER[0], OTHER[2]]))
        with open(self.path("piped"), "rb") as file:
            self.assertEqual(file.read(), OTHER[1])

    def test_text_for_people(self):
        self.fill(BOSS + OTHER)
        outcome = self.run_ok(*self.routed("--output", "text"))
        self.assertRegex(outcome.stdout, rb"^6 messages \(.*\) from imap://\S+ to maildir:\S+, 3 of them by --route\n$")

    def test_usage(self):
        """Before anything is asked of the server or made here."""
        to = ["--to", "maildir:" + self.path("mail")]
        for says, options in ((r'--route "FORM x -> mbox:/x": search: ', [*to, "--route", "FORM x -> mbox:/x"]),
                              (r"give maildir:PATH", [*to, "--route", "ALL -> pop3://h"]),
                              (r"is no rule such as", [*to, "--route", "FROM bob"]),
                              (r"--delete-removed needs a Maildir",
                               ["--to", "mbox:/x", "--delete-removed", "--route", "ALL -> mbox:/y"]),
                              (r"--route needs --to", ["--route", "ALL -> mbox:/x"]),
                              (r"--rcpt", [*to, "--route", "ALL -> smtp://localhost"])):
            with self.subTest(options):
                self.run_error(64, says, argv=["mail-fetch", "imap://alice@127.0.0.1:1", *self.password(), *options])
        self.assertFalse(os.path.exists(self.path("mail")))

    def test_rules_of_the_configuration(self):
        self.fill(BOSS + OTHER)
        location, *options = self.source()
        text = (f'[account.a]\nsource = "{location}"\nto = "maildir:mail"\ntls = "none"\n'
                f'password-file = "{options[-1]}"\nroute = ["FROM boss@ -> maildir:mail/.Boss"]\n')
        config = self.write("config.toml", text.encode())
        environment = {"HOME": self.directory}
        self.run_receipts("mail-fetch", "@a", "--config", config, environment=environment)
        self.assertEqual(self.maildir("mail", ".Boss"), sorted(BOSS))
        self.assertEqual(self.maildir("mail"), sorted(OTHER))
        for rule in ("FORM boss@ -> mbox:x", "ALL -> pop3://h", "ALL"):
            config = self.write("bad.toml", text.replace("FROM boss@ -> maildir:mail/.Boss", rule).encode())
            self.run_error(78, r'bad.toml:6: "route" in \[account.a\]', argv=["mail-fetch", "@a", "--config", config])


if __name__ == "__main__":
    main()
