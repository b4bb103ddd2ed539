"""threats.md: a reused connection has another TLS or login state. Sources that differ in it share no connection."""

from hostile_case import MESSAGES, PASSWORD, HostileCase, Row, run_watched
from peers.case import Case, main
from peers.scripted import ScriptedServer, imap

_REUSED = "a reused connection"
_CAPABILITIES = ("IMAP4rev1", "UIDPLUS", "STARTTLS")
_SCRIPT = imap((b'"INBOX"',), MESSAGES, _CAPABILITIES)

_ACCOUNTS = """
[defaults]
password-file = "password"
timeout = 15
[account.one]
source = "imap://alice@localhost:PORT"
to = "maildir:one"
ONE
[account.two]
source = "imap://TWO-USER@localhost:PORT"
to = "maildir:two"
TWO
"""


def _logins(server):
    """The users of each connection, in the order of the connections."""
    return [[line.split()[2] for line in conversation.lines if b" LOGIN " in line]
            for conversation in server.conversations]


def _both_log_in(test, outcome, server):
    test.assertEqual(sorted(_logins(server)), [[b'"alice"'], [b'"bob"']], str(outcome))


def _only_the_first(test, outcome, server):
    test.assertEqual(sorted(_logins(server)), [[], [b'"alice"']], str(outcome))


class ReuseRow(Row):
    """Its options are those of the two accounts, and the user of the second."""


ROWS = [
    ReuseRow("two users", _REUSED, _SCRIPT, 0, options=("tls = 'none'", "tls = 'none'", "bob"), check=_both_log_in),
    ReuseRow("without TLS, then with it", _REUSED, _SCRIPT, 76, "TLS|closed|truncated|certificate",
             options=("tls = 'none'", "tls = 'starttls'", "alice"), check=_only_the_first),
    ReuseRow("without TLS, then with a pin", _REUSED, _SCRIPT, 76, "TLS|closed|truncated|certificate|pin",
             options=("tls = 'none'", f"pin-sha256 = ['{'A' * 43}=']", "alice"), check=_only_the_first),
]


def all_rows():
    return ROWS


class Reuse(HostileCase):
    def run_row(self, row, home, again):
        def talk(conversation):
            def starttls(conversation, tag, _):
                conversation.send(tag + b" OK go\r\n")
                conversation.start_tls(Case.certificates().good)
                _SCRIPT(conversation)
                return False
            imap((b'"INBOX"',), MESSAGES, _CAPABILITIES, {b"STARTTLS": starttls})(conversation)

        with ScriptedServer(talk, deadline=row.deadline) as server:
            self.password_file(home)
            path = home + "/config.toml"
            with open(path, "w", encoding="ascii") as file:
                one, two, user = row.options
                file.write(_ACCOUNTS.replace("PORT", str(server.port)).replace("ONE", one).replace("TWO-USER", user)
                           .replace("TWO", two))
            argv = ["mail-fetch", "@one", "@two", "--config", path, "-4", "--keep"]
            outcome = run_watched(argv, home, self.limit(row))
            self.assertNotIn(PASSWORD, outcome.stderr)
            self.check(row, home, outcome, server)

    def check_result(self, row, home, outcome, server):
        self.assertEqual(len(self.maildir(home, "one")), len(MESSAGES), str(outcome))
        self.assertEqual(len(self.maildir(home, "two")), len(MESSAGES) if row.status == 0 else 0, str(outcome))

    def test_reuse(self):
        self.run_rows(ROWS)


if __name__ == "__main__":
    main()
