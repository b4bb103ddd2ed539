"""mail-fetch that is cut from the server it hands messages to, at many octets of the dialogue: one clear error, nothing
lost, and no more twice than the one message whose answer did not come (SMTP, LMTP); over IMAP none.

At each octet of either side with MAILPIPE_FULL=1.
"""

import itertools

from fault_case import sample
from handover import Handover, HandoverCase
from peers.case import main
from peers.messages import TEXTS, message
from peers.relay import Relay

_SAMPLES = 8  # of each combination and direction
MESSAGES = [TEXTS["plain"], TEXTS["dots"], message("longer", "".join(f"line {n}\n" for n in range(40)))]


class CutDelivery(HandoverCase):
    def test_cut_at_many_places(self):
        for kind, mode, of_client in itertools.product(("smtp", "lmtp", "imap"), ("--keep", "--delete"),
                                                       (False, True)):
            fetch = Handover(self, kind, mode, messages=MESSAGES)
            with Relay(fetch.own_port, of_client=of_client) as relay:
                fetch.aim(relay.port)
                outcome = fetch.run()
                self.assertEqual((outcome.status, outcome.stderr), (0, b""), str(outcome))
                total = relay.passed
            repeated = 0
            for octets in sample(total, _SAMPLES):
                with self.subTest(kind=kind, mode=mode, cut_after=octets, of_client=of_client, total=total):
                    repeated += self.check_cut(kind, mode, octets, of_client)
            print(f"{kind} {mode}, cut after octets of the {'client' if of_client else 'server'}: {total} places, "
                  f"{repeated} repeats", flush=True)

    def check_cut(self, kind, mode, octets, of_client):
        fetch = Handover(self, kind, mode, messages=MESSAGES)
        what = f"{kind} {mode} cut after {octets} octets of the {'client' if of_client else 'server'}"
        with Relay(fetch.own_port, cut_after=octets, of_client=of_client) as relay:
            fetch.aim(relay.port)
            outcome = fetch.run()
        # 0 when only the goodbye was cut.
        self.assertIn(outcome.status, (0, 75, 76), str(outcome))
        self.assertLessEqual(len(outcome.error_lines), 2, str(outcome))
        self.assertEqual(outcome.status == 0, not outcome.error_lines, str(outcome))
        fetch.check_after_fault(what)
        if outcome.status == 0:
            self.assertEqual(set(fetch.copies()), set(MESSAGES), what)
        with Relay(fetch.own_port, port=relay.port):
            return fetch.finish(what, self.later())


if __name__ == "__main__":
    main()
