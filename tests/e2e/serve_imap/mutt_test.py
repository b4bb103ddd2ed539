"""mutt on a terminal: reads, flags, saves, deletes, searches on the server, and sees what arrives."""

from imap_case import ImapCase, needs
from peers.case import main
from peers.messages import message
from peers.terminal import Terminal

_RC = """\
set folder="{scheme}://alice@localhost:{port}/"
set spoolfile="+INBOX"
set imap_pass="secret"
set ssl_starttls=yes
set ssl_force_tls=yes
set certificate_file="{ca}"
set ssl_ca_certificates_file="{ca}"
set imap_check_subscribed=no
set header_cache="{directory}/cache"
set message_cachedir="{directory}/messages"
set imap_qresync={qresync}
set imap_condstore=yes
set imap_idle=yes
set mail_check=1
set timeout=1
set confirmappend=no
set confirmcreate=no
set quit=yes
set delete=yes
set move=no
set wait_key=no
set read_inc=0
set sleep_time=0
set mark_old=no
set record=""
set postponed="+Drafts"
"""


@needs("mutt")
class Mutt(ImapCase):
    def mutt(self, *commands, scheme="imaps", qresync="yes"):
        """Mutt after its commands, with INBOX open."""
        port = self.server.imaps if scheme == "imaps" else self.server.imap
        rc = self.write("muttrc", _RC.format(scheme=scheme, port=port, ca=self.certificates().ca,
                                             directory=self.directory, qresync=qresync).encode())
        pushed = [part for text in commands for part in ("-e", f"push '{text}'")]
        terminal = Terminal(["mutt", "-F", rc, *pushed], self.directory, columns=120)
        self.addCleanup(terminal.close)
        return terminal

    def finish(self, terminal):
        status, said = terminal.finish(60)
        self.assertEqual(status, 0, said[-2000:])

    def test_read_flag_delete(self):
        for scheme in ("imaps", "imap"):
            with self.subTest(scheme):
                before = self.stored()
                self.append_all([message("doomed", "x\n")])
                self.finish(self.mutt("<tag-pattern>~s plain<enter><tag-prefix><set-flag>!"
                                      "<delete-pattern>~s doomed<enter><sync-mailbox><quit>", scheme=scheme))
                self.assertEqual(self.stored(), before)
                self.assertIn("\\Flagged", self.flags()[0])

    def test_save_and_copy(self):
        with self.server.client() as client:
            client.ok("CREATE Kept")
        self.finish(self.mutt("<tag-pattern>~s \"From lines|plain\"<enter><tag-prefix><copy-message>+Kept<enter>"
                              "<sync-mailbox><quit>"))
        self.assertEqual(len(self.stored("Kept")), 2)
        self.finish(self.mutt("<search>~s dots<enter><save-message>+Kept<enter><sync-mailbox><quit>"))
        self.assertEqual((len(self.stored("Kept")), len(self.stored())), (3, len(self.texts) - 1))

    def test_search_on_the_server(self):
        self.finish(self.mutt("<tag-pattern>=b \"leading\"<enter><tag-prefix><flag-message><sync-mailbox><quit>"))
        flagged = [number for number, flags in enumerate(self.flags()) if "\\Flagged" in flags]
        self.assertEqual([self.texts[number] for number in flagged],
                         [octets for octets in self.texts if b"leading" in octets])

    def test_what_arrives_is_shown(self):
        for qresync in ("yes", "no"):
            with self.subTest(qresync):
                terminal = self.mutt(qresync=qresync)
                terminal.wait_for(b"From lines")
                self.append_all([message(f"arrived-{qresync}", "now\n")])
                terminal.wait_for(f"arrived-{qresync}".encode(), 40)
                terminal.type(b"q")
                self.finish(terminal)

    def test_opened_again_from_its_cache(self):
        self.finish(self.mutt("<quit>"))
        with self.server.client() as client:
            client.ok("SELECT INBOX")
            client.ok("STORE 2,4 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")
            client.ok("STORE 1 +FLAGS (\\Flagged)")
        terminal = self.mutt()
        terminal.wait_for(b"From lines")
        terminal.type(b"q")
        self.finish(terminal)
        self.assertNotIn(b"octets", terminal.output)


if __name__ == "__main__":
    main()
