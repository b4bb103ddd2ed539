"""Perl's Mail::IMAPClient, which asks for much that others do not."""

import json
import subprocess
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.messages import crlf, message

_PROGRAM = r"""
use strict; use warnings; use Mail::IMAPClient; use JSON::PP;
my ($port, $secure, $ca) = @ARGV;
my $imap = Mail::IMAPClient->new(Server => 'localhost', Port => $port, User => 'alice', Password => 'secret',
    Uid => 1, Timeout => 30, $secure eq 'tls' ? (Ssl => [SSL_ca_file => $ca]) :
    $secure eq 'starttls' ? (Starttls => [SSL_ca_file => $ca]) : ()) or die "login: $@";
my %said;
sub need { my ($what, @value) = @_; die "$what: " . $imap->LastError unless @value && defined $value[0]; @value }
$said{capability} = [need 'capability', $imap->capability];
$said{id} = $imap->has_capability('ID') ? [need('id', $imap->tag_and_run('ID NIL'))] : [];
need 'select', $imap->select('INBOX');
$said{count} = (need 'count', $imap->message_count)[0];
$said{uids} = [need 'messages', $imap->messages];
$said{text} = (need 'message_string', $imap->message_string($said{uids}[0]))[0];
$said{body} = (need 'bodypart', $imap->bodypart_string($said{uids}[0], 1))[0];
$said{header} = (need 'parse_headers', $imap->parse_headers($said{uids}[0], 'Subject', 'From'))[0];
$said{size} = (need 'size', $imap->size($said{uids}[0]))[0];
$said{date} = (need 'internaldate', $imap->internaldate($said{uids}[0]))[0];
$said{structure} = (need 'structure', $imap->get_bodystructure($said{uids}[0]))[0]->bodytype;
$said{envelope} = (need 'envelope', $imap->get_envelope($said{uids}[0]))[0]->subject;
need 'flag', $imap->set_flag('Flagged', $said{uids}[1]);
$said{flagged} = [need 'flagged', $imap->search('FLAGGED')];
need 'unflag', $imap->unset_flag('Flagged', $said{uids}[1]);
$said{search} = [need 'search', $imap->search('SUBJECT "From lines"')];
$said{sort} = [need 'sort', $imap->sort('SUBJECT', 'UTF-8', 'ALL')];
($said{thread}) = need 'thread', $imap->thread('REFERENCES', 'UTF-8', 'ALL');
need 'create', $imap->create('Perl');
$said{appended} = (need 'append', $imap->append_string('Perl', join('', <STDIN>), '(\Seen)'))[0];
$said{copied} = (need 'copy', $imap->copy('Perl', $said{uids}[0], $said{uids}[1]))[0];
$said{moved} = (need 'move', $imap->move('Perl', $said{uids}[2]))[0];
need 'expunge', $imap->expunge;
my @folders = need 'folders', $imap->folders;
$said{folders} = [sort @folders];
need 'subscribe', $imap->subscribe('Perl');
$said{subscribed} = [need 'subscribed', $imap->subscribed];
$said{unseen} = $imap->unseen_count('Perl');
need 'rename_folder', $imap->rename('Perl', 'Pearl');
need 'delete', $imap->delete('Pearl');
my ($tag) = need('idle', $imap->idle);
need('done', $imap->done($tag));
$said{uidnext} = (need 'uidnext', $imap->uidnext('INBOX'))[0];
$said{quota} = ($imap->has_capability('QUOTA') ? [need('quota', $imap->getquotaroot('INBOX'))] : []);
need 'logout', $imap->logout;
print encode_json(\%said);
"""
_MODULES = "use Mail::IMAPClient; use IO::Socket::SSL; use Mail::IMAPClient::BodyStructure;"


def has_modules():
    return subprocess.run(["perl", "-e", _MODULES], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(has_modules(), "Mail::IMAPClient is not installed")
class Perl(ImapCase):
    def test_all(self):
        script = self.write("client.pl", _PROGRAM.encode())
        for secure in ("plain", "starttls", "tls"):
            with self.subTest(secure):
                port = self.server.imaps if secure == "tls" else self.server.imap
                appended = message("by Perl", f"over {secure}\n.\n")
                before = self.stored()
                said = json.loads(self.program("perl", script, str(port), secure, self.certificates().ca,
                                               stdin=crlf(appended)))
                self.check(said, before)
                after = self.stored()
                self.assertEqual(after, [octets for octets in before if octets != before[2]])

    def check(self, said, before):
        uids = said["uids"]
        self.assertEqual((int(said["count"]), len(uids)), (len(before), len(before)))
        self.assertEqual(said["text"].encode("latin-1"), crlf(before[0]))
        self.assertEqual(said["body"], "Hello\r\n")
        self.assertEqual(said["header"], {"Subject": ["plain"], "From": ["Carol <carol@example.net>"]})
        self.assertEqual(int(said["size"]), len(crlf(before[0])))
        self.assertEqual((said["structure"], said["envelope"]), ("TEXT", "plain"))
        self.assertEqual(said["flagged"], [uids[1]])
        self.assertIn("From lines", [text.split(b"Subject: ")[1].split(b"\n")[0].decode("utf-8", "replace")
                                     for text in before])
        self.assertEqual(len(said["search"]), 1)
        self.assertEqual(sorted(said["sort"]), sorted(uids))
        self.assertEqual(said["folders"], ["INBOX", "Perl"])
        self.assertEqual(said["subscribed"], ["Perl"])
        self.assertGreater(int(said["uidnext"]), int(uids[-1]))


if __name__ == "__main__":
    main()
