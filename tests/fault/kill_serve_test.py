"""mail-serve killed at a step, then started again: what it has acknowledged is there, once; what it has not may be
sent again, and is then there at least once (RFC 1047)."""

import collections
import os
import poplib
import shutil
import smtplib

from fault_case import KILLED, FaultCase, describe, sample
from killed_serve import MESSAGES, KilledServe, bodies
from peers.case import main
from peers.mailserve import MailServe
from peers.messages import crlf

_SAMPLES = 14  # of each test


class KillServe(FaultCase):
    def serve(self, step, store, **options):
        return KilledServe(self, step, store, listen=("smtp://127.0.0.1:0", "pop3://127.0.0.1:0"), **options)

    def stored(self, store, user="alice"):
        return [bodies(octets) for octets in self.delivered("maildir", os.path.join(store, user))]

    # SMTP

    def send(self, port, messages):
        """Sends each in its own transaction; those that were acknowledged, up to the first failure."""
        acknowledged = []
        try:
            with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=30) as client:
                for octets in messages:
                    refused = client.sendmail("carol@example.net", ["alice@example.org"], crlf(octets))
                    self.assertEqual(refused, {})
                    acknowledged.append(octets)
        except (smtplib.SMTPException, OSError):
            pass
        return acknowledged

    def deliver_and_end(self, step, store):
        """One run of the server with a sender; what was acknowledged, the status and the steps."""
        return self.serve(step, store).run(lambda serve: self.send(serve.port("smtp"), MESSAGES), [])

    def test_delivery(self):
        acknowledged, status, steps = self.deliver_and_end(0, self.path("store"))
        self.assertEqual((status, len(acknowledged)), (0, len(MESSAGES)))
        self.assert_messages(self.stored(self.path("store")), MESSAGES, "undisturbed")
        total = len(steps)
        print(f"delivery over SMTP: {total} steps", flush=True)
        kills = 0
        for step in sample(total, _SAMPLES):
            with self.subTest(step=steps[step - 1]):
                kills += self.check_delivery(step)
        self.assertGreater(kills, 0)

    def check_delivery(self, step):
        store = self.path(f"store-{step}")
        acknowledged, status, steps = self.deliver_and_end(step, store)
        self.assertIn(status, (KILLED, 0))
        what = f"killed at step {steps[-1]}"
        found = self.stored(store) if os.path.isdir(store) else []
        self.assert_nothing_lost(found, acknowledged, what)
        for octets in found:
            self.assertIn(octets, MESSAGES, f"{what}: delivered in part: {describe([octets])}")
        with MailServe(store=store) as again:
            missing = [octets for octets in MESSAGES if octets not in acknowledged]
            self.assertEqual(self.send(again.port("smtp"), missing), missing)
        count = collections.Counter(self.stored(store))
        for octets in MESSAGES:
            allowed = (1,) if octets in acknowledged else (1, 2)
            self.assertIn(count[octets], allowed, f"{what}: {describe([octets])} is there {count[octets]} times")
        self.assertLessEqual(sum(count.values()), len(MESSAGES) + 1, what)
        shutil.rmtree(store)
        return status == KILLED

    # POP3

    def fill(self, store):
        with MailServe(store=store) as serve:
            self.assertEqual(len(self.send(serve.port("smtp"), MESSAGES)), len(MESSAGES))

    def drop(self, port):
        """Deletes "first" and "third" where they are still there. Whether QUIT was acknowledged."""
        client = None
        try:
            client = poplib.POP3("127.0.0.1", port, timeout=30)
            client.user("alice")
            client.pass_("secret")
            for number in range(1, client.stat()[0] + 1):
                if b"Subject: second" not in client.retr(number)[1]:
                    client.dele(number)
            client.quit()
            return True
        except (poplib.error_proto, OSError):
            return False
        finally:
            if client is not None:
                client.close()

    def drop_and_end(self, step, store):
        return self.serve(step, store).run(lambda serve: self.drop(serve.port("pop3")), False)

    def test_deletion(self):
        template = self.path("template")
        self.fill(template)
        self.assert_messages(self.stored(template), MESSAGES, "filled")
        shutil.copytree(template, self.path("store"))
        done, status, steps = self.drop_and_end(0, self.path("store"))
        self.assertEqual((done, status), (True, 0))
        self.assert_messages(self.stored(self.path("store")), [MESSAGES[1]], "undisturbed")
        total = len(steps)
        print(f"deletion over POP3: {total} steps", flush=True)
        kills = 0
        for step in sample(total, _SAMPLES):
            with self.subTest(step=steps[step - 1]):
                store = self.path(f"pop-{step}")
                shutil.copytree(template, store)
                done, status, ended = self.drop_and_end(step, store)
                self.assertIn(status, (KILLED, 0))
                kills += status == KILLED
                what = f"killed at step {ended[-1]}"
                found = self.stored(store)
                self.assertIn(MESSAGES[1], found, f"{what}: a message that nobody deleted is gone")
                self.assertEqual(len(found), len(set(found)), f"{what}: a message is there twice")
                if done:
                    self.assert_messages(found, [MESSAGES[1]], f"{what}, after QUIT was acknowledged")
                with MailServe(store=store) as again:
                    self.assertTrue(self.drop(again.port("pop3")))
                self.assert_messages(self.stored(store), [MESSAGES[1]], what)
                shutil.rmtree(store)
        self.assertGreater(kills, 0)

    def test_what_was_deleted_does_not_come_back(self):
        """Where deliveries are in a log that knows of the message, but not yet of a checkpoint."""
        store = self.path("store")
        os.makedirs(os.path.join(store, ".delivery-log"))
        server = MailServe(store=store).start()
        self.addCleanup(server.remove)
        self.assertEqual(self.send(server.port("smtp"), MESSAGES), MESSAGES)
        self.assertTrue(self.drop(server.port("pop3")))
        server.process.kill()
        server.process.wait(10)
        server.stop()
        with MailServe(store=store):
            self.assert_messages(self.stored(store), [MESSAGES[1]], "after the log was read")
        self.assertGreater(os.path.getsize(os.path.join(store, ".delivery-log", "log-0")), 1 << 20)


if __name__ == "__main__":
    main()
