"""The IMAP server that a test is about: mail-serve, or Dovecot with MAILPIPE_IMAP_PEER=dovecot, by which a test is seen
to be right."""

import os
import shutil
import signal

from peers.dovecot import Dovecot
from peers.imap_client import ImapClient
from peers.mailserve import MailServe

DOVECOT = os.environ.get("MAILPIPE_IMAP_PEER") == "dovecot"
_LISTEN = ("imap://127.0.0.1:0", "imaps://127.0.0.1:0", "lmtp://127.0.0.1:0")
# What mail-serve always does.
_DOVECOT_EXTRA = """
mail_fsync = always
mail_max_keyword_length = 100
maildir_very_dirty_syncs = no
service lmtp {
  process_min_avail = 1
}
protocol imap {
  mail_max_userip_connections = 1000
  imap_metadata = yes
}
mail_attribute_dict = file:%h/dovecot-attributes
namespace inbox {
  separator = /
  mailbox Sent {
    special_use = \\Sent
  }
}
mail_plugins = $mail_plugins acl quota zlib
protocol imap {
  mail_plugins = $mail_plugins acl quota zlib imap_acl imap_quota imap_zlib
}
plugin {
  acl = vfile
  quota = maildir:User quota
  quota_rule = *:storage=1G
}
"""


class ImapServer:
    """Ports `imap`, `imaps`, `lmtp`. `store` keeps the mail over a restart of mail-serve."""

    def __init__(self, certificate=None, users=None, arguments=(), store=None, listen=_LISTEN, extra="",
                 environment=None):
        self.users = users or {"alice": "secret", "bob": "hunter2"}
        self.certificate = certificate
        self.is_dovecot = DOVECOT
        if DOVECOT:
            self.peer = Dovecot(users=self.users, certificate=certificate, extra=_DOVECOT_EXTRA + extra)
        else:
            if certificate is None:
                listen = [url for url in listen if not url.startswith("imaps")]
            self.peer = MailServe(listen=listen, users=self.users, certificate=certificate, arguments=arguments,
                                  store=store, environment=environment)

    def start(self):
        self.peer.start()
        if self.is_dovecot:
            self.imap, self.imaps, self.lmtp = self.peer.imap, self.peer.imaps, self.peer.lmtp
        else:
            ports = {scheme: self.peer.port(scheme) for scheme in self.peer.urls}
            self.imap, self.imaps, self.lmtp = ports.get("imap"), ports.get("imaps"), ports.get("lmtp")
        return self

    def maildir(self, user="alice"):
        return self.peer.maildir(user) if self.is_dovecot else os.path.join(self.peer.store, user)

    def own(self, path):
        """Gives a file to the user whom the server runs as."""
        if self.is_dovecot and os.getuid() == 0:
            os.chown(path, self.peer.mail_uid, self.peer.mail_gid)

    def deliver(self, octets, name, user="alice", folder="", flags=None):
        """Puts one message (LF line ends) into the Maildir, as another program would; with `flags` into cur/."""
        top = os.path.join(self.maildir(user), folder)
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(top, sub), exist_ok=True)
        staged = os.path.join(top, "tmp", name)
        with open(staged, "wb") as file:
            file.write(octets)
        self.own(staged)
        os.rename(staged, os.path.join(top, "new", name) if flags is None else
                  os.path.join(top, "cur", f"{name}:2,{flags}"))

    def fill(self, source, user="alice"):
        """Copies a Maildir into INBOX of the user."""
        for sub in ("cur", "new", "tmp"):
            target = os.path.join(self.maildir(user), sub)
            os.makedirs(target, exist_ok=True)
            for name in os.listdir(os.path.join(source, sub)):
                shutil.copy(os.path.join(source, sub, name), os.path.join(target, name))
                self.own(os.path.join(target, name))

    def messages(self, user="alice"):
        return self.peer.messages(user)

    def client(self, user="alice", **more):
        return ImapClient(self.imap, user, self.users.get(user, "secret"), **more)

    def pid(self):
        return self.peer.process.pid

    def kill(self):
        """SIGKILL: nothing that it has not made durable may be needed."""
        peer = self.peer
        if self.is_dovecot:
            raise AssertionError("Dovecot is not killed")
        peer.process.send_signal(signal.SIGKILL)
        peer.process.wait(30)
        peer._reader.join(10)
        peer.process.stdout.close()
        peer._errors.close()
        peer.process = None

    def restart(self):
        """Starts it again on the same mail."""
        peer = self.peer
        store, directory = peer.store, peer.directory
        peer.urls, peer.events, peer._ended = {}, [], False
        self.start()
        assert peer.store == store
        # The directory that holds the store is still to be removed.
        self._old = getattr(self, "_old", []) + [directory]
        return self

    def stop(self):
        if self.is_dovecot:
            self.peer.stop()
            return 0
        try:
            return self.peer.stop()
        finally:
            self.peer.remove()
            for directory in getattr(self, "_old", []):
                shutil.rmtree(directory, ignore_errors=True)

    def stderr(self):
        return self.peer.log() if self.is_dovecot else self.peer.stderr()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *rest):
        status = self.stop()
        if kind is None and status != 0:
            raise AssertionError(f"the server ended with {status}")
