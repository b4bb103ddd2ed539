"""Dovecot: POP3, POP3S, IMAP, IMAPS, STARTTLS, LMTP; a Maildir for each user."""

import grp
import os
import pwd

from peers.process import Peer, accepts, find_program, free_ports, read_text

_CONFIG = """\
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/dovecot.log
protocols = pop3 imap lmtp
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{directory}/mail/%n
mail_uid = {mail_user}
mail_gid = {mail_group}
first_valid_uid = 1
first_valid_gid = 1
mail_privileged_group =
mail_max_userip_connections = 100
auth_mechanisms = plain login
auth_username_format = %Ln
auth_failure_delay = 0
disable_plaintext_auth = {tls_needed}
ssl = {ssl}
{certificate}
postmaster_address = postmaster@example.org
hostname = dovecot.example.org
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {directory}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={directory}/mail/%n allow_all_users={allow_all}
}}
namespace inbox {{
  inbox = yes
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service pop3-login {{
  chroot =
  process_min_avail = 1
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
  unix_listener lmtp {{
    mode = 0666
  }}
}}
{extra}
"""


class Dovecot(Peer):
    """`users` maps names to passwords. Without a certificate there is no TLS and the *s ports are 0.

    With `tls_needed` it refuses passwords in the clear, which Dovecot does for 127.0.0.1 only when ssl is "required".
    """

    name = "dovecot"

    def __init__(self, users=None, certificate=None, tls_needed=False, extra=""):
        super().__init__()
        self.users = users or {"alice": "secret", "bob": "hunter2"}
        self.certificate = certificate
        self.tls_needed = tls_needed
        self.extra = extra
        self.pop3 = self.pop3s = self.imap = self.imaps = self.lmtp = 0
        self.lmtp_socket = ""

    def maildir(self, user):
        return os.path.join(self.directory, "mail", user)

    def configure(self):
        program = find_program("dovecot")
        self.pop3, self.imap, self.lmtp, self.pop3s, self.imaps = free_ports(5)
        certificate = ""
        if self.certificate:
            certificate = f"ssl_cert = <{self.certificate.certificate}\nssl_key = <{self.certificate.key}"
        else:
            self.pop3s = self.imaps = 0
        me = pwd.getpwuid(os.getuid()).pw_name
        my_group = grp.getgrgid(os.getgid()).gr_name
        as_root = os.getuid() == 0
        self.mail_uid = pwd.getpwnam("nobody").pw_uid if as_root else os.getuid()
        self.mail_gid = pwd.getpwnam("nobody").pw_gid if as_root else os.getgid()
        text = _CONFIG.format(
            directory=self.directory, certificate=certificate, extra=self.extra.replace("{directory}", self.directory),
            internal="dovecot" if as_root else me, internal_group="dovecot" if as_root else my_group,
            login="dovenull" if as_root else me, mail_user=self.mail_uid, mail_group=self.mail_gid,
            ssl="no" if not self.certificate else "required" if self.tls_needed else "yes",
            tls_needed="yes" if self.tls_needed else "no", allow_all="no",
            pop3=self.pop3, pop3s=self.pop3s, imap=self.imap, imaps=self.imaps, lmtp=self.lmtp)
        self._write("dovecot.conf", text, 0o644)
        self._write("users", "".join(f"{name}:{{PLAIN}}{word}::::::\n" for name, word in self.users.items()), 0o644)
        os.makedirs(os.path.join(self.directory, "mail"))
        for user in self.users:
            for part in ("", "cur", "new", "tmp"):
                os.makedirs(os.path.join(self.maildir(user), part), exist_ok=True)
        self.own_mail()
        self.lmtp_socket = os.path.join(self.directory, "run", "lmtp")
        return [program, "-F", "-c", os.path.join(self.directory, "dovecot.conf")]

    def own_mail(self):
        """Gives what a test put into the Maildirs to the user whom Dovecot runs as."""
        if os.getuid() != 0:
            return
        top = os.path.join(self.directory, "mail")
        for path, directories, files in os.walk(top):
            for name in [path] + [os.path.join(path, name) for name in directories + files]:
                os.chown(name, self.mail_uid, self.mail_gid)

    def deliver(self, user, octets, name, seen=False):
        """Puts one message (LF line ends) into the Maildir of the user, as a delivery agent would."""
        sub, suffix = ("cur", ":2,S") if seen else ("new", "")
        staged = os.path.join(self.maildir(user), "tmp", name)
        with open(staged, "wb") as file:
            file.write(octets)
        if os.getuid() == 0:
            os.chown(staged, self.mail_uid, self.mail_gid)
        os.rename(staged, os.path.join(self.maildir(user), sub, name + suffix))

    def messages(self, user):
        """The octets of every message in INBOX of the user, in no order."""
        found = []
        for sub in ("new", "cur"):
            folder = os.path.join(self.maildir(user), sub)
            for name in sorted(os.listdir(folder)):
                with open(os.path.join(folder, name), "rb") as file:
                    found.append(file.read())
        return found

    def _write(self, name, text, mode):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def ready(self):
        return accepts(self.pop3) and accepts(self.imap) and accepts(self.lmtp)

    def log(self):
        return read_text(os.path.join(self.directory, "dovecot.log"))
