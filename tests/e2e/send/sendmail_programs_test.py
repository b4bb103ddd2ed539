"""Programs that send by sendmail, each with mail-send in its place."""

import email
import os
import shutil
import subprocess
import sys
import unittest

from peers.case import main
from peers.commands import binary
from peers.process import die_with_parent, find_program, wait_until
from peers.terminal import Terminal

from sendmail_case import SendmailCase

_BODY = "Grüße,\n.\nfrom here\n"

_PYTHON = """\
import email.message, subprocess, sys
message = email.message.EmailMessage()
message["To"], message["Bcc"], message["Subject"] = "bob@example.org", "alice@example.org", "by Python"
message.set_content("Gr\\u00fc\\u00dfe\\n.\\n")
subprocess.run([sys.argv[1], "-t", "-oi"], input=message.as_bytes(), check=True)
"""

_PATCH = """\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: Carol <carol@example.net>
Date: Mon, 2 Nov 2026 10:00:00 +0000
Subject: [PATCH] by git

 a change
---
 file | 1 +

diff --git a/file b/file
--
2.39.5
"""


def needs(*programs):
    return unittest.skipUnless(all(find_program(name) for name in programs), f"{programs} not installed")


class Programs(SendmailCase):
    def message(self, user="bob"):
        return email.message_from_bytes(self.one(user))

    def text(self, message):
        return message.get_payload(decode=True).decode(message.get_content_charset("utf-8"))

    @needs("bsd-mailx")
    def test_bsd_mailx(self):
        self.write(".mailrc", f"set sendmail={self.sendmail}\nset sendwait\n".encode())
        self.program("bsd-mailx", "-s", "by mailx", "-b", "alice@example.org", "bob@example.org",
                     stdin=b"Hello\nfrom here\n")
        wait_until(lambda: self.received("bob") and self.received("alice"), "mailx has sent")
        self.assertEqual(self.message()["Subject"], "by mailx")
        self.assertEqual(self.text(self.message()), "Hello\nfrom here\n")
        self.assertIsNone(self.message("alice")["Bcc"])

    @needs("s-nail")
    def test_s_nail(self):
        self.program("s-nail", "-:/", "-S", f"mta={self.sendmail}", "-S", "sendwait", "-S", "v15-compat", "-s",
                     "by s-nail", "-r", "carol@example.net", "bob@example.org", stdin=_BODY.encode())
        message = self.message()
        self.assertEqual((message["Subject"], self.text(message)), ("by s-nail", _BODY))
        self.assertEqual(message["Return-Path"], "<carol@example.net>")

    @needs("mutt")
    def test_mutt(self):
        rc = self.write("muttrc", f'set sendmail="{self.sendmail} -oem -oi"\nset sendmail_wait=0\nset copy=no\n'
                        'set from="carol@example.net"\nset use_envelope_from\nset charset="utf-8"\n'.encode())
        attached = self.write("attached.txt", b"attached\n")
        self.program("mutt", "-F", rc, "-s", "by mutt", "-b", "alice@example.org", "-a", attached, "--",
                     "bob@example.org", stdin=_BODY.encode())
        message = self.message()
        self.assertEqual((message["Subject"], message["Return-Path"]), ("by mutt", "<carol@example.net>"))
        self.assertEqual([self.text(part) for part in message.get_payload()], [_BODY, "attached\n"])
        self.assertIsNone(self.message("alice")["Bcc"])

    @needs("git")
    def test_git_send_email(self):
        directory = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
        if not os.path.exists(os.path.join(directory, "git-send-email")):
            self.skipTest("git send-email is not installed")
        patch = self.write("0001.patch", _PATCH.encode())
        self.program("git", "init", "-q", ".")
        self.program("git", "send-email", f"--smtp-server={self.sendmail}", "--from=carol@example.net",
                     "--envelope-sender=auto", "--to=bob@example.org", "--bcc=alice@example.org", "--confirm=never",
                     "--suppress-cc=all", patch,
                     **{f"GIT_{who}_{what}": "carol@example.net" for who in ("AUTHOR", "COMMITTER")
                        for what in ("NAME", "EMAIL")})
        message = self.message()
        self.assertEqual((message["Subject"], message["Return-Path"]), ("[PATCH] by git", "<carol@example.net>"))
        self.assertIsNone(self.message("alice")["Bcc"])

    @needs("php")
    def test_php(self):
        self.program("php", "-d", f"sendmail_path={self.sendmail} -t -i", "-r",
                     'exit(mail("bob@example.org", "by PHP", "line 1\\r\\n.\\nline 3", '
                     '"From: php@example.net\\r\\nBcc: alice@example.org", "-fphp@example.net") ? 0 : 1);')
        message = self.message()
        self.assertEqual((message["Subject"], message["Return-Path"]), ("by PHP", "<php@example.net>"))
        self.assertEqual(self.text(message), "line 1\n.\nline 3\n")
        self.assertIsNone(self.message("alice")["Bcc"])

    def test_python(self):
        self.program(sys.executable, "-c", _PYTHON, self.sendmail)
        message = self.message()
        self.assertEqual((message["Subject"], self.text(message)), ("by Python", "Grüße\n.\n"))
        self.assertIsNone(self.message("alice")["Bcc"])

    @needs("alpine")
    def test_alpine(self):
        self.write(".pinerc", f"sendmail-path={self.sendmail} -oem -t -oi\nuser-domain=example.net\n"
                   "personal-name=Carol\nfcc-name-rule=no-fcc\ndefault-fcc=\"\"\n"
                   "feature-list=no-enable-background-sending\nlast-version-used=6.26\n".encode())
        url = "mailto:bob@example.org?subject=by%20alpine&body=Hello"
        terminal = Terminal([find_program("alpine"), "-url", url], self.directory)
        self.addCleanup(terminal.close)
        terminal.wait_for(b"Hello")
        terminal.type(b"\x18")
        terminal.wait_for(b"Send message")
        terminal.type(b"y")
        wait_until(lambda: self.received("bob"), "alpine has sent", 30)
        message = self.message()
        self.assertEqual(message["Subject"], "by alpine")
        self.assertIn("Hello", self.text(message))
        terminal.close()


@unittest.skipUnless(os.getuid() == 0 and shutil.which("unshare"), "a mount namespace needs root")
class Daemons(SendmailCase):
    """Programs that call /usr/sbin/sendmail and nothing else see it in a mount namespace of their own."""

    def within(self, script, *mounts):
        wrapper = self.write("wrapper", f'#!/bin/sh\nexec {binary("mail-send")} sendmail "$@"\n'.encode(), 0o755)
        place = "/usr/sbin/sendmail"
        if not os.path.exists(place):
            self.skipTest(f"{place} is not there to be replaced")
        lines = [f"mount --bind {wrapper} {os.path.realpath(place)}"]
        lines += [f"mount --bind {self.path(source)} {target}" for source, target in mounts]
        return ["unshare", "-m", "sh", "-ec", "\n".join([*lines, script])]

    @needs("cron")
    def test_cron(self):
        for folder in ("crontabs", "cron.d", "run"):
            os.makedirs(self.path(folder))
        self.write("crontab", f"SHELL=/bin/sh\nHOME={self.directory}\nMAILTO=bob@example.org\n"
                   "@reboot root printf 'Hello\\n.\\nfrom cron\\n'\n".encode(), 0o644)
        argv = self.within("exec cron -f", ("crontabs", "/var/spool/cron/crontabs"), ("cron.d", "/etc/cron.d"),
                           ("crontab", "/etc/crontab"), ("run", "/run"))
        cron = subprocess.Popen(argv, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            wait_until(lambda: self.received("bob") or cron.poll() is not None, "cron mails", 90)
        finally:
            cron.kill()
            output = cron.communicate()[0]
        self.assertTrue(self.received("bob"), output)
        message = email.message_from_bytes(self.one("bob"))
        self.assertIn("Cron <root@", message["Subject"])
        self.assertEqual(message.get_payload(decode=True), b"Hello\n.\nfrom cron\n")

    @needs("logwatch")
    def test_logwatch(self):
        self.program(*self.within("logwatch --output mail --mailto bob@example.org --range all --detail high "
                                  "--service zz-sys"))
        self.assertIn("Logwatch", email.message_from_bytes(self.one("bob"))["Subject"])


if __name__ == "__main__":
    main()
