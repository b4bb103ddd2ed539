"""Exim: SMTP with CHUNKING, DSN, SMTPUTF8 and PIPELINING; mail for alice, bob and others at example.org in Maildirs."""

import os

from peers.process import accepts, free_port, read_text
from peers.rooted import RootedPeer

_CONFIG = """\
exim_user = nobody
exim_group = nogroup
primary_hostname = exim.example.org
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/exim.pid
log_selector = +all
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
never_users =
smtp_accept_queue_per_connection = 0
keep_environment =
timezone = UTC
begin acl
acl_rcpt:
  deny local_parts = nobody
       message = unknown user
  accept domains = example.org
  deny message = relay not permitted
acl_data:
  accept
{routes}begin retry
begin rewrite
begin authenticators
"""

# A directory with the local part in it would be tainted.
_ROUTER = """\
{name}:
  driver = accept
  domains = example.org
  {condition}
  transport = {name}
"""
_TRANSPORT = """\
{name}:
  driver = appendfile
  directory = {directory}/mail/{name}
  maildir_format
  create_directory
  user = nobody
  group = nogroup
  return_path_add
"""

_RELAY_ROUTER = """\
relayed:
  driver = manualroute
  domains = example.org
  route_list = * 127.0.0.1 byname
  self = send
  transport = relayed
"""
_RELAY_TRANSPORT = """\
relayed:
  driver = smtp
  port = {port}
  allow_localhost
  hosts_try_chunking = *
  dnssec_request_domains =
"""


class Exim(RootedPeer):
    name = "exim"
    program = "usr/sbin/exim4"
    users = ("Debian-exim",)

    def __init__(self, relay_to=0):
        """`relay_to` is the port of another server on loopback that gets all mail, instead of the Maildirs."""
        super().__init__()
        self.port = 0
        self.relay_to = relay_to

    def arguments(self):
        self.port = free_port()
        for name in ("spool", "log"):
            os.makedirs(os.path.join(self.directory, name))
            os.chmod(os.path.join(self.directory, name), 0o777)
        names = {"alice": "local_parts = alice", "bob": "local_parts = bob", "others": ""}
        routers = "".join(_ROUTER.format(name=name, condition=condition) for name, condition in names.items())
        transports = "".join(_TRANSPORT.format(name=name, directory=self.directory) for name in names)
        if self.relay_to:
            routers = _RELAY_ROUTER
            transports = _RELAY_TRANSPORT.format(port=self.relay_to)
        routes = f"begin routers\n{routers}begin transports\n{transports}"
        text = _CONFIG.format(directory=self.directory, port=self.port, routes=routes)
        return ["-C", self.write("conf", text), "-bdf"]

    def ready(self):
        return accepts(self.port)

    def log(self):
        return read_text(os.path.join(self.directory, "log", "mainlog"))
