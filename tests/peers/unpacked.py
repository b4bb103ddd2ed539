"""Servers that scripts/unpack-packages has unpacked and nobody has installed."""

import os

from peers.process import PeerError

_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.path.join(_TOP, "build", "peers")
_LIBRARIES = [os.path.join(ROOT, "usr", "lib", "x86_64-linux-gnu"), os.path.join(ROOT, "usr", "lib")]


def unpacked(*names):
    """The path of a file of the packages."""
    path = os.path.join(ROOT, *names)
    if not os.path.exists(path):
        raise PeerError(f"{path} is not there; run scripts/unpack-packages build/peers")
    return path


def environment(**more):
    """The environment in which the programs find their libraries."""
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(_LIBRARIES), **more}
