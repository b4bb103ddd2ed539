"""A Kerberos realm: a KDC of MIT's on loopback, keys of services, and tickets of users."""

import os
import subprocess

from peers.process import Peer, accepts, find_program, free_port, read_text

REALM = "EXAMPLE.ORG"
_CLIENT = """\
[libdefaults]
default_realm = {realm}
dns_lookup_realm = false
dns_lookup_kdc = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{realm} = {{
  kdc = 127.0.0.1:{port}
}}
[domain_realm]
localhost = {realm}
"""
_KDC = """\
[kdcdefaults]
kdc_listen = 127.0.0.1:{port}
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
{realm} = {{
  database_name = {directory}/principal
  key_stash_file = {directory}/stash
  acl_file = {directory}/acl
}}
[logging]
kdc = FILE:{directory}/kdc.log
"""


class Kerberos(Peer):
    """`users` maps names to passwords; `keytab` has the keys of `services`, such as imap/localhost."""

    name = "kerberos"

    def __init__(self, services, users=None):
        super().__init__()
        self.services = services
        self.users = users or {"alice": "secret"}
        self.port = 0
        self.keytab = ""

    def configure(self):
        self.port = free_port()
        self.keytab = os.path.join(self.directory, "keytab")
        for name, text in (("krb5.conf", _CLIENT), ("kdc.conf", _KDC)):
            with open(os.path.join(self.directory, name), "w", encoding="ascii") as file:
                file.write(text.format(realm=REALM, port=self.port, directory=self.directory))
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        for user, password in self.users.items():
            self.administer(f"addprinc -pw {password} {user}")
        for service in self.services:
            self.administer(f"addprinc -randkey {service}")
            self.administer(f"ktadd -k {self.keytab} {service}")
        # The server that uses it runs as another user.
        os.chmod(self.keytab, 0o644)
        variables = [f"{name}={value}" for name, value in self.environment().items()]
        return ["env", *variables, find_program("krb5kdc"), "-n", "-r", REALM]

    def environment(self):
        return {"KRB5_CONFIG": os.path.join(self.directory, "krb5.conf"),
                "KRB5_KDC_PROFILE": os.path.join(self.directory, "kdc.conf")}

    def run(self, program, *arguments, stdin=b""):
        subprocess.run([find_program(program), *arguments], input=stdin, check=True, capture_output=True, timeout=60,
                       env={**os.environ, **self.environment()})

    def administer(self, command):
        self.run("kadmin.local", "-r", REALM, "-q", command)

    def ticket(self, user):
        """The environment in which `user` has one."""
        cache = "FILE:" + os.path.join(self.directory, "tickets-" + user)
        self.run("kinit", "-c", cache, user, stdin=self.users[user].encode() + b"\n")
        return {**self.environment(), "KRB5CCNAME": cache}

    def ready(self):
        return accepts(self.port)

    def log(self):
        return read_text(os.path.join(self.directory, "kdc.log"))
