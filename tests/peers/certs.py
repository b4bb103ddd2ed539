"""A certificate authority and the certificates that TLS tests need, made by the openssl command."""

import os
import subprocess

_CONFIG = """\
[ca]
default_ca = default
[default]
dir = {directory}
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/serial
default_md = sha256
policy = policy
unique_subject = no
email_in_dn = no
[policy]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = mailpipe test CA
[ca_extensions]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, timeout=60)


class Certificate:
    def __init__(self, certificate, key):
        self.certificate = certificate
        self.key = key

    def pin_sha256(self):
        """The SHA-256 of the public key in base64, as --pin-sha256 takes it."""
        public = subprocess.run(["openssl", "x509", "-in", self.certificate, "-noout", "-pubkey"], check=True,
                                capture_output=True, timeout=60).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                             capture_output=True, timeout=60).stdout
        import base64
        import hashlib
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Certificates:
    """A CA (`ca`), and by name: `good` for localhost and 127.0.0.1, `expired`, `wrong_name`; `other_ca` trusts none."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        with open(self._path("ca.cnf"), "w", encoding="ascii") as file:
            file.write(_CONFIG.format(directory=directory))
        open(self._path("index.txt"), "w", encoding="ascii").close()
        with open(self._path("serial"), "w", encoding="ascii") as file:
            file.write("1000\n")
        self.ca = self._authority("ca")
        self.other_ca = self._authority("other")
        local = "DNS:localhost,IP:127.0.0.1,IP:::1"
        self.good = self._issue("good", local, "20200101000000Z", "20491231235959Z")
        self.expired = self._issue("expired", local, "20200101000000Z", "20200201000000Z")
        self.wrong_name = self._issue("wrong_name", "DNS:mail.example.net", "20200101000000Z", "20491231235959Z")

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _key(self, name):
        path = self._path(name + ".key")
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
        return path

    def _authority(self, name):
        path = self._path(name + ".pem")
        _openssl("req", "-x509", "-new", "-key", self._key(name), "-days", "3650", "-config", self._path("ca.cnf"),
                 "-extensions", "ca_extensions", "-out", path)
        return path

    def named(self, name, host):
        """A server's certificate for one host name."""
        return self._issue(name, f"DNS:{host}", "20200101000000Z", "20491231235959Z")

    def client(self, user):
        """A certificate that says who `user` is."""
        return self._issue("client-" + user, f"email:{user}@example.org", "20200101000000Z", "20491231235959Z",
                           "clientAuth", user)

    def _issue(self, name, alternative_names, start, end, usage="serverAuth", common_name="localhost"):
        request, path, key = self._path(name + ".csr"), self._path(name + ".pem"), self._key(name)
        extensions = self._path(name + ".ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"basicConstraints = CA:FALSE\nsubjectAltName = {alternative_names}\n"
                       f"extendedKeyUsage = {usage}\n")
        # The CN is right for every one of them, so that a client that looks at it gives itself away.
        _openssl("req", "-new", "-key", key, "-config", self._path("ca.cnf"), "-subj", f"/CN={common_name}",
                 "-out", request)
        _openssl("ca", "-batch", "-notext", "-config", self._path("ca.cnf"), "-cert", self.ca,
                 "-keyfile", self._path("ca.key"), "-in", request, "-out", path, "-extfile", extensions,
                 "-startdate", start, "-enddate", end)
        return Certificate(path, key)
