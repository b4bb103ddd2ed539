"""What the error tests share: a host name that does not resolve, and its exit status here."""

import socket

from peers.case import Case

MISSING_HOST = "no-such-host.invalid"


def missing_host_status():
    """68 when the resolver says that the name does not exist; 75 when it has no answer, as without a network."""
    try:
        socket.getaddrinfo(MISSING_HOST, 25)
    except socket.gaierror as error:
        return 75 if error.errno == socket.EAI_AGAIN else 68
    raise AssertionError(f"{MISSING_HOST} resolves here")


class ErrorCase(Case):
    def fails(self, status, argv, *says, **arguments):
        return self.run_error(status, *says, argv=argv, **arguments)
