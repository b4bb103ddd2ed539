"""mail-send --server mx: which mail hosts are asked, in which order, and what comes of it when they refuse."""

from peers.case import main
from peers.scripted import smtp

from mx_case import MxCase


class Hosts(MxCase):
    def test_best_first(self):
        first, second = self.host(1), self.host(2)
        receipt = self.send_one(0, "bob@several.example")
        self.assertEqual((receipt["event"], receipt["server"]), ("sent", "mx:"))
        self.assertEqual(receipt["recipients"][0]["server"], "mx1.test")
        self.assertEqual((self.verbs(first).count("DATA"), second.lines), (1, []))
        self.assertIn(b"EHLO me.test", first.lines)

    def test_dead_hosts_are_passed_over(self):
        last = self.host(3)
        receipt = self.send_one(0, "bob@several.example")
        self.assertEqual(receipt["recipients"][0]["server"], "mx3.test")
        self.assertEqual(self.verbs(last).count("DATA"), 1)

    def test_all_dead(self):
        receipt = self.send_one(75, "bob@several.example", says=["mx1.test: cannot connect .*2 more"])
        self.assertEqual((receipt["event"], receipt["status"]), ("failed", 75))

    def test_hosts_that_refuse_for_now_are_passed_over(self):
        for what, script in (("greeting", smtp(greeting=b"421 4.3.2 busy\r\n")),
                             ("service", smtp(greeting=b"554 5.3.2 no service\r\n")),
                             ("gone", smtp(greeting=None)),
                             ("EHLO", smtp(replies={b"EHLO": b"421 4.3.2 busy\r\n"})),
                             ("MAIL", smtp(replies={b"MAIL": b"451 4.3.0 later\r\n"})),
                             ("RCPT", smtp(replies={b"RCPT": b"450 4.2.0 greylisted\r\n"})),
                             ("DATA", smtp(replies={b"DATA": b"452 4.3.1 full\r\n"})),
                             ("body", smtp(replies={b".": b"451 4.3.0 later\r\n"}))):
            with self.subTest(what):
                first, second = self.host(1, script), self.host(2)
                receipt = self.send_one(0, "bob@several.example")
                self.assertEqual(receipt["recipients"][0]["server"], "mx2.test")
                self.assertEqual(len(first.conversations), 1)
                self.assertEqual(self.verbs(second).count("DATA"), 1)
                self.hosts.close()

    def test_a_refusal_for_good_is_final(self):
        for what, script in (("MAIL", smtp(replies={b"MAIL": b"550 5.7.1 no\r\n"})),
                             ("RCPT", smtp(replies={b"RCPT": b"550 5.1.1 unknown\r\n"})),
                             ("body", smtp(replies={b".": b"554 5.6.0 no\r\n"}))):
            with self.subTest(what):
                self.host(1, script)
                second = self.host(2)
                receipt = self.send_one(67 if what == "RCPT" else 69, "bob@several.example", says=["mx1.test: "])
                self.assertEqual(receipt["event"], "failed")
                self.assertEqual(second.conversations, [])
                self.hosts.close()

    def test_each_recipient_is_settled_once(self):
        """mx1 takes a, refuses b for good and c for now; only c is asked for at mx2."""
        def refuse(conversation, line):
            reply = {b"b": b"550 5.1.1 unknown\r\n", b"c": b"450 4.2.0 later\r\n"}
            conversation.send(reply.get(line.split(b"<")[1][:1], b"250 ok\r\n"))

        self.host(1, smtp(replies={b"RCPT": refuse}))
        second = self.host(2)
        recipients = ["a@several.example", "b@several.example", "c@several.example"]
        receipt = self.send_one(67, *recipients, says=["b@several.example"])
        self.assertEqual([entry["accepted"] for entry in receipt["recipients"]], [True, False, True])
        self.assertEqual([line for line in second.lines if line.startswith(b"RCPT")],
                         [b"RCPT TO:<c@several.example>"])

    def test_what_may_have_been_taken_is_not_sent_again(self):
        self.host(1, smtp(replies={b".": None}))
        second = self.host(2)
        receipt = self.send_one(75, "bob@several.example", says=["mx1.test: connection ended"])
        self.assertEqual(receipt["event"], "failed")
        self.assertEqual(second.conversations, [])

    def test_equal_hosts_share_the_load(self):
        hosts = [self.host(n) for n in range(1, 5)]
        for _ in range(16):
            self.send_one(0, "bob@equal.example")
        # All sixteen at one of four hosts: once in 4 ** 15 runs.
        self.assertGreater(len([host for host in hosts if host.conversations]), 1)
        self.assertEqual(sum(len(host.conversations) for host in hosts), 16)

    def test_one_connection_for_many_messages(self):
        host = self.host(1)
        receipts = self.send(0, "bob@one.example", count=5)
        self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 5)
        self.assertEqual((len(host.conversations), self.verbs(host).count("DATA")), (1, 5))
        self.assertEqual(self.verbs(host)[-1], "QUIT")

    def test_each_domain_by_its_own_hosts(self):
        first, second = self.host(1), self.host(2)
        receipt = self.send_one(0, "a@one.example", "b@two.example", "c@one.example")
        self.assertEqual([entry["server"] for entry in receipt["recipients"]], ["mx1.test", "mx2.test", "mx1.test"])
        self.assertEqual(self.verbs(first).count("RCPT"), 2)
        self.assertEqual(self.verbs(second).count("RCPT"), 1)

    def test_a_domain_that_fails_delays_no_other(self):
        self.host(1)
        receipt = self.send_one(75, "a@two.example", "b@one.example", says=["mx2.test: cannot connect"])
        self.assertEqual(receipt["event"], "partial")
        self.assertEqual([entry["accepted"] for entry in receipt["recipients"]], [False, True])
        self.assertIn("cannot connect", receipt["recipients"][0]["error"])

    def test_source_address(self):
        host = self.host(1)
        peers = []
        host_talk = smtp()

        def talk(conversation):
            peers.append(conversation.socket.getpeername()[0])
            host_talk(conversation)

        host._talk = talk
        self.send_one(0, "--source-address", "127.0.0.77", "bob@one.example")
        self.assertEqual(peers, ["127.0.0.77"])

    def test_relay_rules(self):
        first, second = self.host(1), self.host(2)
        rule = f"one.example -> smtp://127.0.0.12:{self.port}"
        receipt = self.send_one(0, "--relay", rule, "--tls", "none", "a@one.example", "b@several.example")
        self.assertEqual([entry["server"] for entry in receipt["recipients"]],
                         [f"smtp://127.0.0.12:{self.port}", "mx1.test"])
        self.assertEqual((self.verbs(first).count("RCPT"), self.verbs(second).count("RCPT")), (1, 1))
        below = f".example -> smtp://127.0.0.12:{self.port}"
        self.send_one(0, "--relay", below, "--tls", "none", "a@one.example", "b@several.example")
        self.assertEqual(self.verbs(second).count("RCPT"), 3)


if __name__ == "__main__":
    main()
