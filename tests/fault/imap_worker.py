"""A client of the model test: it does what comes to its mind, and compares what it is told with what is known."""

import random
import re
import threading

from imap_truth import Wrong
from peers.imap_client import ImapClient, Literal
from peers.imap_mirror import Mirror
from peers.imap_responses import expand
from peers.messages import crlf, message

_FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "alpha", "beta", "$Forwarded"]
_MANY = 120  # messages from which on more are expunged than appended
_ITEMS = "(UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
_SUBJECT = "BODY[HEADER.FIELDS (SUBJECT)]"


def token_in(header):
    found = re.search(rb"token-[0-9a-z-]+", header or b"")
    return found.group().decode() if found else f"no token: {header!r}"


class Model:
    """What all workers share."""

    def __init__(self, server, truths, tokens, seed, strict):
        self.server = server
        self.truths = truths
        self.tokens = tokens  # token: the text that was sent, in CRLF
        self.seed = seed
        self.strict = strict  # each answer tells of all that was known before the command
        self.stopping = threading.Event()
        self.up = threading.Event()
        self.lock = threading.Lock()
        self.resting = False
        self.at_rest = threading.Condition()
        self.resting_count = 0
        self.failures = []
        self.counts = {}
        self.kills = 0
        self._next = 0

    def new_text(self, chance, who):
        with self.lock:
            self._next += 1
            token = f"token-{who}-{self._next}"
        text = crlf(message(token, f"text of {token}\n" + "x" * 60 * chance.randrange(3) + "\n" +
                            ".\n" * chance.randrange(2) + "y\n" * chance.choice((0, 1, 50, 2000))))
        self.tokens[token] = text
        return token, text

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def fail(self, text):
        with self.lock:
            self.failures.append(text)
        self.stopping.set()
        with self.at_rest:
            self.at_rest.notify_all()


class Worker:
    def __init__(self, model, number, truth, other, mode):
        self.model = model
        self.number = number
        self.truth = truth
        self.other = other  # the target of COPY and MOVE
        self.mode = mode  # "condstore", "qresync", "notify", "uidonly"
        self.chance = random.Random(f"{model.seed}-{number}")
        self.client = None
        self.mirror = None
        self.resync = None  # (UIDVALIDITY, HIGHESTMODSEQ, state) of a session that has ended
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.model.stopping.is_set():
                if not self.model.up.wait(0.1):
                    self.rest_if_asked()
                    continue
                kills = self.model.kills
                try:
                    self.connect()
                    self.live()
                except ConnectionError:
                    # The server that this session was with may have been killed; no other ends it.
                    self.model.stopping.wait(0.2)
                    if self.model.kills == kills and not self.model.stopping.is_set():
                        raise
                    self.model.count("broken off")
                    self.drop()
        except BaseException as error:  # pylint: disable=broad-except
            log = b"\n  ".join(self.client.log) if self.client else b""
            self.model.fail(f"session {self.number} ({self.mode}) on {self.truth.name}: {type(error).__name__}: "
                            f"{error}\n  {log.decode('utf-8', 'replace')}")
        finally:
            self.drop()

    def drop(self):
        if self.client:
            self.client.close()
        self.client = None

    # A session

    def connect(self):
        self.mirror = Mirror(self.truth.told)
        self.client = ImapClient(self.model.server.imap, "alice", seen=self.seen)
        if self.mode == "notify" and not self.client.has("NOTIFY"):
            self.mode = "condstore"
        if self.mode == "uidonly" and not self.client.has("UIDONLY"):
            self.mode = "qresync"
        if self.chance.random() < 0.2 and self.client.has("COMPRESS=DEFLATE"):
            self.client.compress()
        if self.mode in ("qresync", "uidonly"):
            self.client.ok("ENABLE QRESYNC" + (" UIDONLY" if self.mode == "uidonly" else ""))
            self.mirror.qresync = True
            self.mirror.uid_only = self.mode == "uidonly"
        self.select()
        if self.mode == "notify":
            self.mirror.pushed = True
            self.do("NOTIFY", "NOTIFY SET (SELECTED (MessageNew (UID FLAGS MODSEQ) MessageExpunge FlagChange))")
        self.learn()

    def seen(self, response):
        self.mirror.seen(response)

    def select(self):
        moment = self.truth.moment()
        mirror = self.mirror
        mirror.clear()
        mirror.selecting, mirror.exists = True, None
        resync, self.resync = self.resync, None
        parameter, uids = " (CONDSTORE)", ""
        if resync and self.mirror.qresync:
            validity, highest, state = resync
            for uid in sorted(state):
                entry = mirror._insert(uid)
                entry.modseq, entry.flags, entry.text = state[uid]
            uids = f" 1:{max(state)}" if state and self.chance.random() < 0.3 else ""
            parameter = f" (QRESYNC ({validity} {highest}{uids}))"
            self.model.count("resync")
        floor = self.truth.floor()
        answer = self.client.ok(f"SELECT {self.truth.name}{parameter}")
        mirror.selecting = False
        self.truth.select(answer.codes(), floor)
        known = len(mirror.entries)
        if known > mirror.exists:
            raise Wrong(f"{known} known messages after SELECT of {mirror.exists}")
        while len(mirror.entries) < mirror.exists:
            mirror._exists_more()
        if resync and mirror.qresync:
            # All changes must have come with it; new messages too, where it was not about some only.
            if mirror.exists_at_first != known and not uids:
                raise Wrong(f"{known} messages after a resync of {mirror.exists_at_first}")
            self.truth.compare(mirror, moment, True, "SELECT (QRESYNC)")
        mirror.removed.clear()

    def learn(self):
        """Asks for what is not known of the messages that are there."""
        mirror, attempts = self.mirror, 0
        while numbers := [number for number, entry in enumerate(mirror.entries, 1)
                          if entry.uid is None or entry.flags is None or entry.text is None]:
            attempts += 1
            if attempts % 3 == 0:
                self.do("NOOP", "NOOP")
                continue
            if attempts > 50:
                raise Wrong(f"nothing is to be had of {numbers[:5]}")
            if mirror.uid_only or mirror.pushed:
                # Numbers may change at any time.
                unknown = mirror.unknown()
                first = 1
                if unknown and unknown[0] > 1 and not mirror.uid_only:
                    first = mirror.entries[unknown[0] - 2].uid + 1
                uids = [entry.uid for entry in mirror.entries if entry.uid is not None and
                        (entry.text is None or entry.flags is None)]
                wanted = f"{first}:*" if unknown else ",".join(map(str, uids))
                answer = self.do("UID FETCH", f"UID FETCH {wanted} {_ITEMS}")
            else:
                answer = self.do("FETCH", f"FETCH {numbers[0]}:{numbers[-1]} {_ITEMS}")
            self.texts_of(answer)

    def texts_of(self, answer):
        for response in answer.untagged:
            # NIL: expunged by another, which this client may not be told yet (RFC 2180 section 4.1).
            if response.kind in ("FETCH", "UIDFETCH") and response.data.get(_SUBJECT) is not None:
                uid = response.data.get("UID", response.number)
                token = token_in(response.data[_SUBJECT])
                self.truth.text(uid, token)
                entry = self.mirror.by_uid.get(uid)
                if entry:
                    entry.text = token

    def live(self):
        for _ in range(self.chance.randrange(20, 200)):
            if self.model.stopping.is_set():
                return
            self.rest_if_asked()
            self.step()
        self.leave()

    def rest_if_asked(self):
        model = self.model
        if not model.resting:
            return
        with model.at_rest:
            model.resting_count += 1
            model.at_rest.notify_all()
            model.at_rest.wait_for(lambda: model.resting != "arrive" or model.stopping.is_set())
        if self.client and model.resting == "compare":
            # Everything is at rest, and what is there is known: this client must come to the same.
            self.do("NOOP", "NOOP")
            self.learn()
            if self.mirror.state() != model.settled[self.truth.name]:
                ours, theirs = self.mirror.state(), model.settled[self.truth.name]
                wrong = {uid: (ours.get(uid), theirs.get(uid)) for uid in set(ours) | set(theirs)
                         if ours.get(uid) != theirs.get(uid)}
                raise Wrong(f"after NOOP at rest, (the client's, the true): {dict(list(wrong.items())[:5])}")
        with model.at_rest:
            model.resting_count -= 1
            model.at_rest.notify_all()
            model.at_rest.wait_for(lambda: not model.resting or model.stopping.is_set())

    def note_for_resync(self):
        """What is known after a NOOP, which has told all: a FETCH may have told of a flag and not of what was expunged
        before it was set."""
        for _ in range(5):
            self.do("NOOP", "NOOP")
            entries = self.mirror.entries
            if all(None not in (entry.uid, entry.modseq, entry.flags, entry.text) for entry in entries):
                highest = max([entry.modseq for entry in entries] + [self.mirror.codes.get("HIGHESTMODSEQ", 1)])
                self.resync = (self.truth.validity, highest,
                               {entry.uid: (entry.modseq, entry.flags, entry.text) for entry in entries})
                return
            self.learn()

    def leave(self):
        """Ends the session; what it knew it may come back with."""
        if self.mirror.qresync and self.chance.random() < 0.7:
            self.note_for_resync()
        ending = self.chance.choice(("logout", "cut", "reselect", "unselect"))
        if self.mirror.pushed and ending in ("reselect", "unselect"):
            ending = "logout"  # up to the SELECT's answer anything may still come for the mailbox before
        if ending == "logout":
            self.mirror.busy = "LOGOUT"
            self.client.logout()
        elif ending in ("reselect", "unselect"):
            self.mirror.busy = "SELECT"
            if ending == "unselect":
                self.client.ok("UNSELECT")
            self.select()
            self.mirror.busy = ""
            self.learn()
            return self.live()
        self.drop()
        return None

    # Commands

    def do(self, busy, *pieces, idle=None):
        """A command whose answer must tell all that was known when it was sent."""
        moment = self.truth.moment()
        mirror = self.mirror
        mirror.busy = busy
        mirror.changed.clear()
        mirror.removed.clear()
        if idle:
            self.client.idle(idle)
            answer = None
        else:
            answer = self.client.command(*pieces)
        mirror.busy = ""
        self.truth.removed(mirror.removed)
        told_expunged = busy not in ("FETCH", "STORE", "SEARCH")
        # What is refused says no more than that.
        told = answer is None or answer.status == "OK"
        if told and (self.model.strict or busy in ("NOOP", "IDLE")):
            self.truth.compare(mirror, moment, told_expunged, busy)
        self.model.count(busy)
        return answer

    def pick(self, most=8):
        """UIDs that are known, with their texts."""
        known = [entry.uid for entry in self.mirror.entries if entry.uid is not None and entry.text]
        if not known:
            return []
        return sorted(self.chance.sample(known, min(len(known), self.chance.randrange(1, most))))

    def as_set(self, uids):
        """(prefix, set): UIDs, or the numbers that the messages have now."""
        if self.mirror.uid_only or self.mirror.pushed or self.chance.random() < 0.6:
            return "UID ", ",".join(map(str, uids))
        numbers = {entry.uid: number for number, entry in enumerate(self.mirror.entries, 1)}
        return "", ",".join(str(numbers[uid]) for uid in uids)

    def step(self):
        many = len(self.mirror.entries) > _MANY
        full = len(self.other.known) > 2 * _MANY
        acts = [(self.store, 8), (self.store_deleted, 4 if many else 2), (self.expunge, 3 if many else 1),
                (self.uid_expunge, 2 if many else 1), (self.append, 1 if many else 4), (self.copy,
                    0 if full else 1 if many else 2),
                (self.move, 0 if full else 2), (self.search, 2), (self.fetch, 4), (self.fetch_text, 2), (self.idle, 1),
                (self.noop, 3), (self.status, 1), (self.fetch_changes, 1), (self.sort, 1), (self.replace, 1)]
        act = self.chance.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
        act()
        self.learn()

    def noop(self):
        self.do("NOOP", self.chance.choice(("NOOP", "CHECK")))

    def idle(self):
        self.do("IDLE", idle=self.chance.random() * 0.3)

    def status(self):
        answer = self.do("STATUS", f"STATUS {self.other.name} (MESSAGES UIDNEXT UNSEEN HIGHESTMODSEQ UIDVALIDITY)").ok()
        name, items = answer.one("STATUS").data
        if name.decode() != self.other.name or items["UIDVALIDITY"] != (self.other.validity or items["UIDVALIDITY"]):
            raise Wrong(f"{name} {items}")

    def store(self, deleted=False):
        uids = self.pick()
        if not uids:
            return
        flags = ["\\Deleted"] if deleted else self.chance.sample(_FLAGS, self.chance.randrange(1, 3))
        if deleted:
            self.truth.going(*uids)
        mode = "+" if deleted else self.chance.choice(("+", "-", ""))
        silent = self.chance.random() < 0.3
        since = ""
        if self.chance.random() < 0.2:
            since = f" (UNCHANGEDSINCE {max(self.mirror.by_uid[uid].modseq for uid in uids)})"
        prefix, numbers = self.as_set(uids)
        command = f"{prefix}STORE {numbers}{since} {mode}FLAGS{'.SILENT' if silent else ''} ({' '.join(flags)})"
        # What a silent STORE tells is the modseqs only.
        self.mirror.silent = lambda old: (frozenset(flags) if mode == "" else old | set(flags) if mode == "+"
                                          else old - set(flags))
        answer = self.do(prefix + "STORE", command)
        self.mirror.silent = None
        if answer.status != "OK":
            # Messages that another has expunged meanwhile (RFC 2180 section 4.2), only.
            if answer.code and answer.code[0] in ("EXPUNGEISSUED",):
                return
            if not prefix and answer.status == "NO" and self.mirror.removed or answer.status == "NO":
                return
            raise Wrong(f"{command}: {answer}")
        modified = dict([answer.code] if answer.code else []).get("MODIFIED", [])
        if modified and not since:
            raise Wrong(f"{command}: {answer}")

    def store_deleted(self):
        self.store(True)

    def expunge(self):
        doomed = [entry.uid for entry in self.mirror.entries if entry.flags and "\\Deleted" in entry.flags]
        self.truth.going(*doomed)
        self.do("EXPUNGE", "EXPUNGE").ok()

    def uid_expunge(self):
        uids = self.pick()
        if uids:
            self.do("UID EXPUNGE", f"UID EXPUNGE {','.join(map(str, uids))}").ok()

    def append(self):
        made = [self.model.new_text(self.chance, self.number)
                for _ in range(2 if self.client.has("MULTIAPPEND") and self.chance.random() < 0.2 else 1)]
        pieces = []
        for _, text in made:
            flags = " (\\Seen)" if self.chance.random() < 0.3 else ""
            pieces += [f"{flags} ", Literal(text, self.client.has("LITERAL+") and self.chance.random() < 0.5)]
        target = self.truth if self.chance.random() < 0.7 or len(self.other.known) > _MANY else self.other
        answer = self.do("APPEND", f"APPEND {target.name}", *pieces).ok()
        validity, *uids = answer.codes()["APPENDUID"]
        if target.validity not in (None, validity):
            raise Wrong(f"APPENDUID {validity} {uids}, not {target.validity}")
        target.added(uids[0], [token for token, _ in made])

    def replace(self):
        uids = self.pick(2)
        if not uids or not self.client.has("REPLACE"):
            return
        token, text = self.model.new_text(self.chance, self.number)
        self.truth.going(uids[0])
        target = self.truth if self.chance.random() < 0.7 or len(self.other.known) > _MANY else self.other
        answer = self.do("UID REPLACE", f"UID REPLACE {uids[0]} {target.name} (\\Draft) ", Literal(text))
        if answer.status != "OK":
            return
        _, added = answer.codes()["APPENDUID"]
        target.added(added, [token])
        if uids[0] in self.mirror.by_uid:
            raise Wrong(f"replaced and still there: {uids}")

    def sort(self):
        before = self.mirror.state()
        answer = self.do("UID SORT", "UID SORT (REVERSE SUBJECT ARRIVAL) UTF-8 UNDELETED").ok()
        found = answer.one("SORT").data[0]
        if len(set(found)) != len(found):
            raise Wrong(f"SORT names one twice: {found}")
        after = self.mirror.state()
        wrong = [uid for uid, state in before.items() if after.get(uid) == state and None not in state
                 and (uid in found) != ("\\Deleted" not in state[1])]
        if wrong:
            raise Wrong(f"SORT UNDELETED: {found}, but {[(uid, before[uid]) for uid in wrong[:5]]}")

    def copied(self, answer, uids):
        code = answer.codes().get("COPYUID")
        if code is None:
            return []
        _, source, target = code
        if len(source) != len(target) or set(source) - set(uids):
            raise Wrong(f"COPYUID {code} of {uids}")
        self.other.added(target, [self.truth.token_of[uid] for uid in source])
        # \Deleted comes with them.
        self.other.going(*[new for old, new in zip(source, target, strict=True) if old in self.truth.may_go])
        return source

    def copy(self):
        uids = self.pick(4)
        if uids:
            prefix, numbers = self.as_set(uids)
            self.other.going(*[self.truth.token_of[uid] for uid in uids if uid in self.truth.may_go])
            answer = self.do(prefix + "COPY", f"{prefix}COPY {numbers} {self.other.name}")
            if answer.status == "OK":
                self.copied(answer, uids)

    def move(self):
        uids = self.pick(4)
        if not uids or not self.client.has("MOVE"):
            return
        self.truth.going(*uids)
        prefix, numbers = self.as_set(uids)
        answer = self.do(prefix + "MOVE", f"{prefix}MOVE {numbers} {self.other.name}")
        if answer.status == "OK":
            left = [uid for uid in self.copied(answer, uids) if uid in self.mirror.by_uid]
            if left:
                raise Wrong(f"moved and still there: {left}")

    def search(self):
        flag = self.chance.choice(("SEEN", "FLAGGED", "DELETED", "KEYWORD alpha", "UNDRAFT"))
        before = self.mirror.state()
        answer = self.do("UID SEARCH", f"UID SEARCH RETURN (ALL COUNT) {flag}").ok()
        found = answer.one("ESEARCH").data[2]
        uids = set()
        if "ALL" in found:
            uids = set(expand(found["ALL"]))
        if found["COUNT"] != len(uids):
            raise Wrong(f"COUNT {found}")
        name = {"SEEN": "\\Seen", "FLAGGED": "\\Flagged", "DELETED": "\\Deleted", "KEYWORD alpha": "alpha",
                "UNDRAFT": "\\Draft"}[flag]
        after = self.mirror.state()
        for uid, state in before.items():
            if uid in after and after[uid] == state and None not in state:
                if (uid in uids) != ((name in state[1]) != (flag == "UNDRAFT")):
                    raise Wrong(f"SEARCH {flag}: {sorted(uids)}, but {uid} is {state}")

    def fetch(self):
        uids = self.pick(20)
        if uids:
            prefix, numbers = self.as_set(uids)
            self.do(prefix + "FETCH", f"{prefix}FETCH {numbers} (FLAGS MODSEQ UID RFC822.SIZE INTERNALDATE)")

    def fetch_text(self):
        uids = self.pick(3)
        if not uids:
            return
        prefix, numbers = self.as_set(uids)
        answer = self.do(prefix + "FETCH", f"{prefix}FETCH {numbers} (UID RFC822.SIZE BODY.PEEK[])")
        for response in answer.untagged:
            text = response.data.get("BODY[]") if response.kind in ("FETCH", "UIDFETCH") else None
            if text is None:
                continue
            uid = response.data.get("UID", response.number)
            token = self.truth.token_of[uid]
            if not text.endswith(self.model.tokens[token]) or response.data["RFC822.SIZE"] != len(text):
                raise Wrong(f"the text of {uid}, {token}, {response.data['RFC822.SIZE']}: {text[:500]!r}")

    def fetch_changes(self):
        entries = [entry for entry in self.mirror.entries if entry.modseq]
        if not entries:
            return
        since = self.chance.choice(entries).modseq
        vanished = " VANISHED" if self.mirror.qresync else ""
        self.do("UID FETCH", f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since}{vanished})").ok()
        told = self.mirror.changed
        missing = [entry for entry in self.mirror.entries
                   if entry.uid is not None and entry.modseq and entry.modseq > since and entry.uid not in told
                   and not self.truth.may_be_gone(entry.uid)]
        if missing:
            raise Wrong(f"CHANGEDSINCE {since}: nothing of {missing[:5]}")
