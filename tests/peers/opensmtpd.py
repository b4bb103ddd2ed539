"""OpenSMTPD: SMTP without PIPELINING, with DSN; mail for alice and bob at example.org goes to Maildirs."""

from peers.process import accepts, free_port
from peers.rooted import RootedPeer

_CONFIG = """\
listen on 127.0.0.1 port {port} hostname opensmtpd.example.org
table mail {{ alice = "60101:60101:{directory}/mail/alice", bob = "60101:60101:{directory}/mail/bob" }}
action "local" maildir "{directory}/mail/%{{rcpt.user}}" userbase <mail>
match from any for domain "example.org" rcpt-to regex {{ "^(alice|bob)@" }} action "local"
"""


class OpenSmtpd(RootedPeer):
    name = "opensmtpd"
    program = "usr/sbin/smtpd"
    users = ("mail0", "opensmtpd", "opensmtpq")
    spools = ("/var/spool/smtpd", "/var/lib/opensmtpd/empty")

    def __init__(self):
        super().__init__()
        self.port = 0

    def arguments(self):
        self.port = free_port()
        return ["-d", "-f", self.write("conf", _CONFIG.format(directory=self.directory, port=self.port))]

    def ready(self):
        return accepts(self.port)

    def log(self):
        return self.output()
