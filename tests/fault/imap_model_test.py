"""Twenty clients of one mailbox at once, with deliveries, other programs in the Maildir, and a server that is killed:
what each client was told is a state that the mailbox has had, and nothing acknowledged is ever lost or done twice.

MAILPIPE_MODEL is the number of seconds (20; 600 with MAILPIPE_FULL), MAILPIPE_SEED the seed."""

import os
import random
import re
import smtplib
import time

from fault_case import FULL, FaultCase
from imap_truth import Truth, Wrong
from imap_worker import Model, Worker, token_in
from peers.case import main
from peers.imap_server import DOVECOT, ImapServer
from peers.process import wait_until

_SECONDS = float(os.environ.get("MAILPIPE_MODEL", "600" if FULL else "20"))
_SEED = os.environ.get("MAILPIPE_SEED", "1")
_SESSIONS = 20
_KILL = os.environ.get("MAILPIPE_KILLS", "1") != "0"
_LETTERS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}
_MODES = ["condstore", "qresync", "condstore", "notify", "qresync", "uidonly", "condstore", "qresync"]


class Others:
    """What is done to the mailbox past IMAP."""

    def __init__(self, model, inbox):
        self.model = model
        self.inbox = inbox
        self.chance = random.Random(f"{_SEED}-others")
        self.added = 0

    def step(self):
        act = self.chance.choice((self.deliver, self.deliver, self.add, self.rename, self.remove))
        try:
            act()
        except (smtplib.SMTPException, ConnectionError, FileNotFoundError):
            self.model.count("given up by others")

    def deliver(self):
        token, text = self.model.new_text(self.chance, "lmtp")
        with smtplib.LMTP("127.0.0.1", self.model.server.lmtp) as client:
            client.sendmail("carol@example.net", ["alice@example.org" if not DOVECOT else "alice"], text)
        with self.inbox.lock:
            self.inbox.promised[token] = True
        self.model.count("LMTP")

    def add(self):
        token, text = self.model.new_text(self.chance, "file")
        self.added += 1
        self.model.server.deliver(text.replace(b"\r\n", b"\n"), f"{int(time.time())}.M{self.added}P9.other")
        with self.inbox.lock:
            self.inbox.promised[token] = True
        self.model.count("file added")

    def any_file(self):
        folder = os.path.join(self.model.server.maildir(), "cur")
        names = os.listdir(folder)
        if not names:
            raise FileNotFoundError
        return folder, self.chance.choice(names)

    def rename(self):
        folder, name = self.any_file()
        base, _, letters = name.partition(":2,")
        letters = "".join(sorted(set(letters) ^ {self.chance.choice("FRS")}))
        os.rename(os.path.join(folder, name), os.path.join(folder, f"{base}:2,{letters}"))
        self.model.count("file renamed")

    def remove(self):
        folder, name = self.any_file()
        with open(os.path.join(folder, name), "rb") as file:
            token = token_in(re.search(rb"(?m)^Subject: .*$", file.read()).group())
        self.inbox.going(token)
        os.unlink(os.path.join(folder, name))
        self.model.count("file removed")


class ImapModel(FaultCase):
    def setUp(self):
        super().setUp()
        self.server = ImapServer(store=self.path("store"))
        self.server.start()
        self.addCleanup(self.server.stop)
        tokens = {}
        self.inbox, self.other = Truth("INBOX", tokens), Truth("Other", tokens)
        self.model = Model(self.server, (self.inbox, self.other), tokens, _SEED, strict=not DOVECOT)
        with self.server.client() as client:
            client.ok("CREATE Other")
        self.others = Others(self.model, self.inbox)
        self.chance = random.Random(f"{_SEED}-main")

    def test_model(self):
        workers = []
        for number in range(_SESSIONS):
            truths = (self.inbox, self.other) if number % 5 else (self.other, self.inbox)
            workers.append(Worker(self.model, number, *truths, _MODES[number % len(_MODES)]))
        self.model.up.set()
        for worker in workers:
            worker.thread.start()
        begin, rests = time.monotonic(), 0
        try:
            while time.monotonic() < begin + _SECONDS and not self.model.stopping.is_set():
                end = time.monotonic() + self.chance.uniform(1, 3)
                while time.monotonic() < end and not self.model.stopping.is_set():
                    self.others.step()
                    time.sleep(self.chance.random() * 0.1)
                if _KILL and not DOVECOT and rests % 2:
                    self.kill()
                self.rest(workers)
                rests += 1
        finally:
            self.model.stopping.set()
            with self.model.at_rest:
                self.model.resting = False
                self.model.at_rest.notify_all()
            for worker in workers:
                worker.thread.join(60)
        print(f"seed {_SEED}, {time.monotonic() - begin:.0f} s, {rests} rests: "
              f"{dict(sorted(self.model.counts.items()))}; "
              f"{len(self.inbox.token_of) + len(self.other.token_of)} messages", flush=True)
        if self.model.failures:
            self.fail("\n\n".join([*self.model.failures[:3], self.server.stderr()[-2000:]]))

    def kill(self):
        self.model.up.clear()
        self.model.kills += 1
        self.server.kill()
        self.server.restart()
        self.model.up.set()
        self.model.count("killed")

    def rest(self, workers):
        """Everybody stops; what is there then is compared with all that anybody knows, and with the Maildir."""
        model = self.model
        with model.at_rest:
            model.resting = "arrive"
            if not model.at_rest.wait_for(
                    lambda: model.resting_count == len(workers) or model.stopping.is_set(), 90):
                self.fail("the clients do not come to rest")
        if model.stopping.is_set():
            return
        try:
            model.settled = {truth.name: self.settle(truth) for truth in model.truths}
        except Wrong as error:
            model.fail(f"at rest: {error}")
            return
        with model.at_rest:
            model.resting = "compare"
            model.at_rest.notify_all()
            model.at_rest.wait_for(lambda: model.resting_count == 0 or model.stopping.is_set(), 60)
            model.resting = False
            model.at_rest.notify_all()

    def settle(self, truth):
        folder = os.path.join(self.server.maildir(), "" if truth.name == "INBOX" else "." + truth.name)

        def at_rest():
            state, tokens = self.read(truth)
            files = self.files(folder)
            expected = sorted((tokens[uid], "".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS)))
                              for uid, (_, flags) in state.items())
            self.difference = [pair for pair in expected if pair not in files], [
                pair for pair in files if pair not in expected]
            return (state, tokens) if files == expected else None
        try:
            # What others do in the moment of a change of mail-serve's own may be found 30 s later.
            state, tokens = wait_until(at_rest, "the Maildir is as IMAP says", 60)
        except Exception as error:
            raise Wrong(f"{truth.name}: {error}: only in IMAP, only in the Maildir: {self.difference}") from error
        truth.settle(state, tokens)
        return state

    def read(self, truth):
        with self.server.client() as client:
            floor = truth.floor()
            truth.select(client.ok(f"SELECT {truth.name} (CONDSTORE)").codes(), floor)
            answer = client.command("UID FETCH 1:* (FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            state, tokens = {}, {}
            for response in answer.all("FETCH"):
                uid = response.data["UID"]
                state[uid] = (response.data["MODSEQ"], frozenset(response.data["FLAGS"]) - {"\\Recent"})
                tokens[uid] = token_in(response.data["BODY[HEADER.FIELDS (SUBJECT)]"])
            return state, tokens

    @staticmethod
    def files(folder):
        found = []
        for sub in ("new", "cur"):
            for name in os.listdir(os.path.join(folder, sub)):
                with open(os.path.join(folder, sub, name), "rb") as file:
                    token = token_in(re.search(rb"(?m)^Subject: .*$", file.read(4000)).group())
                letters = name.partition(":2,")[2]
                found.append((token, "".join(sorted(letter for letter in letters if letter in "DFRST"))))
        return sorted(found)


if __name__ == "__main__":
    main()
