"""All clients on one account at the same time, while mail arrives: nobody is told nonsense, nothing is lost, and those
that keep copies end with the same."""

import imaplib
import os
import smtplib
import threading
import time

from imap_case import digests, maildir_texts
from peers.case import main
from peers.commands import run
from peers.imap_client import Literal
from peers.imap_mirror import Mirror
from peers.imapflow import MISSING, MODULE
from peers.messages import crlf, message, numbered
from peers.process import find_program
from sync_case import SyncCase

_BY_NODE = r"""
"use strict";
const { ImapFlow } = require(process.argv[2]);
const client = new ImapFlow({ host: "localhost", port: Number(process.argv[3]), secure: true, logger: false,
    auth: { user: "alice", pass: "secret" }, tls: { ca: require("node:fs").readFileSync(process.argv[4]) } });
(async () => {
    await client.connect();
    const lock = await client.getMailboxLock("INBOX");
    let last;
    for await (const each of client.fetch("1:*", { uid: true, envelope: true, bodyStructure: true })) last = each.uid;
    if (last) {
        await client.messageFlagsAdd({ uid: last }, ["\Answered"], { uid: true });
        await client.messageCopy(String(last), "Copies", { uid: true });
    }
    lock.release();
    await client.logout();
})().catch(error => { console.error(error); process.exit(1); });
"""
_SECONDS = float(os.environ.get("MAILPIPE_TOGETHER", "300" if os.environ.get("MAILPIPE_FULL") else "12"))


class Together(SyncCase):
    texts = numbered(40)

    def setUp(self):
        super().setUp()
        self.end = time.monotonic() + _SECONDS
        self.failures = []
        self.rounds = {}

    def act(self, name, what):
        def loop():
            try:
                while time.monotonic() < self.end:
                    what()
                    self.rounds[name] = self.rounds.get(name, 0) + 1
            except BaseException as error:  # pylint: disable=broad-except
                self.failures.append(f"{name}: {type(error).__name__}: {error}")
                self.end = 0
        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        return thread

    # What each of them does once

    def by_imaplib(self):
        client = imaplib.IMAP4_SSL("localhost", self.server.imaps, ssl_context=self.tls(), timeout=60)
        client.login("alice", "secret")
        client.select()
        found = client.uid("SEARCH", "UNSEEN", "UNDELETED")[1][0].split()
        if found:
            client.uid("STORE", found[0].decode(), "+FLAGS", "(\\Seen)")
            client.uid("COPY", found[-1].decode(), "Copies")
        client.logout()

    def by_curl(self):
        octets = crlf(message(f"by curl {time.monotonic()}", "x\n"))
        path = self.write("by-curl", octets)
        self.program("curl", "-sS", "--cacert", self.certificates().ca, "-u", "alice:secret", "-T", path,
                     f"imaps://localhost:{self.server.imaps}/INBOX")

    def by_mail_list(self):
        for arguments in (("--count",), ("--sort", "SUBJECT"), ("--thread", "references")):
            self.run_ok("mail-list", f"imaps://alice@localhost:{self.server.imaps}/", "--tls-ca",
                        self.certificates().ca, "--password-file", self.path("password-secret"), "--json", *arguments)

    def by_mail_fetch(self):
        outcome = run(["mail-fetch", f"imap://alice@localhost:{self.server.imap}/Copies", "--tls-ca",
                       self.certificates().ca, "--password-file", self.path("password-secret"), "--delete", "--to",
                       f"maildir:{self.path('fetched')}", "-q"], self.directory)
        self.assertEqual((outcome.status, outcome.stderr), (0, b""))

    def by_lmtp(self):
        with smtplib.LMTP("127.0.0.1", self.server.lmtp) as client:
            name = "alice" if self.server.is_dovecot else "alice@example.org"
            client.sendmail("carol@example.net", [name], crlf(message(f"by LMTP {time.monotonic()}", "x\n")))
        time.sleep(0.2)

    def by_idle(self):
        mirror = Mirror()
        with self.server.client(seen=mirror.seen) as client:
            mirror.selecting = True
            client.ok("SELECT INBOX")
            mirror.selecting = False
            for _ in range(mirror.exists):
                mirror._exists_more()
            for _ in range(5):
                mirror.busy = "IDLE"
                client.idle(0.3)
                mirror.busy = "APPEND"
                client.ok("APPEND INBOX (\\Flagged) ", Literal(crlf(message(f"idle {time.monotonic()}", "x\n"))))
                mirror.busy = ""
            mirror.busy = "LOGOUT"
            client.logout()

    def by_imapflow(self):
        self.program("node", self.path("by-node.cjs"), MODULE, str(self.server.imaps), self.certificates().ca)

    def by_mbsync(self):
        self.mbsync()

    def test_all(self):
        with self.server.client() as client:
            client.ok("CREATE Copies")
        self.write("password-secret", b"secret\n")
        acts = {"imaplib": self.by_imaplib, "mail-list": self.by_mail_list, "mail-fetch": self.by_mail_fetch,
                "LMTP": self.by_lmtp, "idle": self.by_idle, "curl": self.by_curl}
        if not MISSING:
            self.write("by-node.cjs", _BY_NODE.encode())
            acts["imapflow"] = self.by_imapflow
        if find_program("mbsync"):
            acts["mbsync"] = self.by_mbsync
        threads = [self.act(name, what) for name, what in acts.items()]
        for thread in threads:
            thread.join(_SECONDS + 200)
        self.assertEqual(self.failures, [])
        self.assertEqual(sorted(self.rounds), sorted(acts))
        for name in ("mbsync", "offlineimap"):
            if find_program(name):
                self.converge(name)
        print(self.rounds, flush=True)
        self.assertEqual([octets for octets in self.texts
                          if digests([octets])[0] not in digests(self.stored())], [])

    def converge(self, name):
        if name == "mbsync":
            self.mbsync()
            self.mbsync()
            self.check_same("INBOX")
        else:
            near = self.path("near")
            os.rename(near, self.path("of-mbsync"))
            self.offlineimap(2)
            self.assertEqual(digests(maildir_texts(os.path.join(near, "INBOX"))), digests(self.stored()))


if __name__ == "__main__":
    main()
