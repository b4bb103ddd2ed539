"""What becomes of mail for users: mbox, a command, another server by LMTP; and quotas."""

import json
import os
import smtplib

from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.mailserve import MailServe
from peers.messages import TEXTS, message
from peers.process import wait_until


class Deliver(Case):
    def serve(self, *arguments, listen=("smtp://127.0.0.1:0", "lmtp://127.0.0.1:0"), **settings):
        server = MailServe(listen=listen, arguments=arguments, **settings).start()
        self.addCleanup(server.stop)
        return server

    def client(self, server, lmtp=False):
        kind = smtplib.LMTP if lmtp else smtplib.SMTP
        client = kind("127.0.0.1", server.port("lmtp" if lmtp else "smtp"), **({} if lmtp else {"timeout": 30}))
        self.addCleanup(client.close)
        client.ehlo("client.example")
        return client

    def script(self, text):
        return self.write("deliver.sh", b"#!/bin/sh\n" + text.encode(), mode=0o700)

    def send(self, server, octets, *recipients, sender="carol@example.net"):
        self.client(server).sendmail(sender, recipients, octets.replace(b"\n", b"\r\n"), ["BODY=8BITMIME"])

    def test_to_a_command(self):
        script = self.script(f'cat > "{self.directory}/$MAILPIPE_USER"\n'
                             f'echo "$SENDER $RECIPIENT" >> "{self.directory}/log"\n')
        server = self.serve("--deliver", script)
        for name, octets in TEXTS.items():
            self.send(server, octets, "alice+x@example.org", "bob@example.org")
            for user in ("alice", "bob"):
                with open(self.path(user), "rb") as file:
                    found = file.read()
                self.assertTrue(found.endswith(octets), name)
                self.assertTrue(found.startswith(b"Return-Path: <carol@example.net>\nDelivered-To: "), found)
        with open(self.path("log"), encoding="utf-8") as file:
            self.assertEqual(file.readlines()[:2], ["carol@example.net alice+x@example.org\n",
                                                    "carol@example.net bob@example.org\n"])
        delivered = server.wait_event(lambda event: event["event"] == "delivery", "a delivery")
        self.assertNotIn("ref", delivered)
        self.assertEqual(server.messages("alice"), [])

    def test_what_a_command_says_the_sender_hears(self):
        script = self.script('case "$SENDER" in s*) exit "$(echo "$SENDER" | tr -dc 0-9)";; esac\n')
        server = self.serve("--deliver", script)
        for status, code in ((0, 250), (75, 451), (67, 550), (65, 550), (69, 554), (127, 451), (1, 554)):
            with self.subTest(status):
                client = self.client(server)
                client.mail(f"s{status}@example.net")
                client.rcpt("alice@example.org")
                self.assertEqual(client.data(b"Subject: x\r\n\r\n")[0], code)

    def test_nothing_of_an_address_is_read_by_the_shell(self):
        server = self.serve("--deliver", self.script(f'echo "$SENDER" > "{self.directory}/sender"\n'))
        evil = f'"$(touch {self.directory}/evil)`touch {self.directory}/evil`;-x"@example.net'
        self.send(server, TEXTS["plain"], "alice@example.org", sender=evil)
        with open(self.path("sender"), encoding="utf-8") as file:
            self.assertEqual(file.read(), evil + "\n")
        self.assertFalse(os.path.exists(self.path("evil")))

    def test_to_another_server(self):
        other = self.serve(users={"alice": "x", "bob": "x"})
        config = self.write("config.toml", b'[host."127.0.0.1"]\ntls = "none"\n')
        server = self.serve("--deliver", f"lmtp://127.0.0.1:{other.port('lmtp')}", "--config", config,
                            users={"alice": "x", "bob": "x", "zoe": "x"})
        for name, octets in TEXTS.items():
            before = other.messages("alice")
            self.send(server, octets, "alice@example.org", "bob@example.org")
            found, = [one for one in other.messages("alice") if one not in before]
            self.assertTrue(found.endswith(octets), name)
            self.assertEqual(found.count(b"Return-Path: <carol@example.net>"), 1)
        client = self.client(server, lmtp=True)
        client.mail("carol@example.net")
        for user in ("alice", "zoe", "bob"):
            self.assertEqual(client.rcpt(f"{user}@example.org")[0], 250)
        client.docmd("DATA")
        client.send(b"Subject: three\r\n\r\n.\r\n")
        self.assertEqual([client.getreply()[0] for _ in range(3)], [250, 550, 250])
        other.stop()
        client = self.client(server)
        client.mail("carol@example.net")
        client.rcpt("alice@example.org")
        self.assertEqual(client.data(b"Subject: x\r\n\r\n")[0], 451)

    def test_to_dovecot(self):
        dovecot = Dovecot().start()
        self.addCleanup(dovecot.stop)
        server = self.serve("--deliver", f"lmtp:{dovecot.lmtp_socket}", users={"alice": "x", "zoe": "x"})
        for name, octets in TEXTS.items():
            before = dovecot.messages("alice")
            self.send(server, octets, "alice@example.org")
            found, = [one for one in dovecot.messages("alice") if one not in before]
            self.assertTrue(found.endswith(octets), name)
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.send(server, TEXTS["plain"], "zoe@example.org")
        self.assertEqual(refused.exception.smtp_code, 550)

    def test_into_an_mbox(self):
        store = self.path("spool")
        os.mkdir(store, 0o700)
        process = self.serve(listen=("smtp://127.0.0.1:0",), store=store, kind="mbox")
        for octets in TEXTS.values():
            self.send(process, octets, "alice@example.org")
        listed = run(["mail-list", f"mbox:{store}/alice", "--json"], self.directory)
        self.assertEqual(listed.status, 0, str(listed))
        records = [json.loads(line) for line in listed.stdout.splitlines()]
        self.assertEqual(len(records), len(TEXTS))
        event = process.wait_event(lambda event: event["event"] == "delivery", "a delivery")
        self.assertEqual(event["ref"], records[0]["ref"])

    def test_pop3_needs_a_maildir(self):
        outcome = run(["mail-serve", "--store", f"mbox:{self.path('spool')}/%u", "--listen", "pop3://127.0.0.1:0",
                       "--user", "a:b"], self.directory)
        self.assertEqual(outcome.status, 64)
        self.assertIn(b"POP3", outcome.stderr)

    def test_quota(self):
        for arguments, code, enhanced in (((), 452, b"4.2.2"), (("--over-quota", "refuse"), 552, b"5.2.2")):
            with self.subTest(code):
                server = self.serve("--quota", "10k", *arguments)
                client = self.client(server)
                self.assertEqual(client.mail("carol@example.net", ["SIZE=20000"])[0], 250)
                refused = client.rcpt("alice@example.org")
                self.assertEqual((refused[0], refused[1][:5]), (code, enhanced))
                client.rset()
                octets = message("large", "x" * 70 + "\n")
                large = octets + b"y" * 70 + b"\n" * 1 + (b"z" * 70 + b"\n") * 90
                self.send(server, large, "alice@example.org")
                client = self.client(server)
                # SIZE does not tell; what comes is too much.
                client.mail("carol@example.net")
                self.assertEqual(client.rcpt("alice@example.org")[0], 250)
                self.assertEqual(client.data(large.replace(b"\n", b"\r\n"))[0], code)
                event = server.wait_event(lambda event: event.get("message") == "message refused", "the event")
                self.assertEqual(event["kind"], "temporary" if code == 452 else "data")
                self.assertEqual(len(server.messages("alice")), 1)
                # Each for himself; who has no room is not told to strangers, who might learn where an alias leads.
                with smtplib.LMTP("127.0.0.1", server.port("lmtp"), timeout=20) as lmtp:
                    lmtp.ehlo()
                    lmtp.mail("carol@example.net")
                    for name in ("alice", "bob"):
                        self.assertEqual(lmtp.rcpt(f"{name}@example.org")[0], 250)
                    said = lmtp.data(large.replace(b"\n", b"\r\n"))
                    self.assertEqual((said[0], said[1][:5], b"alice" in said[1]), (code, enhanced, False))
                    self.assertEqual(lmtp.getreply()[0], 250)
                self.assertEqual((len(server.messages("alice")), len(server.messages("bob"))), (1, 1))
                for name in os.listdir(os.path.join(server.store, "bob", "new")):
                    os.unlink(os.path.join(server.store, "bob", "new", name))
                self.send(server, octets, "bob@example.org")
                folder = os.path.join(server.store, "alice", "new")
                for name in os.listdir(folder):
                    os.unlink(os.path.join(folder, name))
                self.send(server, large, "alice@example.org")
                wait_until(lambda server=server: server.messages("alice"), "room again", 5)


if __name__ == "__main__":
    main()
