"""SIGINT and SIGTERM while a server is silent: each command ends soon, between two messages, with its state written."""

import json
import signal
import socket
import subprocess
import threading

from peers import schema
from peers.case import Case, main
from peers.commands import Outcome, binary, clean_environment
from peers.messages import crlf, message
from peers.process import die_with_parent, wait_until
from peers.scripted import ScriptedServer, pop3, smtp

END_DEADLINE = 10.0  # a wait ends 2 s after the signal; --timeout is 60 s
BODY = crlf(message("first", "one\n"))


def hold(conversation):
    """Says nothing until the client has gone."""
    while conversation.read_line() is not None:
        pass


def silent_at(talk, verb):
    """The script `talk` up to the first command with this verb, which is never answered."""
    def held(conversation):
        read_line = conversation.read_line

        def read_other_line():
            line = read_line()
            if line is not None and verb in line.upper().split():
                hold(conversation)
                return None
            return line

        conversation.read_line = read_other_line
        talk(conversation)

    return held


def imap(conversation):
    conversation.send(b"* OK ready\r\n")
    while (line := conversation.read_line()) is not None:
        tag, verb = line.upper().split()[:2]
        if verb == b"CAPABILITY":
            conversation.send(b"* CAPABILITY IMAP4rev1\r\n")
        elif verb in (b"SELECT", b"EXAMINE"):
            conversation.send(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n")
        conversation.send(tag + b" OK done\r\n")


class FullListener:
    """A port where a connect is neither accepted nor refused."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._waiting = []

    def __enter__(self):
        try:
            for _ in range(8):
                self._waiting.append(socket.create_connection(("127.0.0.1", self.port), timeout=0.5))
        except TimeoutError:
            return self
        raise AssertionError("the backlog is never full here")

    def __exit__(self, *exception):
        for one in [*self._waiting, self._listener]:
            one.close()

    def someone_connects(self):
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
        return any(row[2].endswith(f":{self.port:04X}") and row[3] == "02" for row in rows)  # SYN_SENT


class Stop(Case):
    def start(self, *argv, stdin=b""):
        """Begins a command; the octets of stdin are there, its end is not."""
        process = subprocess.Popen([binary(argv[0]), *argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=clean_environment(self.directory),
                                   preexec_fn=die_with_parent)
        self.addCleanup(process.kill)
        process.stdin.write(stdin)
        process.stdin.flush()
        return process

    def wait_for(self, process, condition):
        wait_until(lambda: process.poll() is not None or condition(), "the command comes to where it waits")
        self.assertIsNone(process.poll(), process.args)

    def end(self, process):
        """What came of it, END_DEADLINE from now at the latest; stdin stays open until then."""
        try:
            process.wait(END_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            with process:
                stdout, stderr = process.stdout.read(), process.stderr.read()
        return Outcome(process.args, subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr))

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        return self.end(process)

    def argv(self, command, scheme, port):
        options = ["--tls-ca", self.certificates().ca] if scheme.endswith("s") else ["--tls", "none"]
        if command == "mail-send":
            server = f"{scheme}://127.0.0.1:{port}"
            return [command, *options, "--server", server, "-f", "a@example.org", "b@example.org"]
        to = ["--to", f"maildir:{self.path('box')}"] if command == "mail-fetch" else []
        return [command, *options, *self.password(), *to, f"{scheme}://alice@127.0.0.1:{port}"]

    def check(self, outcome, command, number=signal.SIGTERM):
        # mail-fetch ends by the signal itself, so that the loop of a script ends with it.
        self.assertEqual(outcome.status, -number if command == "mail-fetch" else 75, str(outcome))
        self.assertIn("interrupted", outcome.error_lines[0], str(outcome))
        self.assertIn("127.0.0.1", outcome.error_lines[0], str(outcome))

    def silent(self, command, scheme, talk, until, number=signal.SIGTERM, **server):
        stdin = BODY if command == "mail-send" else b""
        with self.subTest(command=command, scheme=scheme, until=until), ScriptedServer(talk, 60, **server) as peer:
            process = self.start(*self.argv(command, scheme, peer.port), stdin=stdin)
            if command == "mail-send":
                process.stdin.close()
            self.wait_for(process, lambda: any(until in line.upper() for line in peer.lines) if until
                          else peer.conversations)
            self.check(self.stop(process, number), command, number)

    def test_greeting(self):
        for command in ("mail-fetch", "mail-list", "mail-show"):
            self.silent(command, "pop3", hold, b"", signal.SIGINT)
        self.silent("mail-send", "smtp", hold, b"", signal.SIGINT)

    def test_tls_handshake(self):
        # The server's thread reads what it takes for a line.
        self.silent("mail-list", "imaps", hold, b"")

    def test_reply(self):
        for command in ("mail-fetch", "mail-list", "mail-show"):
            self.silent(command, "pop3", silent_at(pop3([BODY]), b"UIDL"), b"UIDL")
            self.silent(command, "imap", silent_at(imap, b"SEARCH"), b"SEARCH")
        self.silent("mail-send", "smtp", silent_at(smtp(), b"RCPT"), b"RCPT")

    def test_connect(self):
        for command, scheme in (("mail-fetch", "pop3"), ("mail-list", "imap"), ("mail-show", "pop3"),
                                ("mail-send", "smtp")):
            with self.subTest(command), FullListener() as listener:
                process = self.start(*self.argv(command, scheme, listener.port), stdin=BODY)
                if command == "mail-send":
                    process.stdin.close()
                self.wait_for(process, listener.someone_connects)
                self.check(self.stop(process), command)

    def test_stdin_that_stays_open(self):
        """Behind the interrupted ref nothing more is read, although stdin has not ended."""
        for command in ("mail-list", "mail-show"):
            with self.subTest(command), ScriptedServer(silent_at(pop3([BODY]), b"UIDL"), 60) as peer:
                # mail-list asks for refs into one mailbox together: when one into another comes.
                refs = [{"ref": f"pop3://alice@127.0.0.1:{port}/;UIDL=uid-1"} for port in (peer.port, 9)]
                stdin = b"".join(json.dumps(ref).encode() + b"\n" for ref in refs)
                process = self.start(command, "--tls", "none", *self.password(), "--refs", "-", stdin=stdin)
                self.wait_for(process, lambda: b"UIDL" in peer.lines)
                self.check(self.stop(process), command)

    def test_fetch_keeps_what_it_has(self):
        """The first message is delivered and remembered, the second one, cut in its middle, is fetched anew."""
        second = crlf(message("second", "two\n"))
        whole = pop3([BODY, second])

        def talk(conversation):
            if len(server.conversations) > 1:
                return whole(conversation)
            return silent_at(pop3([BODY, second], capabilities=("USER", "UIDL")), b"2")(conversation)

        with ScriptedServer(talk, 60) as server:
            argv = self.argv("mail-fetch", "pop3", server.port)
            process = self.start(*argv)
            self.wait_for(process, lambda: b"RETR 2" in server.lines)
            self.check(self.stop(process), "mail-fetch")
            self.assertEqual(self.maildir("box"), [BODY.replace(b"\r\n", b"\n")])
            self.run_receipts(*argv)
            self.assertEqual(server.lines.count(b"RETR 1"), 1)
            self.assertEqual(server.lines.count(b"RETR 2"), 2)
        self.assertEqual(len(self.maildir("box")), 2)

    def test_send_waits_for_who_answers_for_the_message(self):
        """Its end was sent: the reply decides whether it must be sent again, so it is waited for."""
        reply = threading.Event()
        script = smtp()

        def talk(conversation):
            send = conversation.send

            def send_late(octets):
                if b"queued" in octets:
                    reply.wait(END_DEADLINE)
                send(octets)

            conversation.send = send_late
            script(conversation)

        with ScriptedServer(talk, 60) as server:
            process = self.start(*self.argv("mail-send", "smtp", server.port), stdin=BODY)
            process.stdin.close()
            self.wait_for(process, lambda: b"." in server.lines)
            process.send_signal(signal.SIGTERM)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(4)
            reply.set()
            outcome = self.end(process)
        self.assertEqual(outcome.status, 75, str(outcome))
        receipts = schema.check_lines(outcome.stdout, "mail-send")
        self.assertEqual([receipt["status"] for receipt in receipts], [0], receipts)


if __name__ == "__main__":
    main()
