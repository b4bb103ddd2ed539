"""Servers that take so many recipients in a transaction, or transactions in a session."""

from peers.case import Case, main
from peers.messages import TEXTS, numbered
from peers.scripted import ScriptedServer, smtp
from send_checks import mboxrd


def recipients(count, domains=1):
    return [f"r{n}@d{n % domains}.example" for n in range(count)]


class Limits(Case):
    def send(self, server, *argv, stdin=TEXTS["plain"]):
        return self.run_receipts("mail-send", "--server", f"smtp://127.0.0.1:{server.port}", "--tls", "none", "-f",
                                 "c@example.net", *argv, stdin=stdin)

    def test_recipients_and_transactions_as_the_server_says(self):
        for limits, argv, transactions, connections in (
                ("RCPTMAX=2", recipients(5), 3, 1), ("RCPTDOMAINMAX=1", recipients(6, 3), 3, 1),
                ("RCPTMAX=2 MAILMAX=2", recipients(5), 3, 2), ("MAILMAX=1", recipients(12), 1, 1)):
            with self.subTest(limits), ScriptedServer(smtp(("8BITMIME", "PIPELINING", "LIMITS " + limits))) as server:
                receipt, = self.send(server, *argv)
                self.assertEqual([entry["accepted"] for entry in receipt["recipients"]], [True] * len(argv))
                self.assertEqual([entry["recipient"] for entry in receipt["recipients"]], argv)
                self.assertEqual(sum(line.startswith(b"MAIL") for line in server.lines), transactions)
                self.assertEqual(sum(line.startswith(b"RCPT") for line in server.lines), len(argv))
                self.assertEqual(sum(line.startswith(b"EHLO") for line in server.lines), connections)

    def test_a_session_for_each_message(self):
        with ScriptedServer(smtp(("8BITMIME", "PIPELINING", "LIMITS MAILMAX=1"))) as server:
            receipts = self.send(server, "a@example.org", stdin=mboxrd(numbered(3)))
            self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 3)
            self.assertEqual(sum(line.startswith(b"EHLO") for line in server.lines), 3)

    def test_recipients_that_are_too_many_go_in_another_transaction(self):
        """RFC 5321 section 4.5.3.1.10."""
        def talk(conversation):
            count = 0

            def reply(line):
                nonlocal count
                count = 0 if line.startswith(b"MAIL") else count + 1
                return b"452 4.5.3 too many\r\n" if count > 4 else b"250 ok\r\n"

            conversation.send(b"220 mx\r\n")
            while (line := conversation.read_line()) is not None:
                if line.startswith(b"EHLO"):
                    conversation.send(b"250-mx\r\n250 8BITMIME\r\n")
                elif line == b"DATA":
                    conversation.send(b"354 go\r\n")
                    while conversation.read_line() != b".":
                        pass
                    conversation.send(b"250 taken\r\n")
                elif line == b"QUIT":
                    conversation.send(b"221 bye\r\n")
                    return
                else:
                    conversation.send(reply(line))

        with ScriptedServer(talk) as server:
            receipt, = self.send(server, *recipients(11))
            self.assertEqual(receipt["event"], "sent")
            self.assertEqual(sum(line.startswith(b"MAIL") for line in server.lines), 3)


if __name__ == "__main__":
    main()
