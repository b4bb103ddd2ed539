"""mail-fetch --to imap://: Dovecot as the target, and scripted servers that refuse or go away."""

import imaplib
import re
import socket

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.commands import run
from peers.messages import TEXTS, crlf, message, numbered
from peers.process import free_port
from peers.relay import Relay
from peers.scripted import ScriptedServer, pop3


def appending(answers=(), capabilities=("IMAP4rev1", "LITERAL+", "UIDPLUS", "MULTIAPPEND"), status=b"",
              mailbox=None):
    """An IMAP script that takes messages: answers[n] is the n-th answer to APPEND without its tag, None cuts there."""
    answers = list(answers)
    mailbox = [] if mailbox is None else mailbox

    def read_messages(conversation, line):
        found = []
        while (literal := re.search(rb"(~?)\{(\d+)(\+?)\}$", line)):
            if not literal[3]:
                conversation.send(b"+ go\r\n")
            found.append(conversation.read(int(literal[2])))
            line = conversation.read_line()
        return found

    def talk(conversation):
        capability = " ".join(capabilities).encode()
        conversation.send(b"* OK [CAPABILITY " + capability + b"] ready\r\n")
        while (line := conversation.read_line()) is not None:
            tag, verb = line.split()[0], line.split()[1].upper()
            if verb == b"STATUS":
                conversation.send(status)
            elif verb == b"CAPABILITY":
                conversation.send(b"* CAPABILITY " + capability + b"\r\n")
            elif verb == b"APPEND":
                found = read_messages(conversation, line)
                answer = answers.pop(0) if answers else b"OK done"
                if answer is None:
                    # An end of the stream, and no reset, whatever the client is sending.
                    conversation.socket.shutdown(socket.SHUT_WR)
                    while conversation.read_line() is not None:
                        pass
                    return
                if answer.startswith(b"OK"):
                    mailbox.extend(found)
                conversation.send(tag + b" " + answer + b"\r\n")
                continue
            elif verb == b"LOGOUT":
                conversation.send(b"* BYE\r\n" + tag + b" OK bye\r\n")
                return
            conversation.send(tag + b" OK done\r\n")

    return talk


class ImapDelivery(DovecotSource, Case):
    protocol = "imap"

    def setUp(self):
        super().setUp()
        self.empty("bob")
        self.netrc = self.write("netrc", b"machine localhost login bob password hunter2\n"
                                         b"machine 127.0.0.1 login bob password hunter2\n")

    def target(self, mailbox="", port=None):
        return f"imap://bob@localhost:{port or self.dovecot.imap}/{mailbox}"

    def command(self, *options, mailbox="", source=None):
        return ["mail-fetch", *(source or self.source()), "--to", self.target(mailbox), "--to-tls", "none", *options]

    def receipts(self, *argv, **arguments):
        return self.run_receipts(*argv, environment={"NETRC": self.netrc}, **arguments)

    def bob(self, mailbox="INBOX"):
        """Flags, date and octets of each message."""
        client = self.login("bob", "hunter2")
        client.select(mailbox)
        found = []
        for part in client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]:
            if not isinstance(part, tuple):
                continue
            head = part[0].decode()
            flags = sorted(flag for flag in re.search(r"FLAGS \((.*?)\)", head)[1].split() if flag != r"\Recent")
            found.append((part[1], flags, imaplib.Internaldate2tuple(part[0]), int(re.search(r"UID (\d+)", head)[1])))
        return found

    def test_two_hundred_messages(self):
        """Octets, flags and dates; the receipts name what is there; once."""
        client = self.login()
        expected = []
        flags = [[], [r"\Seen"], [r"\Answered", r"\Flagged"], [r"\Draft", "$Forwarded", "work"], [r"\Deleted"]]
        texts = list(TEXTS.values()) + [message("large", "line\n" * 300_000)] + numbered(190)
        for number, octets in enumerate(texts):
            date = f'"{1 + number % 28:02}-Jan-2020 10:00:{number % 60:02} +0100"'
            client.append("INBOX", "(" + " ".join(flags[number % 5]) + ")", date, crlf(octets))
            expected.append((crlf(octets), sorted(flags[number % 5]), imaplib.Internaldate2tuple(
                f"INTERNALDATE {date}".encode())))
        receipts = self.receipts(*self.command())
        self.assertEqual(len(receipts), 200)
        stored = self.bob()
        self.assertEqual(sorted((octets, [flag.lower() for flag in kept], date) for octets, kept, date, _ in stored),
                         sorted((octets, [flag.lower() for flag in kept], date) for octets, kept, date in expected))
        self.assertEqual(sorted(int(receipt["to"].rsplit("=", 1)[1]) for receipt in receipts),
                         sorted(uid for *_, uid in stored))
        self.assertTrue(all(re.fullmatch(r"imap://bob@localhost:\d+/INBOX;UIDVALIDITY=\d+/;UID=\d+", receipt["to"])
                            for receipt in receipts), receipts[0])
        self.assertEqual(self.receipts(*self.command()), [])
        shown = self.run_ok("mail-show", receipts[0]["to"], "--tls", "none", "--raw",
                            environment={"NETRC": self.netrc}).stdout
        self.assertIn(shown, [octets for octets, *_ in expected] + texts)

    def test_delete_and_a_mailbox_that_is_missing(self):
        messages = self.fill(list(TEXTS.values()))
        receipts = self.receipts(*self.command("--delete", mailbox="Old.2026.%C3%A4"))
        self.assertEqual(len(receipts), len(messages))
        self.assertEqual(self.dovecot.messages("alice"), [])
        client = self.login("bob", "hunter2")
        self.assertEqual(client.select('"Old.2026.&AOQ-"')[1], [str(len(messages)).encode()])
        client.close()
        client.delete('"Old.2026.&AOQ-"')
        # A name that the server does not take is the fault of no message.
        self.fill(numbered(2))
        self.run_error(69, r"localhost:\d+/a/b: CREATE refused: .*'/'", argv=self.command(mailbox="a/b"),
                       environment={"NETRC": self.netrc})
        self.assertEqual(len(self.receipts(*self.command())), 2)

    def test_nul_and_eight_bits(self):
        """BINARY carries a NUL; without it such a message stays where it is, and keeps no other back."""
        texts = [crlf(message("nul", "a\0b\n")), b"Subject: \xff\r\n\r\n\xe4\r\n\x80", crlf(TEXTS["plain"])]
        with ScriptedServer(pop3(texts)) as source:
            argv = self.command("--delete", source=[f"pop3://alice@127.0.0.1:{source.port}", "--tls", "none",
                                                    *self.password()])
            self.assertEqual(len(self.receipts(*argv)), 3)
            stored = [octets for octets, *_ in self.bob()]
            # Dovecot keeps a NUL as 0x80, which is its own matter.
            self.assertEqual([octets.replace(b"\x80b", b"\0b") for octets in stored][0], texts[0])
            self.assertIn(stored[1], (texts[1], texts[1] + b"\r\n"))
            taken = []
            with ScriptedServer(appending(mailbox=taken)) as server:
                argv[argv.index("--to") + 1] = self.target(port=server.port)
                self.run_error(65, r"uid-1: it holds a NUL", argv=argv, environment={"NETRC": self.netrc},
                               receipts=True)
            self.assertEqual(len(taken), 2)
            self.assertEqual([line for line in source.lines if line.startswith(b"DELE")][3:], [b"DELE 2", b"DELE 3"])

    def refused(self, answers, status, *says, count=3, messages=3, **script):
        """A run against a scripted target; what it took."""
        taken = []
        with ScriptedServer(appending(answers, mailbox=taken, **script)) as server, \
                ScriptedServer(pop3([crlf(octets) for octets in numbered(messages)])) as source:
            argv = self.command("--delete", source=[f"pop3://alice@127.0.0.1:{source.port}", "--tls", "none",
                                                    *self.password()])
            argv[argv.index("--to") + 1] = self.target(port=server.port)
            outcome = run(argv, self.directory, environment={"NETRC": self.netrc})
            self.assertEqual(outcome.status, status, str(outcome))
            self.assertEqual(len(outcome.error_lines), len(says), str(outcome))
            for line, pattern in zip(outcome.error_lines, says):
                self.assertRegex(line, pattern)
            self.assertEqual(len(taken), count, str(server.lines))
            deleted = [line for line in source.lines if line.startswith(b"DELE")]
            self.assertEqual(len(deleted), len(taken))
            return server.lines

    def test_refusals_of_one_message(self):
        # All together, then the one that the server does not take alone.
        lines = self.refused([b"NO [OVERQUOTA] full", b"OK", b"NO [OVERQUOTA] full", b"OK"], 69,
                             r"uid-2: APPEND refused: \[OVERQUOTA\] full", count=2)
        self.assertEqual(sum(b" APPEND " in line for line in lines), 4)
        self.refused([], 76, r"uid-1: it is larger than the server takes \(APPENDLIMIT 10\)", count=0, messages=1,
                     capabilities=("IMAP4rev1", "APPENDLIMIT=10"))
        self.refused([b"OK", b"BAD never", b"OK"], 76, r"uid-2: APPEND refused: never", count=2,
                     capabilities=("IMAP4rev1", "LITERAL-"))

    def test_refusals_of_all(self):
        """One error, and nothing is held against the messages."""
        self.refused([b"NO [NOPERM] not here", b"NO [NOPERM] no"], 77, r"localhost:\d+/INBOX: .*NOPERM", count=0)
        self.refused([b"NO [UNAVAILABLE] later"], 75, r"localhost:\d+/INBOX: .*UNAVAILABLE", count=0)
        self.refused([None], 76, r"localhost:\d+/INBOX: ", count=0)
        # What was taken before is done.
        for capabilities in (("IMAP4rev1", "LITERAL+"), ("IMAP4rev1", "LITERAL+", "UIDPLUS")):
            self.refused([b"OK [APPENDUID 7 1] x", None], 76, r"localhost:\d+/INBOX: ", count=1,
                         capabilities=capabilities)
            self.refused([b"OK", b"NO [NOPERM] no", b"OK"], 77, r"localhost:\d+/INBOX: .*NOPERM", count=2,
                         capabilities=capabilities)

    def test_trycreate(self):
        lines = self.refused([b"NO [TRYCREATE] none", b"OK [APPENDUID 7 1:3] x"], 0)
        self.assertIn(b'CREATE "INBOX"', b"\n".join(lines))
        # Without extensions, each waits for the server.
        lines = self.refused([b"NO [TRYCREATE] none"] * 3, 0, capabilities=("IMAP4rev1",))
        self.assertEqual(sum(b" APPEND " in line for line in lines), 6)

    def test_multiappend_is_one_command(self):
        lines = self.refused([b"OK [APPENDUID 7 4:23] x"], 0, count=20, messages=20)
        self.assertEqual(sum(b" APPEND " in line for line in lines), 1)

    def test_cut_behind_the_data(self):
        """Found again by its header: what the server took is not sent again, what it did not take is."""
        messages = self.fill(numbered(6))
        argv = self.command("--delete")
        # The target takes two of them, and no record says so: as when the answer was lost.
        taken = []
        port = free_port()
        with ScriptedServer(appending([None], mailbox=taken,
                                      status=b'* STATUS "INBOX" (UIDNEXT 1 UIDVALIDITY 0)\r\n'), port=port):
            cut = [argument.replace(f"bob@localhost:{self.dovecot.imap}", f"bob@localhost:{port}") for argument in argv]
            outcome = run(cut, self.directory, environment={"NETRC": self.netrc})
            self.assertEqual((outcome.status, outcome.stdout), (76, b""), str(outcome))
        self.assertEqual(len(self.dovecot.messages("alice")), 6)
        for octets in messages[1:3]:
            self.dovecot.deliver("bob", octets, f"{1600000000 + len(octets)}.M{messages.index(octets)}P7.example")
        with Relay(self.dovecot.imap, port=port):
            self.assertEqual(len(self.receipts(*cut)), 6)
        self.assertEqual(sorted(octets for octets, *_ in self.bob()), sorted(map(crlf, messages)))
        self.assertEqual(self.dovecot.messages("alice"), [])

    def test_the_source_itself_is_no_destination(self):
        argv = ["mail-fetch", *self.source(), "--to", self.source()[0] + "/INBOX", "--to-tls", "none"]
        netrc = self.write("alice", b"machine localhost login alice password secret\n")
        self.run_error(64, "the destination is the source itself", argv=argv, environment={"NETRC": netrc})

    def test_an_account_has_the_password_of_a_destination(self):
        """From one account to another, each with its own; --password-file is for the source."""
        messages = self.fill(numbered(2))
        location, *_ = self.source()
        text = (f'[account.old]\nsource = "{location}"\ntls = "none"\npassword-command = "echo secret"\n'
                f'to = "{self.target()}"\n[account.new]\nsource = "{self.target()}"\ntls = "none"\n'
                'password-command = "echo hunter2"\n')
        config = self.write("config.toml", text.encode())
        self.assertEqual(len(self.run_receipts("mail-fetch", "@old", "--config", config)), 2)
        more = self.fill(numbered(3)[2:])
        self.assertEqual(len(self.run_receipts("mail-fetch", location, "--tls", "none", *self.password(), "--to",
                                               self.target(), "--config", config)), 1)
        self.assertEqual(sorted(octets for octets, *_ in self.bob()), sorted(map(crlf, messages + more)))
        # --to-tls beats what it says of TLS.
        self.fill(numbered(4)[3:])
        self.run_error(76, r"bob@localhost:\d+/INBOX: the certificate",
                       argv=["mail-fetch", "@old", "--config", config, "--to-tls", "starttls"])

    def test_password_of_the_source_stays_with_it(self):
        self.fill(numbered(1))
        self.run_error(78, r"no password for bob.*netrc", argv=self.command(),
                       environment={"NETRC": "/dev/null", "MAILPIPE_PASSWORD": "hunter2"})
        self.run_error(77, r"imap://bob@localhost:\d+/INBOX: .*refused", argv=self.command(),
                       environment={"NETRC": self.write("wrong", b"machine localhost login bob password x\n")})


if __name__ == "__main__":
    main()
