"""How mail-fetch logs in: tokens of OAuth 2.0 (Dovecot's OAUTHBEARER and XOAUTH2), SCRAM, and through a command."""

import glob
import http.server
import json
import os
import threading

from dovecot_fetch import DovecotSource
from peers.case import Case, main
from peers.commands import run
from peers.dovecot import Dovecot
from peers.messages import numbered
from peers.process import find_program

_TOKEN = "ya29.a0-_~+/x=="
_OAUTH = """
auth_mechanisms = {mechanisms}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}
"""


class Introspection(http.server.BaseHTTPRequestHandler):
    """Tells Dovecot whose a token is (RFC 7662)."""

    def do_GET(self):
        active = self.headers.get("Authorization") == "Bearer " + _TOKEN
        answer = json.dumps({"active": active, "username": "alice", "email": "alice", "scope": "mail"}).encode()
        self.send_response(200 if active else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class OauthDovecot(Dovecot):
    def __init__(self, mechanisms, introspection, **options):
        super().__init__(extra=_OAUTH.replace("{mechanisms}", mechanisms), **options)
        self.introspection = introspection

    def configure(self):
        argv = super().configure()
        self._write("oauth2.conf", f"introspection_url = http://127.0.0.1:{self.introspection}/\n"
                    "introspection_mode = auth\nusername_attribute = username\nactive_attribute = active\n"
                    "active_value = true\n", 0o644)
        return argv


class Tokens(Case):
    @classmethod
    def setUpClass(cls):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Introspection)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.port = server.server_address[1]

    def test_each_mechanism(self):
        for mechanism in ("oauthbearer", "xoauth2"):
            with self.subTest(mechanism=mechanism), \
                    OauthDovecot(mechanism, self.port, certificate=self.certificates().good) as dovecot:
                messages = numbered(2)
                for number, octets in enumerate(messages):
                    dovecot.deliver("alice", octets, f"100000000{number}.M{number}P1.example")
                for protocol in ("imap", "pop3"):
                    self.check(dovecot, protocol, f"{mechanism}-{protocol}", messages)

    def check(self, dovecot, protocol, to, messages):
        command = ["mail-fetch", f"{protocol}s://alice@localhost:{getattr(dovecot, protocol + 's')}", "--tls-ca",
                   self.certificates().ca, "--to", "maildir:" + self.path(to), "--trace", "--token-command"]
        outcome = run([*command, f"echo '{_TOKEN}'"], self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir(to), sorted(messages))
        self.assertNotIn(_TOKEN.encode(), outcome.stderr)
        outcome = run([*command, "echo wrong"], self.directory)
        self.assertEqual(outcome.status, 77, str(outcome))

    def test_a_token_is_not_sent_as_a_password(self):
        with Dovecot(certificate=self.certificates().good) as dovecot:
            for scheme in ("imaps", "pop3s"):
                outcome = run(["mail-fetch", f"{scheme}://alice@localhost:{getattr(dovecot, scheme)}", "--tls-ca",
                               self.certificates().ca, "--token-command", "echo secret"], self.directory)
                self.assertEqual(outcome.status, 77, str(outcome))
                self.assertIn("neither OAUTHBEARER nor XOAUTH2", outcome.error_lines[0])


class Scram(Case):
    def test_scram(self):
        for mechanism in ("scram-sha-1", "scram-sha-256", "cram-md5"):
            with self.subTest(mechanism=mechanism), Dovecot(extra=f"auth_mechanisms = {mechanism}\n") as dovecot:
                dovecot.deliver("alice", numbered(1)[0], "1000000000.M1P1.example")
                for protocol in ("imap", "pop3"):
                    to = f"{mechanism}-{protocol}"
                    outcome = run(["mail-fetch", f"{protocol}://alice@localhost:{getattr(dovecot, protocol)}", "--tls",
                                   "none", *self.password(), "--to", "maildir:" + self.path(to), "--trace"],
                                  self.directory)
                    self.assertEqual(outcome.status, 0, str(outcome))
                    self.assertEqual(self.maildir(to), numbered(1))
                    self.assertRegex(outcome.stderr, rf"(?i)C: \S* ?AUTH(ENTICATE)? {mechanism}".encode())


class Tunnel(DovecotSource, Case):
    protocol = "imap"

    def test_preauth(self):
        """Dovecot's own imap, which the command starts for the user who is logged in here."""
        messages = self.fill(numbered(3))
        doveadm = find_program("doveadm")
        tunnel = f"exec {doveadm} -c {self.dovecot.directory}/dovecot.conf exec imap"
        command = ["mail-fetch", "imap://alice@example.org", "--to", "maildir:" + self.path("mail"), "--tunnel",
                   f"USER=alice; export USER; {tunnel}"]
        mail = self.dovecot.maildir("alice")
        if not glob.glob(mail):
            self.skipTest("no mailbox")
        outcome = run(command, self.directory)
        self.assertEqual(outcome.status, 0, str(outcome))
        self.assertEqual(self.maildir("mail"), sorted(messages))
        self.assertEqual(run(command, self.directory).stdout, b"")

    def test_a_relay(self):
        """A command that carries the octets: the login is ours."""
        messages = self.fill(numbered(2))
        for protocol in ("imap", "pop3"):
            relay = self.path("relay.py")
            with open(relay, "w", encoding="ascii") as file:
                file.write("import os, socket, sys, threading\n"
                           "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
                           "def up():\n"
                           "    while octets := os.read(0, 65536):\n"
                           "        s.sendall(octets)\n"
                           "    s.shutdown(socket.SHUT_WR)\n"
                           "threading.Thread(target=up, daemon=True).start()\n"
                           "while octets := s.recv(65536):\n"
                           "    os.write(1, octets)\n")
            outcome = run(["mail-fetch", f"{protocol}://alice@mail.example.org", *self.password(), "--to",
                           "maildir:" + self.path(protocol), "--tunnel",
                           f"/usr/bin/python3 {relay} {getattr(self.dovecot, protocol)}"], self.directory)
            self.assertEqual(outcome.status, 0, str(outcome))
            self.assertEqual(self.maildir(protocol), sorted(messages))

    def test_a_command_that_fails(self):
        for command in ("exit 3", "no-such-command-here", "true"):
            outcome = run(["mail-fetch", "imap://alice@example.org", *self.password(), "--to",
                           "maildir:" + self.path("mail"), "--tunnel", command], self.directory)
            self.assertIn(outcome.status, (75, 76), str(outcome))
        # What goes on without its input is ended.
        outcome = run(["mail-fetch", "imap://alice@example.org", *self.password(), "--tunnel",
                       f"echo $$ > {self.path('pid')}; trap '' TERM; printf '* BYE no\\r\\n'; exec sleep 100"],
                      self.directory)
        self.assertEqual(outcome.status, 69, str(outcome))
        with open(self.path("pid"), encoding="ascii") as file:
            self.assertFalse(os.path.exists(f"/proc/{file.read().strip()}"))


if __name__ == "__main__":
    main()
