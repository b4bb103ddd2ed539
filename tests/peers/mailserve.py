"""The build's own mail-serve, followed through its JSONL events."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import threading
import time

from peers import schema
from peers.commands import binary, clean_environment
from peers.process import PeerError, START_DEADLINE, die_with_parent, public_directory, read_text


class MailServe:
    """`urls` maps a scheme to what the listening event says; `events` grows while it runs.

    `listen` may hold several URLs; the store is KIND:DIRECTORY/store/%u.
    """

    def __init__(self, listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0", "lmtp://127.0.0.1:0"), users=None,
                 domains=("example.org",), certificate=None, arguments=(), store=None, environment=None,
                 kind="maildir"):
        self.listen = list(listen)
        self.users = {"alice": "secret", "bob": "hunter2"} if users is None else users
        self.domains = domains
        self.certificate = certificate
        self.arguments = list(arguments)
        self.store = store
        self.environment = environment or {}
        self.kind = kind  # of the store
        # A refused login is answered at once, unless a test is about just that.
        if "--failed-login-delay" not in self.arguments:
            self.arguments += ["--failed-login-delay", "0"]
        self.urls = {}
        self.events = []
        self.process = None
        self._changed = threading.Condition()
        self._ended = False

    def start(self):
        self.directory = public_directory("serve")
        if not os.environ.get("MAILPIPE_KEEP"):
            atexit.register(shutil.rmtree, self.directory, ignore_errors=True)  # where a test forgets remove()
        self.store = self.store or os.path.join(self.directory, "store")
        argv = self.argv()
        self._errors = open(os.path.join(self.directory, "stderr"), "wb")
        self.process = subprocess.Popen(argv + self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self._errors, preexec_fn=die_with_parent,
                                        env=clean_environment(self.directory, self.environment))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_event(lambda event: event["event"] == "ready", "mail-serve says ready", START_DEADLINE)
        except PeerError as error:
            raise PeerError(f"{error}\n{self.stderr()}") from error
        return self

    def argv(self):
        argv = [binary("mail-serve"), "--store", f"{self.kind}:{self.store}/%u", "--events", "-"]
        for domain in self.domains:
            argv += ["--domain", domain]
        for name, word in self.users.items():
            argv += ["--user", f"{name}:{word}"]
        for url in self.listen:
            argv += ["--listen", url]
        if self.certificate:
            argv += ["--tls-cert", self.certificate.certificate, "--tls-key", self.certificate.key]
        return argv

    def _decode(self, line):
        """The event of a line, or None for one to be passed over."""
        return json.loads(line)

    def _read(self):
        for line in self.process.stdout:
            event = self._decode(line)
            if event is None:
                continue
            with self._changed:
                self.events.append(event)
                if event.get("event") == "listening":
                    self.urls.setdefault(event["url"].split(":")[0], event["url"])
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def port(self, scheme):
        return int(self.urls[scheme].rsplit(":", 1)[1].rstrip("/"))

    def wait_event(self, condition, what, seconds=30.0):
        """The first event for which condition(event) holds, past ones included."""
        deadline = time.monotonic() + seconds
        with self._changed:
            seen = 0
            while True:
                for event in self.events[seen:]:
                    if condition(event):
                        return event
                seen = len(self.events)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise PeerError(f"{what}: {'mail-serve ended' if self._ended else 'not in time'}; events: "
                                    f"{self.events[-20:]}")
                self._changed.wait(left)

    def stderr(self):
        return read_text(os.path.join(self.directory, "stderr"))

    def messages(self, user):
        """The octets of every message delivered to the user. IMAP renames the files while a session goes on."""
        for _ in range(100):
            try:
                return list(self._files(user).values())
            except FileNotFoundError:
                continue
        raise PeerError("the files of the messages do not keep still")

    def _files(self, user):
        """By what stands before the flags: one that moves from new/ to cur/ meanwhile is one message."""
        found = {}
        for sub in ("new", "cur"):
            folder = os.path.join(self.store, user, sub)
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), "rb") as file:
                    found[name.split(":2,")[0]] = file.read()
        return found

    def stop(self, number=signal.SIGTERM, seconds=15.0):
        """Ends it and returns its exit status; every event that it wrote is checked against the schema."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait(10)
            raise PeerError(f"mail-serve did not end within {seconds:g} s of signal {number}") from error
        finally:
            self._reader.join(10)
            self.process.stdout.close()
            self._errors.close()
            self.process = None
        schema.check_all(self.events, "mail-serve event")
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *rest):
        try:
            status = self.stop()
            if kind is None and status != 0:
                raise PeerError(f"mail-serve ended with {status} after SIGTERM: {self.stderr()}")
        finally:
            self.remove()

    def remove(self):
        if not os.environ.get("MAILPIPE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)
