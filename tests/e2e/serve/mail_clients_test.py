"""Programs of users that send by SMTP themselves: git send-email, s-nail, Node's nodemailer and sockets."""

import email
import email.policy
import os
import subprocess
import unittest

from peers.case import main
from peers.process import find_program
from peers.unpacked import ROOT
from serve_case import ServeCase

_PATCH = """\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: Carol <carol@example.net>
Date: Mon, 2 Nov 2026 10:00:00 +0000
Subject: [PATCH] by git

 a change, für Köln
---
 file | 1 +

diff --git a/file b/file
--
2.39.5
"""

# One dialogue, each line after the reply to the one before.
_NODE = """\
const net = require('net');
const [port, ...lines] = process.argv.slice(2);
const socket = net.connect(Number(port), '127.0.0.1');
let said = '';
socket.on('data', piece => {
  said += piece;
  if (!/^\\d{3} [^\\n]*\\n$/m.test(said.slice(said.lastIndexOf('\\n', said.length - 2) + 1))) return;
  process.stdout.write(said);
  said = '';
  if (lines.length) socket.write(lines.shift() + '\\r\\n');
});
socket.on('end', () => socket.end());
"""


_NODEMAILER = """\
const nodemailer = require('nodemailer');
const [ca, scheme, port, user] = process.argv.slice(2);
nodemailer.createTransport({
  host: 'localhost', port, secure: scheme === 'smtps', requireTLS: true, tls: { ca: require('fs').readFileSync(ca) },
  auth: user ? { user, pass: 'secret' } : undefined,
}).sendMail({
  envelope: { from: 'alice@example.org', to: ['alice@example.org', 'bob@example.org'] },
  from: 'Alïce <alice@example.org>', to: 'bob@example.org', subject: 'Grüße', text: '.\\n..\\nfür Köln\\n',
}).then(({ response }) => console.log(response));
"""
# Debian's node-nodemailer, or what imapflow has brought.
_NODE_PATH = os.pathsep.join(("/usr/share/nodejs", os.path.join(ROOT, "node", "node_modules")))


def has_nodemailer():
    return any(os.path.isdir(os.path.join(path, "nodemailer")) for path in _NODE_PATH.split(os.pathsep))


def needs(program):
    return unittest.skipUnless(find_program(program), f"{program} is not installed")


class MailClients(ServeCase):
    def program(self, *argv, stdin=b"", environment=None):
        ours = {"PATH": os.environ["PATH"], "HOME": self.directory, "LC_ALL": "C.UTF-8", **(environment or {})}
        done = subprocess.run([find_program(argv[0]), *argv[1:]], input=stdin, capture_output=True, check=False,
            timeout=60,
                              env=ours, cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def arrived(self, act):
        before = self.server.messages("alice")
        said = act()
        stored, = self.delivered("alice", before)
        return stored, said

    @needs("git")
    def test_git_send_email(self):
        if subprocess.run(["git", "send-email", "--help"], capture_output=True, check=False).returncode:
            self.skipTest("git send-email is not installed")
        patch = self.write("0001.patch", _PATCH.encode())
        for encryption, scheme in (("tls", "smtp"), ("ssl", "smtps")):
            with self.subTest(encryption):
                stored, _ = self.arrived(lambda encryption=encryption, scheme=scheme: self.program(
                    "git", "-c", "user.name=Alice", "-c", "user.email=alice@example.org", "send-email",
                        "--confirm=never", "--suppress-cc=all",
                    "--smtp-server=localhost", f"--smtp-server-port={self.server.port(scheme)}",
                    f"--smtp-encryption={encryption}", f"--smtp-ssl-cert-path={self.certificates().ca}",
                    "--smtp-user=alice", "--smtp-pass=secret", "--smtp-auth=PLAIN", "--to=alice@example.org",
                    "--from=alice@example.org", "--8bit-encoding=UTF-8", patch))
                self.assertEqual(email.message_from_bytes(stored)["Subject"], "[PATCH] by git")
                self.assertIn(b"with ESMTPSA id", stored)
                self.assertIn("a change, für Köln".encode(), stored)

    @needs("s-nail")
    def test_s_nail(self):
        for scheme, options in (("submission", ("-S", "smtp-use-starttls")), ("smtps", ())):
            with self.subTest(scheme):
                port = self.server.port("smtps" if scheme == "smtps" else "smtp")
                stored, _ = self.arrived(lambda scheme=scheme, port=port, options=options: self.program(
                    "s-nail", "-:/", "-S", "v15-compat", "-S", f"mta={scheme}://alice:secret@localhost:{port}",
                        *options,
                    "-S", "smtp-auth=login", "-S", f"tls-ca-file={self.certificates().ca}", "-S", "tls-verify=strict",
                        "-S",
                    "sendwait", "-r", "alice@example.org", "-s", "by s-nail", "alice@example.org", stdin=b"Hello\n.\n"))
                self.assertTrue(stored.endswith(b"\n\nHello\n.\n"), stored)
                self.assertIn(b"with ESMTPSA id", stored)

    @needs("node")
    def test_node(self):
        script = self.write("client.js", _NODE.encode())
        stored, said = self.arrived(lambda: self.program(
            "node", script, str(self.server.port("smtp")), "EHLO client.example", "MAIL FROM:<carol@example.net>",
            "RCPT TO:<alice@example.org>", "DATA", "Subject: by Node\r\n\r\n..\r\nbody\r\n.", "QUIT"))
        self.assertRegex(said,
            rb"^220 [^\n]*\n(250[- ][^\n]*\n)+250 2\.1\.0[^\n]*\n250 2\.1\.5[^\n]*\n354[^\n]*\n250[^\n]*\n221")
        self.assertTrue(stored.endswith(b"Subject: by Node\n\n.\nbody\n"), stored)

    @needs("node")
    @unittest.skipUnless(has_nodemailer(), "node-nodemailer is not installed")
    def test_nodemailer(self):
        script = self.write("mailer.js", _NODEMAILER.encode())
        for user, scheme, protocol in (("", "smtp", b"ESMTPS"), ("alice", "smtp", b"ESMTPSA"),
                                       ("alice", "smtps", b"ESMTPSA")):
            with self.subTest(protocol, scheme=scheme):
                stored, said = self.arrived(lambda user=user, scheme=scheme: self.program(
                    "node", script, self.certificates().ca, scheme, str(self.server.port(scheme)), user,
                    environment={"NODE_PATH": _NODE_PATH}))
                self.assertRegex(said, rb"^250 2\.0\.0 ")
                self.assertIn(b"with " + protocol + b" id", stored)
                text = email.message_from_bytes(stored, policy=email.policy.default)
                self.assertEqual((text["Subject"], text["From"]), ("Grüße", "Alïce <alice@example.org>"))
                self.assertEqual(text.get_content(), ".\n..\nfür Köln\n")


if __name__ == "__main__":
    main()
