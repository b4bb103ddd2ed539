"""mail-fetch through a network that cuts, stalls or drips at many places: a clear end, nothing lost, none twice."""

import itertools
import time

from fault_case import Fetch, FaultCase, sample
from peers.case import main
from peers.commands import run
from peers.messages import TEXTS, message
from peers.relay import Relay

_SAMPLES = 12  # of each protocol, mode and direction
MESSAGES = [TEXTS["plain"], TEXTS["dots"], message("longer", "".join(f"line {n}\n" for n in range(2000)))]


class CutFetch(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.start_dovecot()

    def through(self, relay, fetch, *options):
        """Runs the fetch with the relay in the server's place."""
        argv = [argument.replace(f":{fetch.port}", f":{relay.port}") for argument in fetch.argv]
        return run([*argv, *options], self.directory, timeout=60)

    def test_cut_at_many_places(self):
        for protocol, mode, of_client in itertools.product(("pop3", "imap"), ("--keep", "--delete"), (False, True)):
            fetch = Fetch(self, protocol, "maildir", mode, MESSAGES)
            with Relay(fetch.port, of_client=of_client) as relay:
                outcome = self.through(relay, fetch)
                self.assertEqual(outcome.status, 0, str(outcome))
                total = relay.passed
            fetch.remove()
            for octets in sample(total, _SAMPLES):
                with self.subTest(protocol=protocol, mode=mode, cut_after=octets, of_client=of_client, total=total):
                    self.check_cut(protocol, mode, octets, of_client)

    def check_cut(self, protocol, mode, octets, of_client):
        fetch = Fetch(self, protocol, "maildir", mode, MESSAGES)
        with Relay(fetch.port, cut_after=octets, of_client=of_client) as relay:
            outcome = self.through(relay, fetch)
        # 0 when only the goodbye was cut.
        self.assertIn(outcome.status, (0, 75, 76), str(outcome))
        self.assertEqual(len(outcome.error_lines), 0 if outcome.status == 0 else 1, str(outcome))
        what = f"{protocol} {mode} cut after {octets} octets of the {'client' if of_client else 'server'}"
        fetch.check_after_fault(what)
        self.finish_as(relay, fetch, what)

    def finish_as(self, relay, fetch, what):
        """Ends the story through a relay on the same port, so that the source is the same to mail-fetch."""
        with Relay(fetch.port, port=relay.port):
            fetch.argv = [argument.replace(f":{fetch.port}", f":{relay.port}") for argument in fetch.argv]
            fetch.finish(what)

    def test_a_stalled_server_meets_the_deadline(self):
        for protocol in ("pop3", "imap"):
            fetch = Fetch(self, protocol, "maildir", "--delete", MESSAGES)
            with Relay(fetch.port) as relay:
                self.assertEqual(self.through(relay, fetch).status, 0)
                total = relay.passed
            fetch.remove()
            for octets in sample(total - 20, 5):
                with self.subTest(protocol=protocol, stalls_after=octets):
                    fetch = Fetch(self, protocol, "maildir", "--delete", MESSAGES)
                    with Relay(fetch.port, cut_after=octets, stall=True) as relay:
                        start = time.monotonic()
                        outcome = self.through(relay, fetch, "--timeout", "0.5")
                        self.assertLess(time.monotonic() - start, 20)
                        self.check_stalled(fetch, outcome)
                    fetch.check_after_fault(f"{protocol} stalled after {octets}")
                    self.finish_as(relay, fetch, f"{protocol} stalled after {octets}")

    def check_stalled(self, fetch, outcome):
        if outcome.status == 0:
            # Only the answer to the goodbye did not come.
            self.assert_messages(fetch.delivered(), fetch.messages, "delivered")
            self.assert_messages(fetch.on_server(), [], "on the server")
            return
        self.assertEqual(outcome.status, 75, str(outcome))
        self.assertRegex(outcome.stderr, b"timed out")
        self.assertEqual(len(outcome.error_lines), 1, str(outcome))

    def test_a_slow_server_is_waited_for(self):
        for protocol in ("pop3", "imap"):
            with self.subTest(protocol=protocol):
                fetch = Fetch(self, protocol, "maildir", "--keep", [TEXTS["plain"]])
                with Relay(fetch.port, pause=0.002) as relay:
                    outcome = self.through(relay, fetch, "--timeout", "5")
                self.assertEqual(outcome.status, 0, str(outcome))
                self.assert_messages(fetch.delivered(), fetch.messages, "delivered")
                fetch.remove()


if __name__ == "__main__":
    main()
