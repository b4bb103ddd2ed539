"""NSD as the name server of everything, on 127.0.0.1 and a port of its own."""

import os
import re
import subprocess

from peers.process import Peer, PeerError, find_program, free_port, wait_until

# Without database: "" every nsd of this machine maps the same nsd.db, and dies of what another one writes there.
_CONFIG = """\
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    zonesdir: "{directory}"
    pidfile: "{directory}/nsd.pid"
    zonelistfile: "{directory}/zone.list"
    xfrdfile: "{directory}/xfrd.state"
    xfrdir: "{directory}"
    database: ""
    server-count: 1
    do-ip6: no
remote-control:
    control-enable: no
"""

_ZONE = """\
zone:
    name: "{name}"
    zonefile: "{file}"
"""

_HEAD = """\
$ORIGIN {origin}
$TTL 60
@ IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ IN NS ns.test.
"""


class NameServer(Peer):
    """`zones` maps the name of a zone to its records. Those in `signed` are signed with a key of their own, and
    `anchor` is a file with the trust anchors of all of them."""

    name = "nsd"

    def __init__(self, zones, signed=()):
        super().__init__()
        self.zones = zones
        self.signed = signed

    def configure(self):
        self.port = free_port()
        self.anchor = os.path.join(self.directory, "anchors")
        config = _CONFIG.format(port=self.port, directory=self.directory)
        for name, records in {".": "", **self.zones}.items():
            origin = name if name == "." else name + "."
            file = os.path.join(self.directory, f"zone-{name}")
            with open(file, "w", encoding="ascii") as zone:
                zone.write(_HEAD.format(origin=origin) + records)
            if name in self.signed:
                file = self._sign(name, file)
            config += _ZONE.format(name=name, file=file)
        path = os.path.join(self.directory, "nsd.conf")
        with open(path, "w", encoding="ascii") as output:
            output.write(config)
        return [find_program("nsd"), "-d", "-c", path]

    def _sign(self, name, file):
        def run(*argv):
            done = subprocess.run(argv, cwd=self.directory, capture_output=True, text=True, check=False, timeout=60)
            if done.returncode != 0:
                raise PeerError(f"{argv[0]}: {done.stderr}")
            return done.stdout.strip()

        key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name)
        run("ldns-signzone", "-f", file + ".signed", file, key)
        with open(os.path.join(self.directory, key + ".key"), encoding="ascii") as source:
            with open(self.anchor, "a", encoding="ascii") as anchors:
                anchors.write(source.read())
        return file + ".signed"

    @property
    def address(self):
        """As --dns-server takes it."""
        return f"127.0.0.1@{self.port}"

    def ready(self):
        return "NOERROR" in self._ask(".", "SOA")

    def spoil(self, name):
        """Makes the signatures of a zone wrong: what it says is changed after it was signed."""
        path = os.path.join(self.directory, f"zone-{name}.signed")
        with open(path, encoding="ascii") as file:
            text = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(text.replace("MX\t10 mx", "MX\t20 mx"))
        self.process.send_signal(1)
        wait_until(lambda: re.search(r"\sMX\s+20\s", self._ask(name, "MX")), "nsd reads the zone again")

    def _ask(self, name, kind):
        done = subprocess.run(["drill", "-p", str(self.port), "@127.0.0.1", name, kind], capture_output=True, text=True,
                              check=False, timeout=20)
        return done.stdout
