"""smtp-sink of Postfix: takes everything, says what it is told to say, and keeps what it got when asked."""

import os

from peers.process import Peer, accepts, find_program, free_port


class Sink(Peer):
    """`options` as smtp-sink(1) has them; with `keeps` each message is a file, X-lines of the envelope first."""

    name = "smtp-sink"

    def __init__(self, *options, keeps=False):
        super().__init__()
        self.options = options
        self.keeps = keeps
        self.port = 0

    def configure(self):
        self.port = free_port()
        os.makedirs(os.path.join(self.directory, "mail"))
        os.chmod(os.path.join(self.directory, "mail"), 0o777)
        keeps = ["-d", os.path.join(self.directory, "mail", "%M.")] if self.keeps else []
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        return [find_program("smtp-sink"), *user, *keeps, *self.options, f"127.0.0.1:{self.port}", "1000"]

    def ready(self):
        return accepts(self.port)

    def messages(self):
        """What was sent, LF line ends, without the lines that the sink puts in front."""
        folder = os.path.join(self.directory, "mail")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                text = file.read()
            if text.strip():
                found.append(text)
        return found
