"""Runs Debian's getmail so that it waits for its child by number."""

from peers.process import find_program

# getmail delivers in a child, and waits for ever for one that has ended before it waits.
_RUN = """
import os, runpy, sys
from getmailcore.baseclasses import ForkingBase
ForkingBase._prepare_child = lambda self: None
ForkingBase._wait_for_child = lambda self, child: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


def getmail_argv(directory, settings):
    """Its state lies in `directory`; `settings` is its getmailrc."""
    return ["/usr/bin/python3", "-c", _RUN, find_program("getmail"), f"--getmaildir={directory}",
            f"--rcfile={settings}"]
