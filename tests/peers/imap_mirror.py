"""What a client of IMAP knows of its mailbox: untagged responses, replayed as RFC 9051 section 7 and RFC 7162 say."""

from peers.imap_responses import Malformed

# During these no message may be expunged: the client's numbers would mean others (RFC 9051 section 7.5.1).
_NUMBERS_STAND = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")


class Entry:
    __slots__ = ("uid", "flags", "modseq", "text")

    def __init__(self, uid=None):
        self.uid = uid
        self.flags = None
        self.modseq = None
        self.text = None  # whatever the test keeps

    def __repr__(self):
        return f"<{self.uid} {sorted(self.flags or ())} at {self.modseq}>"


class Mirror:
    """`busy` is the command in progress, "" for none. `pushed`: NOTIFY lets anything come at any time. `changed` and
    `removed` are UIDs since they were last cleared."""

    def __init__(self, case_told=None):
        self.entries = []
        self.by_uid = {}
        self.busy = ""
        self.qresync = False
        self.pushed = False
        self.uid_only = False
        self.selecting = False
        self.exists = self.exists_at_first = None  # of a SELECT
        self.silent = None  # what a silent STORE that is in progress makes of the flags of a message
        self.told = case_told  # told(uid, modseq, flags)
        self.changed = set()
        self.removed = set()
        self.codes = {}

    def _exists_more(self):
        self.entries.append(Entry())

    def clear(self):
        """Nothing is selected."""
        self.entries, self.by_uid = [], {}
        self.codes = {}

    def unknown(self):
        return [number for number, entry in enumerate(self.entries, 1) if entry.uid is None]

    def seen(self, response):
        if response.code:
            self.codes[response.code[0]] = response.code[1]
        handle = getattr(self, "_" + response.kind.lower(), None)
        if handle:
            handle(response)

    def _wrong(self, response, why):
        raise Malformed(f"{why}: {response.raw[:500]!r} during {self.busy!r} with {len(self.entries)} messages")

    def _exists(self, response):
        if self.selecting:
            # After a resync the entries are those known before; what vanished comes later.
            if self.exists is None:
                self.exists_at_first = response.number
            self.exists = response.number
            return
        if response.number < len(self.entries):
            self._wrong(response, "EXISTS goes back without EXPUNGE")
        while len(self.entries) < response.number:
            self.entries.append(Entry())

    def _check_expunge(self, response):
        if self.pushed or self.selecting:
            return
        if not self.busy:
            self._wrong(response, "expunged while no command is in progress")
        if self.busy in _NUMBERS_STAND:
            self._wrong(response, "expunged while numbers stand")

    def _expunge(self, response):
        if self.qresync or self.uid_only:
            self._wrong(response, "EXPUNGE instead of VANISHED")
        self._check_expunge(response)
        if not 1 <= response.number <= len(self.entries):
            self._wrong(response, "expunged what is not there")
        entry = self.entries.pop(response.number - 1)
        if entry.uid is not None:
            del self.by_uid[entry.uid]
            self.removed.add(entry.uid)

    def _vanished(self, response):
        earlier, uids = response.data
        if not (self.qresync or self.uid_only):
            self._wrong(response, "VANISHED without QRESYNC")
        if earlier and not self.selecting:
            # Of what this session has known it tells nothing: its numbers stand (RFC 7162 section 3.2.10).
            return
        if not earlier:
            self._check_expunge(response)
        for uid in uids:
            self.removed.add(uid)
            entry = self.by_uid.pop(uid, None)
            if entry:
                self.entries.remove(entry)
            elif not earlier:
                self._forget_unknown(response, uid)

    def _forget_unknown(self, response, uid):
        """One of those whose UIDs are not known yet: between which it must have been is."""
        at = 0
        for index, entry in enumerate(self.entries):
            if self.uid_only and entry.uid is None:
                at = index  # which of them it is, nobody knows
                break
            if entry.uid is not None and entry.uid < uid:
                at = index + 1
        if at == len(self.entries) or self.entries[at].uid is not None:
            self._wrong(response, f"{uid} vanished, which is not there")
        self.entries.pop(at)

    def _fetch(self, response):
        if self.uid_only:
            self._wrong(response, "FETCH instead of UIDFETCH")
        if response.number > len(self.entries) and not self.selecting:
            self._wrong(response, "FETCH of what is not there")
        uid = response.data.get("UID")
        if self.selecting:
            # QRESYNC: numbers are those of the state that comes of it.
            entry = self.by_uid.get(uid)
            if entry is None:
                entry = self._insert(uid)
        else:
            entry = self.entries[response.number - 1]
            if uid is not None:
                self._set_uid(response, entry, response.number - 1, uid)
        self._update(response, entry)

    def _uidfetch(self, response):
        entry = self.by_uid.get(response.number)
        if entry is None and self.selecting:
            entry = self._insert(response.number)
        elif entry is None:
            unknown = self.unknown()
            if not unknown:
                self._wrong(response, "UIDFETCH of what is not there")
            self.entries.pop()
            entry = self._insert(response.number)
        self._update(response, entry)

    def _insert(self, uid):
        entry = Entry(uid)
        at = len(self.entries)
        while at and (self.entries[at - 1].uid is None or self.entries[at - 1].uid > uid):
            at -= 1
        self.entries.insert(at, entry)
        self.by_uid[uid] = entry
        return entry

    def _set_uid(self, response, entry, index, uid):
        if entry.uid == uid:
            return
        if entry.uid is not None:
            self._wrong(response, f"the UID of {entry.uid} changes to {uid}")
        before = self.entries[index - 1].uid if index else None
        after = self.entries[index + 1].uid if index + 1 < len(self.entries) else None
        if uid in self.by_uid or (before or 0) >= uid or (after is not None and after <= uid):
            self._wrong(response, f"UIDs are not ascending: {before}, {uid}, {after}")
        entry.uid = uid
        self.by_uid[uid] = entry

    def _update(self, response, entry):
        modseq, flags = response.data.get("MODSEQ"), response.data.get("FLAGS")
        if modseq is not None:
            if entry.modseq is not None and modseq < entry.modseq:
                self._wrong(response, f"MODSEQ goes back from {entry.modseq}")
            if flags is None and modseq != entry.modseq and entry.flags is not None:
                # Changed to what the client has asked for, which it has to put in itself.
                flags = self.silent(entry.flags) if self.silent else None
                entry.flags = flags
            entry.modseq = modseq
        if flags is not None:
            entry.flags = frozenset(flags) - {"\\Recent"}
        if entry.uid is not None:
            self.changed.add(entry.uid)
            if modseq is not None and flags is not None and self.told:
                self.told(entry.uid, modseq, entry.flags)

    def state(self):
        """{UID: (modseq, flags)}"""
        return {entry.uid: (entry.modseq, entry.flags) for entry in self.entries}
