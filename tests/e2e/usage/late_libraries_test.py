"""The large libraries are loaded when they are needed, and not before; one that is missing is named then."""

import os
import re
import subprocess

from peers.case import Case, main
from peers.commands import binary, run
from peers.mailserve import MailServe
from peers.messages import TEXTS

COMMANDS = ("mail-fetch", "mail-list", "mail-send", "mail-serve", "mail-show")
LATE = ("libcurl.so", "libssl.so", "libcrypto.so", "libgsasl.so", "libunbound.so", "libicuuc.so", "libsqlite3.so",
        "libidn2.so", "libseccomp.so", "libcrypt.so")


def linked(command):
    """What the loader loads before main()."""
    return subprocess.run([binary(command)], env={**os.environ, "LD_TRACE_LOADED_OBJECTS": "1"}, check=True,
                          capture_output=True, text=True, timeout=60).stdout


def mapped(pid):
    """The names of the libraries of a process."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        return {os.path.basename(line.split()[-1]) for line in file if ".so" in line}


def has(names, library):
    return any(name.startswith(library) for name in names)


class LateLibraries(Case):
    def setUp(self):
        super().setUp()
        if os.uname().machine not in ("x86_64", "aarch64"):
            self.skipTest("they are linked on " + os.uname().machine)

    def without(self, *libraries):
        """An environment in which these cannot be loaded."""
        directory = self.path("broken")
        os.makedirs(directory, exist_ok=True)
        for library in libraries:
            with open(os.path.join(directory, library), "wb"):
                pass
        return {"LD_LIBRARY_PATH": ":".join([directory, *os.environ.get("LD_LIBRARY_PATH", "").split()])}

    def test_nothing_of_them_is_loaded_at_the_start(self):
        for command in COMMANDS:
            found = linked(command)
            self.assertIn("libmailpipe.so", found)
            for library in LATE:
                self.assertNotIn(library, found, command)

    def test_no_library_comes_from_the_current_directory(self):
        for file in (binary("mail-send"), os.path.join(os.path.dirname(binary("mail-send")), "../lib/libmailpipe.so")):
            dynamic = subprocess.run(["readelf", "-d", file], check=True, capture_output=True, text=True).stdout
            for path in re.findall(r"R(?:UN)?PATH\).*\[(.*)\]", dynamic):
                self.assertTrue(all(path.split(":")), f"{file}: {path}")

    def test_what_does_not_need_a_missing_one_works(self):
        broken = self.without("libcurl.so.4", "libgsasl.so.18", "libunbound.so.8", "libcrypto.so.3", "libssl.so.3")
        queue = ("mail-send", "--queue-dir", self.path("queue"))
        self.run_ok(*queue, "--queue", "-f", "alice@example.org", "bob@example.net", stdin=TEXTS["plain"],
                    environment=broken)
        self.assertEqual(len(self.run_receipts(*queue, "--list", "--json", environment=broken)), 1)

    def test_a_missing_one_is_named(self):
        self.run_error(78, r": a library is missing: .*libcurl\.so\.4: file too short",
                       argv=["mail-list", "imap://alice@localhost:1", "--tls", "none", *self.password()],
                       environment=self.without("libcurl.so.4"))

    def test_an_address_is_connected_to_without_libcurl(self):
        self.run_error(75, r"cannot connect to 127\.0\.0\.1 port 1: Connection refused",
                       argv=["mail-list", "imap://alice@127.0.0.1:1", "--tls", "none", *self.password()],
                       environment=self.without("libcurl.so.4"))

    def test_the_sandbox_closes_behind_all_of_them(self):
        # libcurl and libunbound are for connections to other servers, the latter for lists of strangers, too.
        relay = ("--relay-server", "mx:", "--queue-dir", self.path("queue"))
        for arguments, wanted in (((), [False, False]), (relay, [True, True]), (("--sandbox", "off"), [False, False]),
                                  (("--dnsbl", "list.example"), [False, True])):
            with MailServe(arguments=arguments) as server:
                sandbox = next(event for event in server.events if event["event"] == "sandbox")
                if "sanitizer" in sandbox.get("message", ""):
                    self.skipTest(sandbox["message"])
                names = mapped(server.process.pid)
                self.assertEqual([has(names, library) for library in ("libcurl.so", "libunbound.so")], wanted, names)

    def test_the_sandbox_does_not_close_without_one(self):
        argv = ["mail-serve", "--store", "maildir:" + self.path("store") + "/%u", "--listen", "smtp://127.0.0.1:0",
                "--user", "alice:secret"]
        outcome = run(argv, self.directory, environment=self.without("libsqlite3.so.0"))
        if b"sanitizer" in outcome.stdout:
            self.skipTest("not confined")
        self.assertEqual(outcome.status, 78, str(outcome))
        self.assertRegex(outcome.stderr, rb"\Amail-serve: a library is missing: .*libsqlite3\.so\.0")


if __name__ == "__main__":
    main()
