"""The programs that bench/fetch compares, each with a home of its own; what each fetches lies in home/mail."""

import os


class Account:
    """A mailbox on loopback. `host` is localhost, or another loopback name."""

    def __init__(self, user, pop3, imap, lmtp=0, authority="", tls=False):
        self.user = user
        self.pop3 = pop3
        self.imap = imap
        self.lmtp = lmtp
        self.authority = authority
        self.tls = tls


def write_private(path, text):
    with open(path, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    return path


def make_maildir(path):
    for sub in ("", "cur", "new", "tmp"):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    return path


class Mpop:
    name = "mpop pop3"
    protocol = "pop3"

    def __init__(self, home, accounts, to="maildir", **_):
        account = accounts[0]
        mail = os.path.join(home, "mail")
        if to == "maildir":
            make_maildir(mail)
        tls = f"tls on\ntls_starttls off\ntls_trust_file {account.authority}" if account.tls else "tls off"
        self.argv = ["mpop", "-C", write_private(os.path.join(home, "mpoprc"), (
            f"account default\nhost localhost\nport {account.pop3}\nuser {account.user}\npassword secret\nauth plain\n"
            f"{tls}\ndelivery {to} {mail}\nkeep on\nreceived_header off\nuidls_file {home}/uidls\n")), "-q"]


class Mbsync:
    name = "mbsync imap"
    protocol = "imap"

    def __init__(self, home, accounts, **_):
        account = accounts[0]
        mail = make_maildir(os.path.join(home, "mail"))
        tls = f"SSLType IMAPS\nCertificateFile {account.authority}" if account.tls else "SSLType None"
        self.argv = ["mbsync", "-q", "-c", write_private(os.path.join(home, "mbsyncrc"), (
            f"IMAPAccount a\nHost localhost\nPort {account.imap}\nUser {account.user}\nPass secret\n{tls}\n"
            f"AuthMechs PLAIN\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nInbox {mail}\n\n"
            "Channel c\nFar :far:INBOX\nNear :near:INBOX\nSync Pull New\nCreate Near\n"
            f"SyncState {home}/sync-\n")), "c"]


class Fetchmail:
    name = "fetchmail pop3"
    protocol = "pop3"

    def __init__(self, home, accounts, **_):
        polls = "".join(
            f"poll localhost service {account.pop3} protocol pop3 uidl:\n user {account.user} password secret "
            f"is archive here sslproto \"\" keep no rewrite {self.delivery(home, account)}\n" for account in accounts)
        self.argv = ["fetchmail", "-f", write_private(os.path.join(home, "fetchmailrc"), polls), "--silent",
                     "--pidfile", os.path.join(home, "pid"), "--idfile", os.path.join(home, "ids")]

    def delivery(self, home, _):
        """Into one file, which is the fastest that fetchmail can do: no process and no fsync for a message."""
        return f'bsmtp "{home}/bsmtp"'


class DurableFetchmail(Fetchmail):
    """Over LMTP into Dovecot's Maildir, which syncs each message: durable mail without a process for each."""

    name = "fetchmail lmtp"

    def delivery(self, _, account):
        return f"lmtp smtphost localhost/{account.lmtp}"


class MailFetch:
    def __init__(self, home, accounts, to="maildir", program="mail-fetch", wrap=""):
        sources = []
        for account in accounts:
            scheme = self.protocol + ("s" if account.tls else "")
            sources.append(f"{scheme}://{account.user}@localhost:{getattr(account, self.protocol)}")
        tls = ["--tls-ca", accounts[0].authority] if accounts[0].tls else ["--tls", "none"]
        password = write_private(os.path.join(home, "password"), "secret\n")
        self.argv = [*wrap.split(), program, *sources, *tls, "--password-file", password, "--progress", "never",
                     "--to", f"{to}:{os.path.join(home, 'mail')}", "--state", os.path.join(home, "state")]


class MailFetchPop3(MailFetch):
    name = "mail-fetch pop3"
    protocol = "pop3"


class MailFetchImap(MailFetch):
    name = "mail-fetch imap"
    protocol = "imap"
