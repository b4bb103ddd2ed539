"""testssl.sh looks at mail-serve: protocols, and the attacks on TLS that a server can be open to."""

import json
import os
import shutil
import subprocess
import unittest

from peers.case import Case, main
from peers.mailserve import MailServe

# Protocols, heartbleed, CCS injection, renegotiation, ROBOT, CRIME, POODLE, SWEET32, FREAK, RC4.
_LOOK_AT = ["--protocols", "-H", "-I", "-R", "-BB", "-C", "-O", "-W", "-F", "-4"]
_WELL = ("OK", "INFO", "DEBUG", "LOW", "WARN")  # LOW: what nobody needs; WARN: what this openssl cannot try


class TestSsl(Case):
    def test_nothing_is_found(self):
        program = shutil.which("testssl")
        if program is None:
            raise unittest.SkipTest("testssl.sh is not installed")
        with MailServe(listen=("smtps://127.0.0.1:0",), certificate=self.certificates().good) as server:
            report = self.path("report.json")
            subprocess.run([program, "--quiet", "--color", "0", "--warnings", "batch", "--fast", "--jsonfile", report,
                            *_LOOK_AT, f"127.0.0.1:{server.port('smtps')}"], stdin=subprocess.DEVNULL, check=False,
                           capture_output=True, timeout=200, cwd=self.directory,
                           env={"PATH": os.environ["PATH"], "HOME": self.directory, "TERM": "dumb"})
            with open(report, encoding="utf-8") as file:
                found = {entry["id"]: entry for entry in json.load(file)}
        for protocol in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
            self.assertIn("not offered", found[protocol]["finding"])
        for protocol in ("TLS1_2", "TLS1_3"):
            self.assertTrue(found[protocol]["finding"].startswith("offered"), found[protocol])
        self.assertGreater(len(found), 15, found)
        self.assertEqual([entry for entry in found.values() if entry["severity"] not in _WELL], [])


if __name__ == "__main__":
    main()
