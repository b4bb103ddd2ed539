"""The main job with this project's commands only: send, serve, fetch, list, show, and send again."""

import hashlib

from peers import schema
from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS, message


class Commands(Case):
    def test_round(self):
        with MailServe(listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0"),
                       arguments=["--tls-self-signed"]) as server:
            pin = next(event["pinSha256"] for event in server.events if event["event"] == "listening")
            tls = ["--pin-sha256", pin]
            smtp = f"smtp://alice@127.0.0.1:{server.port('smtp')}"
            for octets in TEXTS.values():
                receipt, = self.run_receipts("mail-send", "--server", smtp, *tls, *self.password(), "-f",
                                             "carol@example.net", "alice@example.org", stdin=octets)
                self.assertEqual(receipt["recipients"][0]["code"], 250)
            fetch = ["mail-fetch", f"pop3://alice@127.0.0.1:{server.port('pop3')}", *tls, *self.password(), "--to",
                     "maildir:" + self.path("mail")]
            self.assertEqual(len(self.run_receipts(*fetch)), len(TEXTS))
            self.assertEqual(self.run_receipts(*fetch), [])
            stored = self.maildir("mail")
            self.assertEqual(stored, sorted(server.messages("alice")))
            for octets in TEXTS.values():
                self.assertTrue(any(found.endswith(octets) for found in stored), octets)

            listing = self.run_ok("mail-list", "maildir:" + self.path("mail"), "--search", "SUBJECT Grüße", "--json")
            self.assertEqual(len(schema.check_lines(listing.stdout)), 1)
            shown = self.run_ok("mail-show", "--refs", "-", "--text", stdin=listing.stdout).stdout.decode()
            self.assertIn("Grüße aus Köln", shown)

            # Out again, to somebody else.
            before = server.messages("bob")
            again = self.run_ok("mail-fetch", f"pop3://alice@127.0.0.1:{server.port('pop3')}", *tls, *self.password(),
                                "--format", "jsonl", "--state", self.path("other-state"))
            receipts = self.run_receipts("mail-send", "--server", smtp, *tls, *self.password(), "-f",
                                         "carol@example.net", "bob@example.org", stdin=again.stdout)
            self.assertEqual(len(receipts), len(TEXTS))
            self.assertEqual(len(server.messages("bob")), len(before) + len(TEXTS))

    def test_delete_empties_the_server(self):
        with MailServe(listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0")) as server:
            smtp = f"smtp://127.0.0.1:{server.port('smtp')}"
            sent = [message(f"number {n}", f"{n}\n") for n in range(20)]
            for octets in sent:
                self.run_receipts("mail-send", "--server", smtp, "--tls", "none", "-f", "c@example.net",
                                  "alice@example.org", stdin=octets)
            self.run_receipts("mail-fetch", f"pop3://alice@127.0.0.1:{server.port('pop3')}", "--tls", "none",
                              *self.password(), "--delete", "--to", "maildir:" + self.path("mail"))
            self.assertEqual(server.messages("alice"), [])
            self.assertEqual(len(self.maildir("mail")), 20)

    def test_a_large_message_streams(self):
        octets = message("large", ("y" * 70 + "\n") * 300_000)
        with MailServe(listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0")) as server:
            smtp = f"smtp://127.0.0.1:{server.port('smtp')}"
            self.run_receipts("mail-send", "--server", smtp, "--tls", "none", "-f", "c@example.net",
                              "alice@example.org", stdin=octets, timeout=120)
            self.run_receipts("mail-fetch", f"pop3://alice@127.0.0.1:{server.port('pop3')}", "--tls", "none",
                              *self.password(), "--to", "maildir:" + self.path("mail"), timeout=120)
            stored, = self.maildir("mail")
            self.assertEqual(hashlib.sha256(stored[-len(octets):]).digest(), hashlib.sha256(octets).digest())


if __name__ == "__main__":
    main()
