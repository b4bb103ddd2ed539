"""Cyrus IMAP: IMAP and POP3, with SASL's PLAIN, LOGIN, CRAM-MD5 and SCRAM; unpacked, not installed."""

import imaplib
import os
import pwd
import shutil
import subprocess

from peers.process import Peer, accepts, find_program, free_ports, read_text
from peers.unpacked import environment, unpacked

_ADMIN = "cyrus"

_IMAPD = """\
configdirectory: {directory}/conf
partition-default: {directory}/spool
defaultpartition: default
admins: {admin}
allowplaintext: yes
cyrus_user: {user}
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {directory}/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
tls_server_cert: {certificate}
tls_server_key: {key}
imapidlepoll: 1
imapidresponse: yes
conversations: yes
popminpoll: 0
munge8bit: no
poptimeout: 10
"""
_SERVICES = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {directory}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {directory}/imapd.conf" listen="127.0.0.1:{imap}" prefork=1
  imaps cmd="{bin}/imapd -s -C {directory}/imapd.conf" listen="127.0.0.1:{imaps}" prefork=0
  pop3 cmd="{bin}/pop3d -C {directory}/imapd.conf" listen="127.0.0.1:{pop3}" prefork=1
}}
EVENTS {{
}}
"""


class Cyrus(Peer):
    """`users` maps names to passwords; each has an INBOX."""

    name = "cyrus"

    def __init__(self, certificate, users=None):
        super().__init__()
        self.users = users or {"alice": "secret"}
        self.certificate = certificate
        self.imap = self.imaps = self.pop3 = 0

    def configure(self):
        self.imap, self.imaps, self.pop3 = free_ports(3)
        user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        for name in ("conf", "spool"):
            os.mkdir(os.path.join(self.directory, name))
        # It runs as somebody who may not read the key of the tests.
        files = [shutil.copy(path, self.directory) for path in (self.certificate.certificate, self.certificate.key)]
        values = {"directory": self.directory, "admin": _ADMIN, "user": user, "imap": self.imap, "imaps": self.imaps,
                  "pop3": self.pop3, "certificate": files[0], "key": files[1],
                  "bin": os.path.dirname(unpacked("usr", "lib", "cyrus", "bin", "master"))}
        for name, text in (("imapd.conf", _IMAPD), ("cyrus.conf", _SERVICES)):
            with open(os.path.join(self.directory, name), "w", encoding="ascii") as file:
                file.write(text.format(**values))
        for name, password in {**self.users, _ADMIN: "secret"}.items():
            database = os.path.join(self.directory, "sasldb2")
            subprocess.run([find_program("saslpasswd2"), "-p", "-c", "-f", database, "-u", "localhost", name],
                           input=password.encode(), check=True)
        self.own(user)
        # Its master needs its libraries, and so do those whom it starts.
        return ["env", *(f"{name}={value}" for name, value in environment().items() if name == "LD_LIBRARY_PATH"),
                os.path.join(values["bin"], "master"), "-D", "-C", os.path.join(self.directory, "imapd.conf"), "-M",
                os.path.join(self.directory, "cyrus.conf"), "-p", os.path.join(self.directory, "master.pid")]

    def own(self, user):
        if os.getuid() != 0:
            return
        entry = pwd.getpwnam(user)
        for path, directories, files in os.walk(self.directory):
            for name in [path] + [os.path.join(path, name) for name in directories + files]:
                os.chown(name, entry.pw_uid, entry.pw_gid)

    def ready(self):
        return accepts(self.imap) and accepts(self.pop3)

    def start(self):
        super().start()
        admin = self.client(_ADMIN, "secret")
        for user in self.users:
            status, text = admin.create(f"user/{user}")
            if status != "OK":
                raise AssertionError(text)
        admin.logout()
        return self

    def client(self, user="alice", password=None):
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        client.login(user, password or self.users[user])
        return client

    def log(self):
        return read_text(os.path.join(self.directory, "stdout"))
