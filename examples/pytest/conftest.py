"""A fixture: mail servers for tests, as many as one wants."""

import json
import os
import subprocess

import pytest

MAIL_SERVE = os.environ.get("MAIL_SERVE", "mail-serve")


class MailServer:
    """mail-serve --test with more options, such as faults."""

    def __init__(self, directory, options):
        self.ports_file = os.path.join(directory, "ports")
        self.events_file = os.path.join(directory, "events")
        self.process = subprocess.Popen([MAIL_SERVE, "--test", "--ports-file", self.ports_file, "--events",
                                         self.events_file, *options])
        self._run("--ready")
        with open(self.ports_file, encoding="ascii") as file:
            self.values = dict(line.rstrip("\n").split("=", 1) for line in file)
        self.smtp_port = int(self.values["MAILPIPE_SMTP_PORT"])
        self.pop3_port = int(self.values["MAILPIPE_POP3_PORT"])

    def _run(self, *options):
        return subprocess.run([MAIL_SERVE, "wait-for", "--ports-file", self.ports_file, *options], check=True,
                              stdout=subprocess.PIPE).stdout

    def wait_for(self, search, count=1):
        """The messages that match, when they have come: the fields of RFC 8621, and "ref"."""
        lines = self._run("--search", search, "--count", str(count), "--timeout", "10s")
        return [json.loads(line) for line in lines.splitlines()]

    def events(self, name):
        with open(self.events_file, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        return [event for event in events if event["event"] == name]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0


@pytest.fixture
def mail_server(tmp_path_factory):
    servers = []

    def start(*options):
        servers.append(MailServer(str(tmp_path_factory.mktemp("mail")), options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
