"""mail-list with servers that search, sort and thread as a script says."""

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import crlf, message
from peers.scripted import ScriptedServer, imap

MESSAGES = [crlf(message(name, name + "\n")) for name in ("one", "two", "three", "four")]


class ImapOrder(Case):
    def list(self, capabilities, replies, *options, status=0):
        """(UIDs, errors), and what was sent."""
        script = imap([b"INBOX"], MESSAGES, ("IMAP4rev1", *capabilities), replies)
        with ScriptedServer(script) as server:
            outcome = run(["mail-list", f"imap://alice@127.0.0.1:{server.port}", "--tls", "none", *self.password(),
                           "--json", *options], self.directory)
        self.assertEqual(outcome.status, status, str(outcome))
        records = [] if "--count" in options else schema.check_lines(outcome.stdout, "mail-list")
        return [record["uid"] for record in records], outcome.error_lines, b"\n".join(server.lines)

    def test_last_ones_are_asked_for(self):
        uids, errors, sent = self.list(["ESEARCH", "PARTIAL"], {b"SEARCH": b"* ESEARCH UID PARTIAL (-1:-2 3:4)\r\n"},
                                       "--reverse", "--limit", "2")
        self.assertEqual((uids, errors), ([4, 3], []))
        self.assertIn(b"UID SEARCH RETURN (PARTIAL -1:-2) ALL\n", sent)

    def test_gone_meanwhile(self):
        """Between SORT or THREAD and FETCH; the first of a thread gives it its name."""
        uids, errors, _ = self.list(["SORT"], {b"SORT": b"* SORT 9 4 8 2 3 7\r\n"}, "--sort", "SIZE")
        self.assertEqual((uids, errors), ([4, 2, 3], []))
        uids, errors, _ = self.list(["THREAD=REFERENCES"], {b"THREAD": b"* THREAD (9 3 (1)(8))(4)\r\n"}, "--thread",
                                    "references")
        self.assertEqual((uids, errors), ([3, 1, 4], []))

    def test_sort_by_names_without_the_extension(self):
        uids, errors, sent = self.list(["SORT"], {}, "--sort", "DISPLAYFROM REVERSE ARRIVAL")
        self.assertEqual((sorted(uids), errors), ([1, 2, 3, 4], []))
        self.assertNotIn(b"SORT", sent)

    def test_nonsense(self):
        for capability, replies, option in (
                ("SORT", {b"SORT": b"* SORT 1 1\r\n"}, ["--sort", "DATE"]),
                ("THREAD=REFERENCES", {b"THREAD": b"* THREAD " + b"(" * 5000 + b"\r\n"}, ["--thread", "references"]),
                ("ESEARCH", {b"SEARCH": b"* ESEARCH UID\r\n"}, ["--count"]),
                ("ESEARCH", {b"SEARCH": b"* ESEARCH UID ALL 1:4294967295\r\n"}, [])):
            with self.subTest(replies=replies):
                uids, errors, _ = self.list([capability], replies, *option, status=76)
                self.assertEqual((uids, len(errors)), ([], 1), errors)


main()
