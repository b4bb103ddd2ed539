"""mail-send --flush that is cut from its server at many octets of the dialogue, either side's: nothing is lost, the
sender is told once, and only the message whose answer did not come is there twice.

At each octet with MAILPIPE_FULL=1.
"""

from fault_case import sample
from peers.case import main
from peers.relay import Relay
from queue_case import QueueCase, Spool

_SAMPLES = 10  # of each side


class CutQueue(QueueCase):
    def test_cut_at_many_places(self):
        for of_client in (False, True):
            total = self.cut(None, of_client)[0]
            repeats = 0
            for octets in sample(total, _SAMPLES):
                with self.subTest(cut_after=octets, of_client=of_client, total=total):
                    repeats += self.cut(octets, of_client)[1]
            print(f"cut after octets of the {'client' if of_client else 'server'}: {total} places, {repeats} repeats",
                  flush=True)

    def cut(self, octets, of_client):
        """The octets that passed, and what was there twice afterwards."""
        spool = Spool(self)
        direct = spool.url
        spool.fill()
        with Relay(self.server.port("smtp"), cut_after=octets, of_client=of_client) as relay:
            spool.url = f"smtp://127.0.0.1:{relay.port}"
            outcome = spool.flush()
            self.assertEqual(outcome.status, 75, str(outcome))
            passed = relay.passed
        spool.url = direct
        return passed, spool.check_end(f"cut after {octets} octets", 0 if octets is None else 1)


if __name__ == "__main__":
    main()
