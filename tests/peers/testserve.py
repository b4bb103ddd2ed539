"""mail-serve --test, with the options of a test."""

from peers.commands import binary
from peers.mailserve import MailServe


class TestServe(MailServe):
    __test__ = False

    def __init__(self, *options, **arguments):
        super().__init__(arguments=options, **arguments)

    def argv(self):
        return [binary("mail-serve"), "--test", "--store", f"maildir:{self.store}/%u"]

    def faults(self):
        """Those that have fired, in order."""
        return [event["fault"] for event in self.events if event["event"] == "fault"]
