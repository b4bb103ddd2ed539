"""mail-serve killed at a step of a delivery over LMTP, then started again. Each recipient has a reply of its own
(RFC 2033): for whom the sender saw 250 the message is there once, for the others, to whom it sends it again, once or
twice, and nobody ever sees a part of one."""

import collections
import os
import shutil
import smtplib

from fault_case import KILLED, FaultCase, describe, sample
from killed_serve import MESSAGES, KilledServe, bodies
from peers.case import main
from peers.mailserve import MailServe
from peers.messages import crlf

_SAMPLES = 24
USERS = ("alice", "bob")
UNKNOWN = "nobody"
# The recipients of each message: both, one, and both around one whom the server does not know.
RECIPIENTS = (("alice", "bob"), ("bob",), ("bob", UNKNOWN, "alice"))
ALL = [(number, user) for number, users in enumerate(RECIPIENTS) for user in users if user != UNKNOWN]


def transaction(client, octets, users, accepted):
    """Calls accepted(user) at each 250 to the data; the recipients that RCPT refused. Python's sendmail() reads one
    reply for all."""
    refused = []
    code, text = client.mail("carol@example.net")
    if code != 250:
        raise smtplib.SMTPResponseException(code, text)
    named = []
    for user in users:
        code, text = client.rcpt(user + "@example.org")
        if code == 250:
            named.append(user)
        else:
            refused.append((user, code))
    code, text = client.docmd("DATA")
    if code != 354:
        raise smtplib.SMTPResponseException(code, text)
    data = crlf(octets)
    client.send((b"." if data.startswith(b".") else b"") + data.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    for user in named:
        code, text = client.getreply()
        if code != 250:
            raise smtplib.SMTPResponseException(code, text)
        accepted(user)
    return refused


class KillLmtp(FaultCase):
    def stored(self, store, user):
        return [bodies(octets) for octets in self.delivered("maildir", os.path.join(store, user))]

    def send(self, port, wanted):
        """Sends what is `wanted`, pairs of message and user; those that were acknowledged, up to the first failure."""
        acknowledged = []
        try:
            with smtplib.LMTP("127.0.0.1", port, local_hostname="client.example") as client:
                client.sock.settimeout(30)
                client.ehlo_or_helo_if_needed()
                for number, octets in enumerate(MESSAGES):
                    users = [user for user in RECIPIENTS[number] if user == UNKNOWN or (number, user) in wanted]
                    if not any((number, user) in wanted for user in users):
                        continue
                    refused = transaction(client, octets, users,
                                          lambda user, number=number: acknowledged.append((number, user)))
                    self.assertEqual(refused, [(UNKNOWN, 550)] if UNKNOWN in users else [])
        except (smtplib.SMTPException, OSError):
            pass
        return acknowledged

    def deliver_and_end(self, step, store):
        """One run of the server with a sender; what was acknowledged, the status and the steps."""
        serve = KilledServe(self, step, store, listen=("lmtp://127.0.0.1:0",))
        return serve.run(lambda running: self.send(running.port("lmtp"), ALL), [])

    def count(self, store, what):
        """How often each message is there for each user; all that is there must be whole."""
        count = collections.Counter()
        for user in USERS:
            for octets in self.stored(store, user) if os.path.isdir(store) else []:
                self.assertIn(octets, MESSAGES, f"{what}: delivered in part: {describe([octets])}")
                count[MESSAGES.index(octets), user] += 1
        return count

    def test_delivery(self):
        store = self.path("store")
        acknowledged, status, steps = self.deliver_and_end(0, store)
        self.assertEqual((status, acknowledged),
                         (0, [(0, "alice"), (0, "bob"), (1, "bob"), (2, "bob"), (2, "alice")]))
        self.assertEqual(self.count(store, "undisturbed"), collections.Counter(ALL))
        total = len(steps)
        print(f"delivery over LMTP: {total} steps", flush=True)
        outcomes = collections.Counter()
        for step in sample(total, _SAMPLES):
            with self.subTest(step=steps[step - 1]):
                outcomes[self.check_delivery(step)] += 1
        print(f"killed with N deliveries acknowledged: {dict(sorted(outcomes.items()))}", flush=True)
        self.assertGreater(len(outcomes), 1, "the server was always killed at the same point")

    def check_delivery(self, step):
        store = self.path(f"store-{step}")
        acknowledged, status, steps = self.deliver_and_end(step, store)
        self.assertIn(status, (KILLED, 0))
        what = f"killed at step {steps[-1]}"
        before = self.count(store, what)
        for pair in acknowledged:
            self.assertEqual(before[pair], 1, f"{what}: {pair} was acknowledged")
        self.assertLessEqual(max(before.values(), default=0), 1, f"{what}: {before}")
        with MailServe(listen=("lmtp://127.0.0.1:0",), store=store) as again:
            # A start neither loses nor repeats anything.
            self.assertEqual(self.count(store, what), before)
            missing = [pair for pair in ALL if pair not in acknowledged]
            self.assertEqual(sorted(self.send(again.port("lmtp"), missing)), sorted(missing))
        after = self.count(store, what)
        for pair in ALL:
            self.assertEqual(after[pair], before[pair] + (pair not in acknowledged), f"{what}: {pair}")
        shutil.rmtree(store)
        return len(acknowledged)


if __name__ == "__main__":
    main()
