"""Two readings of one message, and the reasons for which they may differ.

An Explanation takes away what one reason does: `repair` rewrites the message so that its oddity is gone, and the other
parser reads it again; `rewrite` takes the reason out of the other parser's reading. A disagreement is explained when
the readings are equal after all that apply, and it fails otherwise. So does an explanation that is never needed: then
a parser has changed, or the messages have.
"""

import functools
import itertools
import os
import re

from differential import messages, reading
from peers.case import Case


class Explanation:
    def __init__(self, name, reason, repair=None, rewrite=None):
        self.name = name
        self.reason = reason
        # Of each message many combinations are tried.
        self.repair = functools.lru_cache(maxsize=4096)(repair or (lambda octets: octets))
        self.rewrite = rewrite or (lambda theirs, ours, octets: theirs)


def _comparable(value):
    """A run of what could not be decoded is as long as the decoder likes."""
    return re.sub("\ufffd+", "\ufffd", value) if isinstance(value, str) else value


def differences(ours, theirs):
    """The keys that differ. Where the trees do, the numbers of the leaves are those of others."""
    keys = {key for key in set(ours) | set(theirs) if not key.startswith("~")}
    if ours["tree"] != theirs["tree"]:
        keys = {key for key in keys if key.split()[0] not in ("body", "name", "message")}
    found = []
    for key in sorted(keys):
        mine, other = ours.get(key), theirs.get(key)
        if isinstance(mine, dict) and isinstance(other, dict):
            found += [f"{key} / {inner}" for inner in differences(mine, other)]
        elif _comparable(mine) != _comparable(other):
            found.append(key)
    return found


def value_of(reading, key):
    for name in key.split(" / "):
        reading = (reading or {}).get(name)
    return reading


class Differential(Case):
    """What the two tests have in common."""

    def setUp(self):
        super().setUp()
        if not os.path.isdir(messages.CORPORA):
            self.skipTest(f"no corpora at {messages.CORPORA}")

    def messages(self, generated, copies):
        """(name, octets) of the corpora, of generated mail and of `copies` damaged ones of each."""
        found = messages.corpora() + messages.generated(generated, self.path("generated"))
        self.assertGreater(len(found), 50 + generated)
        return [(name, messages.with_crlf(octets)) for name, octets in found + messages.damaged(found, copies)]

    def compare(self, found, read_all, explanations):
        """`read_all` gives the other parser's readings of a list of octets."""
        theirs = read_all([octets for _, octets in found])
        known = {octets: other for (_, octets), other in zip(found, theirs)}

        def read(octets):
            if octets not in known:
                known[octets] = read_all([octets])[0]
            return known[octets]

        ours = reading.ours([octets for _, octets in found], self.directory)
        needed = {explanation.name: 0 for explanation in explanations}
        unexplained = []
        odd = [(name, octets, mine, other) for (name, octets), mine, other in zip(found, ours, theirs)
               if differences(mine, other)]
        for name, octets, mine, _ in odd:
            applied = self._needed(explanations, octets, mine, read)
            other = self._apply(applied, octets, mine, read)
            if differences(mine, other):
                unexplained.append(self._report(name, mine, other))
                continue
            for explanation in applied:
                needed[explanation.name] += 1
        print(f"{len(found)} messages, {len(odd)} read in another way: {needed}")
        self.assertEqual(unexplained, [], "\n".join([f"{len(unexplained)} disagreements"] + unexplained[:200]))
        self.assertEqual([name for name, count in needed.items() if count == 0], [], "explains nothing")

    @staticmethod
    def _apply(explanations, octets, ours, read):
        for explanation in explanations:
            octets = explanation.repair(octets)
        theirs = read(octets)
        for explanation in explanations:
            theirs = explanation.rewrite(dict(theirs), ours, octets)
        return theirs

    def _needed(self, explanations, octets, ours, read):
        """As few as possible, without which more would differ."""
        def left(chosen):
            return len(differences(ours, self._apply(chosen, octets, ours, read)))

        for order in (explanations, explanations[::-1]):
            chosen = list(explanations)
            for explanation in order:
                fewer = [e for e in chosen if e is not explanation]
                if left(fewer) <= left(chosen):
                    chosen = fewer
            if left(chosen) == 0:
                return chosen
        # What one repair makes another one may break: one or two at a time instead.
        chosen = []
        for count in (1, 2, 1):
            for more in itertools.combinations(explanations, count):
                together = [e for e in explanations if e in chosen or e in more]
                if left(together) < left(chosen):
                    chosen = together
        return chosen

    @staticmethod
    def _report(name, ours, theirs):
        lines = [name]
        for key in differences(ours, theirs):
            lines += [f"  {key}", f"    ours   {value_of(ours, key)!r:.300}",
                      f"    theirs {value_of(theirs, key)!r:.300}"]
        return "\n".join(lines)
