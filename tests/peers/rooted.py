"""Servers that run as root only, unpacked: each in a mount namespace where it seems to be installed."""

import os
import shlex
import subprocess
import unittest

from peers.process import Peer, PeerError, new_messages, read_text
from peers.unpacked import ROOT, unpacked


class RootedPeer(Peer):
    """`program` is below build/peers; `users` it needs to exist. Nothing it writes outside its directory stays."""

    program = ""
    users = ()
    spools = ()  # directories that it wants to exist

    def arguments(self):
        """Writes the configuration, and returns what follows the program."""
        raise NotImplementedError

    def start(self):
        if os.getuid() != 0:
            raise unittest.SkipTest(f"{self.name} starts as root only")
        try:
            unpacked(*self.program.split("/"))
        except PeerError as error:
            raise unittest.SkipTest(str(error)) from error
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest(f"{self.name} needs a mount namespace")
        return super().start()

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, mode)) as file:
            file.write(text)
        return path

    def configure(self):
        passwd = "".join(f"{user}:x:{60101 + n}:{60101 + n}::/nonexistent:/usr/sbin/nologin\n"
                         for n, user in enumerate(self.users))
        group = "".join(f"{user}:x:{60101 + n}:\n" for n, user in enumerate(self.users))
        self.write("passwd", read_text("/etc/passwd") + passwd)
        self.write("group", read_text("/etc/group") + group)
        here = shlex.quote(self.directory)
        for name in ("layers", "mail"):
            os.makedirs(os.path.join(self.directory, name))
        os.chmod(os.path.join(self.directory, "mail"), 0o777)
        command = " ".join(shlex.quote(word) for word in ("/" + self.program, *self.arguments()))
        spools = "".join(f"mkdir -p {spool}; chmod 711 {spool}\n" for spool in self.spools)
        return ["unshare", "-m", "sh", "-c", f"""set -e
mount --bind {here}/passwd /etc/passwd
mount --bind {here}/group /etc/group
mount -t tmpfs tmpfs {here}/layers
mkdir {here}/layers/upper {here}/layers/work
mount -t overlay overlay -o lowerdir=/var,upperdir={here}/layers/upper,workdir={here}/layers/work /var
mount -t tmpfs tmpfs /run
mount -t overlay overlay -o lowerdir={shlex.quote(os.path.realpath(ROOT))}/usr:/usr /usr
{spools}exec {command}
"""]

    def messages(self, user):
        """The octets of every message delivered to the Maildir of the user."""
        return new_messages(os.path.join(self.directory, "mail", user))
