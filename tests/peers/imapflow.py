"""Where scripts/unpack-packages puts Node's imapflow."""

import os

from peers.process import find_program
from peers.unpacked import ROOT

MODULE = os.path.join(ROOT, "node", "node_modules", "imapflow", "lib", "imap-flow.js")
MISSING = "" if find_program("node") and os.path.exists(MODULE) else (
    "imapflow is not there: scripts/unpack-packages build/peers, with npm")
