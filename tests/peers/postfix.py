"""A Postfix instance with its own configuration and queue.

Postfix starts as root only: an unprivileged user needs `sudo -n`, or the test is skipped.
"""

import os
import signal
import subprocess
import unittest

from peers.process import Peer, accepts, find_program, free_port, new_messages, wait_until

_MAIN = """\
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/log/maillog
maillog_file_prefixes = {directory}
myhostname = postfix.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = {mailboxes}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = {transport}
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
default_transport = error:no mail leaves this test
disable_dns_lookups = yes
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_client_connection_count_limit = 0
lmtp_destination_recipient_limit = 50
{tls}
{extra}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Peer):
    """SMTP on `port`. Mail for USER@example.org goes to Maildirs, or to `transport` ("lmtp:inet:HOST:PORT")."""

    name = "postfix"

    def __init__(self, certificate=None, tls_needed=False, transport="virtual", users=("alice", "bob"), extra=""):
        super().__init__()
        self.certificate = certificate
        self.tls_needed = tls_needed
        self.transport = transport
        self.users = users
        self.extra = extra
        self.port = 0
        self.sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
        self._tree = None

    @staticmethod
    def missing():
        """Why Postfix cannot run here, or ''."""
        if not find_program("postfix"):
            return "postfix is not installed"
        if os.getuid() != 0 and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
            return "postfix starts as root only, and sudo asks for a password"
        return ""

    def start(self):
        reason = self.missing()
        if reason:
            raise unittest.SkipTest(reason)
        return super().start()

    def _root(self, *argv, **arguments):
        return subprocess.run([*self.sudo, *argv], check=True, timeout=60, stdin=subprocess.DEVNULL,
                              capture_output=True, **arguments)

    def configure(self):
        self.port = free_port()
        tree = self._tree = os.path.join(self.directory, "instance")
        mail_uid, mail_gid = (65534, 65534) if os.getuid() == 0 else (os.getuid(), os.getgid())
        for name in ("queue", "data", "log", "etc", "mail"):
            os.makedirs(os.path.join(tree, name))
        tls = "smtpd_tls_security_level = none"
        if self.certificate:
            tls = (f"smtpd_tls_cert_file = {self.certificate.certificate}\n"
                   f"smtpd_tls_key_file = {self.certificate.key}\n"
                   f"smtpd_tls_security_level = {'encrypt' if self.tls_needed else 'may'}")
        mailboxes = os.path.join(tree, "etc", "mailboxes")
        self._write("etc/mailboxes", "".join(f"/^{user}@example\\.org$/ {user}/\n" for user in self.users))
        self._write("etc/main.cf", _MAIN.format(directory=tree, mailboxes="regexp:" + mailboxes, uid=mail_uid,
                                                gid=mail_gid, transport=self.transport, tls=tls, extra=self.extra))
        self._write("etc/master.cf", _MASTER.format(port=self.port))
        self._root("chown", "-R", "root:root", f"{tree}/queue", f"{tree}/etc", f"{tree}/log")
        self._root("chown", "-R", "postfix:postfix", f"{tree}/data")
        self._root("chown", "-R", f"{mail_uid}:{mail_gid}", f"{tree}/mail")
        return [*self.sudo, find_program("postfix"), "-c", f"{tree}/etc", "start-fg"]

    def _write(self, name, text):
        with open(os.path.join(self._tree, name), "w", encoding="utf-8") as file:
            file.write(text)

    def ready(self):
        return accepts(self.port)

    def terminate(self, number):
        # start-fg is a shell script around the master, which a signal to the script alone would not reach.
        master = self._root("cat", f"{self._tree}/queue/pid/master.pid").stdout.split()
        self._root("kill", f"-{int(number)}", master[0].decode())

    def stop(self):
        try:
            super().stop()
        except subprocess.CalledProcessError:
            if self.process is not None:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(10)
                self.process = None
            self.remove_directory()

    def remove_directory(self):
        if self._tree and not os.environ.get("MAILPIPE_KEEP"):
            self._root("rm", "-rf", self._tree)
        super().remove_directory()

    def log(self):
        found = subprocess.run([*self.sudo, "cat", f"{self._tree}/log/maillog"], capture_output=True, check=False,
                               timeout=60)
        return found.stdout.decode(errors="replace")

    def messages(self, user):
        """The octets of every message delivered to the Maildir of the user."""
        return new_messages(os.path.join(self._tree, "mail", user))

    def wait_messages(self, user, count, seconds=30.0):
        return wait_until(lambda: (found := self.messages(user)) and len(found) >= count and found,
                          f"postfix delivers {count} message(s) to {user}", seconds)

    def wait_log(self, text, seconds=30.0):
        return wait_until(lambda: text in self.log(), f"postfix logs {text!r}", seconds)
