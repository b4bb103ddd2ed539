"""mail-send over connections that end between two messages, within one, and never begin."""

import threading

from peers import schema
from peers.case import Case, main
from peers.commands import run
from peers.messages import message
from peers.process import free_port
from peers.scripted import ScriptedServer


class Server:
    """Takes messages; `ends(n)` says how the connection number n goes: messages it takes, and how it ends."""

    def __init__(self, plan):
        self.plan = list(plan)
        self.bodies = []
        self.lock = threading.Lock()

    def __call__(self, conversation):
        with self.lock:
            takes, at = self.plan.pop(0) if self.plan else (1000, None)
        conversation.send(b"220 mx\r\n")
        while (line := conversation.read_line()) is not None:
            verb = line.split(b" ")[0].upper()
            if verb == b"MAIL" and takes == 0 and at == "MAIL":
                return
            if verb == b"MAIL" and takes == 0 and at == "421":
                conversation.send(b"421 4.3.2 closing\r\n")
                return
            if verb == b"EHLO":
                conversation.send(b"250-mx\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                conversation.send(b"354 go\r\n")
                body = []
                while (line := conversation.read_line()) not in (b".", None):
                    body.append(line)
                if takes == 0 and at == "BODY":
                    return
                self.bodies.append(b"\n".join(body) + b"\n")
                takes -= 1
                conversation.send(b"250 2.0.0 taken\r\n")
            else:
                conversation.send(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")


class Connections(Case):
    def send(self, port, count):
        messages = [message(f"number {n}", f"{n}\n", recipient="bob@example.org") for n in range(count)]
        box = b"".join(b"From a@b Mon Nov  2 10:00:00 2026\n" + octets + b"\n" for octets in messages)
        argv = ["mail-send", "--server", f"smtp://127.0.0.1:{port}", "--tls", "none", "-f", "c@example.net",
                "bob@example.org"]
        return messages, argv, box

    def fails(self, status, argv, *says, lines=1, stdin):
        """Like run_error, with several lines on stderr."""
        outcome = run(argv, self.directory, stdin=stdin)
        self.assertEqual((outcome.status, len(outcome.error_lines)), (status, lines), str(outcome))
        for pattern in says:
            self.assertRegex("\n".join(outcome.error_lines), pattern)
        return schema.check_lines(outcome.stdout, argv[0])

    def test_a_server_that_goes_between_two_messages_is_called_again(self):
        for at in ("MAIL", "421"):
            plan = Server([(2, at), (1, at)])
            with self.subTest(at), ScriptedServer(plan) as server:
                messages, argv, box = self.send(server.port, 5)
                receipts = self.run_receipts(*argv, stdin=box)
                self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 5)
                self.assertEqual(plan.bodies, messages)

    def test_a_server_that_takes_no_message_at_all_is_not_called_again(self):
        with ScriptedServer(Server([(0, "421")] * 10)) as server:
            _, argv, box = self.send(server.port, 2)
            receipts = self.fails(75, argv, "4.3.2", lines=2, stdin=box)
            self.assertEqual([receipt["event"] for receipt in receipts], ["failed"] * 2)
            self.assertEqual(len(server.conversations), 2)

    def test_a_message_that_may_have_been_taken_is_not_sent_again(self):
        plan = Server([(1, "BODY")])
        with ScriptedServer(plan) as server:
            messages, argv, box = self.send(server.port, 4)
            receipts = self.fails(76, argv, "message 2", stdin=box)
            self.assertEqual([receipt["event"] for receipt in receipts], ["sent", "failed", "sent", "sent"])
            self.assertEqual(plan.bodies, [messages[0], messages[2], messages[3]])

    def test_a_server_that_breaks_twice_is_left_alone(self):
        plan = Server([(0, "BODY")] * 10)
        with ScriptedServer(plan) as server:
            _, argv, box = self.send(server.port, 5)
            receipts = self.fails(76, argv, "3 more messages", lines=3, stdin=box)
            self.assertEqual([receipt["event"] for receipt in receipts], ["failed"] * 5)
            self.assertEqual(len(server.conversations), 2)
            self.assertIn("not tried", receipts[4]["error"])

    def test_no_server_for_many_messages(self):
        _, argv, box = self.send(free_port(), 5)
        receipts = self.fails(75, argv, "4 more messages", lines=2, stdin=box)
        self.assertEqual([receipt["status"] for receipt in receipts], [75] * 5)


if __name__ == "__main__":
    main()
