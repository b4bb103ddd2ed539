"""mail-serve takes the sockets that a service manager has bound for it, as systemd hands them over."""

import json
import os
import signal
import smtplib
import socket
import subprocess

from peers.case import Case, main
from peers.commands import binary, clean_environment
from peers.process import die_with_parent

# What systemd does between fork and exec: the sockets from 3 on, and the process's own id.
LAUNCHER = """
import os, sys
numbers = [int(text) for text in sys.argv[1].split(",")]
for place, number in enumerate(numbers):
    os.dup2(number, 3 + place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(numbers)), LISTEN_FDNAMES="a:b")
os.execv(sys.argv[2], sys.argv[2:])
"""


class SocketActivation(Case):
    def start(self, sockets, *listen):
        # Above where they are to be, so that none is overwritten.
        numbers = [os.dup2(one.fileno(), 50 + place, inheritable=False) for place, one in enumerate(sockets)]
        argv = [binary("mail-serve"), "--store", f"maildir:{self.path('store')}/%u", "--user", "alice:secret",
                "--domain", "example.org", "--events", "-"]
        for url in listen:
            argv += ["--listen", url]
        process = subprocess.Popen(["/usr/bin/python3", "-c", LAUNCHER, ",".join(map(str, numbers)), *argv],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=numbers,
                                   env=clean_environment(self.directory, {}), preexec_fn=die_with_parent)
        for number in numbers:
            os.close(number)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def bound(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        one = socket.socket(family)
        self.addCleanup(one.close)
        one.bind(address)
        one.listen()
        return one

    def test_what_was_bound_is_served(self):
        tcp = self.bound()
        port = tcp.getsockname()[1]
        lmtp = self.bound(socket.AF_UNIX, self.path("lmtp"))
        # Who connects before the server is there is served as well.
        early = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.addCleanup(early.close)
        process = self.start([tcp, lmtp], f"smtp://127.0.0.1:{port}", "lmtp:" + self.path("lmtp"), "pop3://127.0.0.1:0")
        urls = []
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                urls.append(event["url"])
            if event["event"] == "ready":
                break
        self.assertEqual(urls[:2], [f"smtp://127.0.0.1:{port}", "lmtp:" + self.path("lmtp")])
        self.assertRegex(urls[2], r"^pop3://127\.0\.0\.1:[1-9]")
        self.assertTrue(early.recv(100).startswith(b"220 "))
        client = smtplib.LMTP(self.path("lmtp"), local_hostname="client.example")
        client.sendmail("carol@example.net", ["alice@example.org"], b"Subject: x\r\n\r\ny\r\n")
        client.quit()
        early.close()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        # It belongs to the service manager, which goes on listening.
        self.assertTrue(os.path.exists(self.path("lmtp")))
        socket.create_connection(("127.0.0.1", port), timeout=20).close()

    def test_sockets_that_nobody_listens_on(self):
        for one, says in ((self.bound(), rb"in no --listen"), (socket.socket(), rb"is no stream socket that listens")):
            with self.subTest(says):
                self.addCleanup(one.close)
                process = self.start([one], "smtp://127.0.0.1:0")
                errors = process.communicate(timeout=20)[1]
                self.assertEqual(process.returncode, 78, errors)
                self.assertRegex(errors, says)


if __name__ == "__main__":
    main()
