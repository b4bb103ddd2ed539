"""What many clients of one mailbox have learnt of it together, and what of that can be true at one time."""

import collections
import threading


class Wrong(AssertionError):
    pass


class Truth:
    """One mailbox. Thread safe. Texts are told apart by their tokens."""

    def __init__(self, name, tokens):
        self.name = name
        self.tokens = tokens  # shared by all mailboxes
        self.lock = threading.Lock()
        self.history = collections.defaultdict(dict)  # UID: {modseq: flags}
        self.known = {}  # UID: the newest modseq that anybody was told
        self.token_of = {}  # UID: token
        self.gone = {}  # UIDs that somebody was told to be expunged, and when: the number of them before
        self.may_go = set()  # UIDs and tokens that somebody has begun to remove
        self.highest = 0  # HIGHESTMODSEQ
        self.validity = None
        self.promised = {}  # tokens that have to be there: delivered and answered with 250

    def told(self, uid, modseq, flags):
        """Every client that sees a message at a modseq sees the same flags."""
        with self.lock:
            seen = self.history[uid].setdefault(modseq, flags)
            if "\\Deleted" in flags:
                self.may_go.add(uid)  # by COPY of such a one, for instance
            if seen != flags:
                raise Wrong(f"{self.name}: UID {uid} at modseq {modseq} has {sorted(flags)}, and {sorted(seen)}")
            if modseq > self.known.get(uid, 0) and uid not in self.gone:
                self.known[uid] = modseq

    def text(self, uid, token):
        """No UID is ever used twice."""
        with self.lock:
            if token not in self.tokens:
                raise Wrong(f"{self.name}: UID {uid} is {token!r}, which nobody has sent")
            if self.token_of.setdefault(uid, token) != token:
                raise Wrong(f"{self.name}: UID {uid} is {token!r}, and was {self.token_of[uid]!r}")

    def added(self, uids, tokens):
        with self.lock:
            for uid, token in zip(uids, tokens, strict=True):
                if self.token_of.setdefault(uid, token) != token:
                    raise Wrong(f"{self.name}: UID {uid} for {token!r} was {self.token_of[uid]!r}")
                if uid not in self.gone:
                    self.known.setdefault(uid, 0)

    def removed(self, uids):
        with self.lock:
            for uid in uids:
                self.gone.setdefault(uid, len(self.gone))
                self.known.pop(uid, None)

    def going(self, *what):
        with self.lock:
            self.may_go.update(what)

    def may_be_gone(self, uid):
        token = self.token_of.get(uid)
        # One whose text nobody has seen may be one whose file another program has removed.
        return uid in self.may_go or token is None or token in self.may_go

    def floor(self):
        """What every SELECT that is sent from now on has to exceed: (HIGHESTMODSEQ, UIDs)."""
        with self.lock:
            return max(self.highest, max(self.known.values(), default=0)), max(self.token_of, default=0)

    def select(self, codes, floor):
        least, uid = floor
        with self.lock:
            validity = codes.get("UIDVALIDITY")
            if self.validity not in (None, validity):
                raise Wrong(f"{self.name}: UIDVALIDITY {self.validity} has become {validity}")
            self.validity = validity
            highest = codes.get("HIGHESTMODSEQ")
            if highest is None or highest < least:
                raise Wrong(f"{self.name}: HIGHESTMODSEQ {least} has become {highest}")
            self.highest = max(self.highest, highest)
            if codes.get("UIDNEXT", 0) <= uid:
                raise Wrong(f"{self.name}: UIDNEXT {codes.get('UIDNEXT')} after UID {uid}")

    def moment(self):
        """What has been told to somebody by now: what is sent from now on may not be older."""
        with self.lock:
            return dict(self.known), len(self.gone)

    def compare(self, mirror, moment, expunged, what):
        """A mirror after a command that began at `moment`; `expunged`: that could tell of expunged messages."""
        known, gone = moment
        late = [(uid, modseq) for uid, modseq in known.items()
                if uid in mirror.by_uid and (mirror.by_uid[uid].modseq or 0) < modseq
                # What is expunged meanwhile, and this client may not be told, stays for it what it was.
                and not (self.may_be_gone(uid) if not expunged else uid in self.gone)]
        if late:
            raise Wrong(f"{self.name}: {what} is answered, and the client does not know of {late[:5]}; it has "
                        f"{[mirror.by_uid[uid] for uid, _ in late[:5]]}")
        if expunged:
            kept = [uid for uid in mirror.by_uid if self.gone.get(uid, gone) < gone]
            if kept:
                raise Wrong(f"{self.name}: {what} is answered, and the client still has the expunged {kept[:5]}")
        if not mirror.unknown():
            with self.lock:
                missing = [uid for uid in known
                           if uid not in mirror.by_uid and not self.may_be_gone(uid)]
            if missing:
                raise Wrong(f"{self.name}: {what} is answered, and the client does not have {missing[:5]} of "
                            f"{len(mirror.entries)}")

    def settle(self, state, tokens):
        """`state` is the mailbox as it is while nobody changes it: {UID: (modseq, flags)}; `tokens` by UID."""
        for uid, (modseq, flags) in state.items():
            self.told(uid, modseq, flags)
            self.text(uid, tokens[uid])
        with self.lock:
            back = sorted(set(state) & set(self.gone))
            if back:
                raise Wrong(f"{self.name}: expunged and there again: {back[:5]}")
            older = [(uid, state[uid][0], modseq) for uid, modseq in self.known.items()
                     if uid in state and state[uid][0] < modseq]
            if older:
                raise Wrong(f"{self.name}: (UID, modseq, what somebody was told): {older[:5]}")
            lost = [uid for uid in set(self.token_of) - set(state)
                    if not self.may_be_gone(uid)]
            if lost:
                raise Wrong(f"{self.name}: lost without anybody's removing it: {lost[:5]}")
            # Gone, and nobody was told yet who could have told us.
            for uid in set(self.token_of) - set(state):
                self.gone.setdefault(uid, len(self.gone))
                self.known.pop(uid, None)
            present = set(tokens.values()) | {self.token_of[uid] for uid in self.gone if uid in self.token_of}
            missing = [token for token in self.promised if token not in present and token not in self.may_go]
            if missing:
                raise Wrong(f"{self.name}: acknowledged and not there: {missing[:5]}")
            self.promised.clear()
