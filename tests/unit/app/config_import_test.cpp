#include "mailpipe/app/config/import.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/config/config.hpp"
#include "mailpipe/app/config/limits.hpp"

namespace mailpipe::app::config {
namespace {

std::string imported(Dialect dialect, std::string_view text) {
    auto config = import_config(dialect, text);
    if (!config) return "error " + config.error().message;
    const Parsed parsed = parse_config(*config, "out", "/home/a");
    for (const std::string& error : parsed.errors)
        ADD_FAILURE() << error << "\n" << *config;
    EXPECT_EQ(config->find("geheim"), std::string::npos) << *config;
    return *config;
}

// The lines stand in the text, in this order.
void expect_lines(const std::string& text, const std::vector<std::string>& lines) {
    std::size_t at = 0;
    const std::string in = "\n" + text;
    for (const std::string& line : lines) {
        const std::size_t found = in.find("\n" + line, at);
        EXPECT_NE(found, std::string::npos) << "no line " << line << " in\n" << text;
        if (found != std::string::npos) at = found + 1;
    }
}

TEST(ConfigImport, Fetchmailrc) {
    const std::string text = imported(Dialect::fetchmailrc, R"(
# a comment with password geheim
set daemon 600
set syslog
defaults
  timeout 20 fetchall
poll work via imap.example.org proto IMAP port 1993:
  user "alice" there with password "geheim \" geheim" is alice here
    ssl, keep sslcertck sslcertfile ~/ca.pem folder INBOX, "Sent Items" mda "procmail -d %T" limit 50000
  user bob pass geheim ssl sslproto tls1.3 smtphost relay/2525 antispam -1 550 nokeep
poll pop.example.net protocol POP3, interval 3, user 'carol' password geheim, sslproto "" no fetchall
skip old.example.org proto pop2 user dave pass geheim
)");
    expect_lines(text, {
                           "# No equivalent of \"set daemon\": a crontab does it, as: */10 * * * *",
                           "# No equivalent of \"set syslog\".",
                           "[account.work]",
                           "source = [\"imaps://alice@imap.example.org:1993/INBOX\", "
                           "\"imaps://alice@imap.example.org:1993/Sent%20Items\"]",
                           "# No equivalent of \"sslcertck\": chain and name are always checked",
                           "keep = true",
                           "to = \"pipe:procmail -d alice\"",
                           "# The password was not taken over",
                           "timeout = 20",
                           "tls-ca = \"~/ca.pem\"",
                           "max-size = 50000",
                           "[account.work-2]",
                           "source = \"imaps://bob@imap.example.org:1993\"",
                           "# No equivalent of \"antispam\"",
                           "# No equivalent of \"sslproto\": TLS 1.2 and newer are used.",
                           "delete = true",
                           "to = \"smtp://relay:2525\"",
                           "[account.pop-example-net]",
                           "source = \"pop3://carol@pop.example.net\"",
                           "# No equivalent of \"interval\"",
                           "tls = \"none\"",
                           "delete = true",
                           "to = \"smtp://localhost:25\"",
                           "# [account.old-example-org]",
                           "# source = ",
                           "# fetchmail skips it unless it is named.",
                           "# No equivalent of the protocol pop2",
                           "# delete = true",
                       });
    EXPECT_EQ(text.find("unseen-only"), std::string::npos);
    EXPECT_NE(imported(Dialect::fetchmailrc, "poll h proto imap user a").find("unseen-only = true"),
              std::string::npos);
}

TEST(ConfigImport, Certificates) {
    const std::vector<std::string> expected{"tls-cert = \"/c.pem\"", "tls-key = \"/k.pem\""};
    expect_lines(imported(Dialect::fetchmailrc, "poll h proto imap user a ssl sslcert /c.pem sslkey /k.pem"),
                 expected);
    expect_lines(imported(Dialect::getmailrc,
                          "[retriever]\ntype=SimpleIMAPSSLRetriever\nserver=h\nusername=a\ncertfile=/c.pem\n"
                          "keyfile=/k.pem\nuse_kerberos=true\n[destination]\ntype=Maildir\npath=~/M/\n"),
                 {expected[0], expected[1], "gssapi = true"});
    expect_lines(imported(Dialect::mpoprc,
                          "account a\nhost h\nuser a\ntls on\ntls_cert_file /c.pem\ntls_key_file /k.pem\n"
                          "delivery maildir ~/M\n"),
                 expected);
    expect_lines(imported(Dialect::mbsyncrc,
                          "IMAPStore s\nHost h\nUser a\nClientCertificate /c.pem\nClientKey /k.pem\n\n"
                          "MaildirStore m\nPath ~/M/\n\nChannel c\nFar :s:\nNear :m:\nSync Pull\n"),
                 expected);
}

// A word that is not understood may be a piece of a password.
TEST(ConfigImport, UnknownWordsAreNamedByTheirLine) {
    EXPECT_NE(
        imported(Dialect::fetchmailrc, "poll h proto pop3\nuser a pasword geheim").find("# Line 2 has a word"),
        std::string::npos);
    EXPECT_NE(imported(Dialect::mpoprc, "account a\nhost h\npasswort geheim").find("# Line 3 has a command"),
              std::string::npos);
    EXPECT_NE(imported(Dialect::getmailrc,
                       "[retriever]\ntype=SimplePOP3Retriever\nserver=h\ngeheim\npasswort = geheim")
                  .find("# Line 4 is no setting"),
              std::string::npos);
    EXPECT_NE(imported(Dialect::mbsyncrc,
                       "IMAPStore s\nHost h\nPasswort geheim\n\nMaildirStore m\nPath ~/M/\n\n"
                       "Channel c\nFar :s:\nNear :m:\n")
                  .find("# Line 3 has an option"),
              std::string::npos);
}

TEST(ConfigImport, Msmtprc) {
    const std::string text = imported(Dialect::msmtprc, R"(
defaults
tls on
logfile ~/.msmtp.log
dsn_notify failure
account work
host smtp.example.org
port 587
auth on
user alice
password geheim
from alice@example.org
timeout 30
account direct : work
tls_starttls off
port 465
passwordeval "pass mail"
account plain
host relay.example.net
tls off
from %U@example.net
account local
protocol lmtp
host localhost
port 24
tls off
account default : work
)");
    expect_lines(text, {
                           "# The account default is another name of work.",
                           "[account.work]",
                           "server = \"smtp://alice@smtp.example.org:587\"",
                           "# No equivalent of logfile: mail-send prints a receipt",
                           "# No equivalent of dsn_notify: see --notify.",
                           "from = \"alice@example.org\"",
                           "# The password was not taken over",
                           "timeout = 30",
                           "[account.direct]",
                           "server = \"smtps://alice@smtp.example.org:465\"",
                           "from = \"alice@example.org\"",
                           "password-command = \"pass mail\"",
                           "[account.plain]",
                           "server = \"smtp://relay.example.net\"",
                           "# msmtp was told to go without TLS.",
                           "tls = \"none\"",
                           "# No equivalent of a pattern in from; give -f.",
                           "[account.local]",
                           "server = \"lmtp://localhost:24\"",
                       });
}

TEST(ConfigImport, Mpoprc) {
    const std::string text = imported(Dialect::mpoprc, R"(
defaults
tls on
delivery mbox ~/Mail/in box
timeout 30
account one
host pop.example.org
user alice
passwordeval "gpg -d \"x\" | head -n1"
only_new off
account two : one
user bob
tls_starttls off
tls_trust_file /etc/ca.pem
keep
delivery maildir Mail/two
skipsize 10000
proxy_host 127.0.0.1
account three : two
password geheim
passwordeval
delivery mda "/usr/bin/procmail -d $USER"
tls off
account default : one
account four
host h
user eve
password geheim
delivery exchange c:\pickup
account five
host h
)");
    expect_lines(text, {
                           "# The account default is another name of one.",
                           "[account.one]",
                           "source = \"pop3://alice@pop.example.org\"",
                           "# No equivalent of only_new: each message is fetched once.",
                           "password-command = 'gpg -d \\\"x\\\" | head -n1'",
                           "timeout = 30",
                           "to = \"mbox:~/Mail/in%20box\"",
                           "delete = true",
                           "[account.two]",
                           "source = \"pop3s://bob@pop.example.org\"",
                           "tls-ca = \"/etc/ca.pem\"",
                           "proxy = \"socks5h://127.0.0.1:1080\"",
                           "max-size = 10000",
                           "to = \"maildir:Mail/two\"",
                           "keep = true",
                           "[account.three]",
                           "source = \"pop3://bob@pop.example.org\"",
                           "tls = \"none\"",
                           "# The password was not taken over",
                           "to = \"pipe:/usr/bin/procmail -d $USER\"",
                           "# [account.four]",
                           "# No equivalent of that delivery",
                       });
}

TEST(ConfigImport, Getmailrc) {
    const std::string text = imported(Dialect::getmailrc, R"rc(
[retriever]
type = SimpleIMAPSSLRetriever
server = imap.example.org
port = 1993
username = alice
password_command = ("pass", "mail's key")
mailboxes = ("INBOX", "Lists.C++",
  "Sent Items")
move_on_delete = Old
imap_search = UNSEEN
[destination]
type = Maildir
path = ~/Maildir/
user = alice
[options]
delete = true
delete_after = 30
max_message_size = 100000
verbose = 0
[filter-1]
type = Filter_external

[retriever]
type = SimplePOP3Retriever
server = pop.example.org
username = bob
password = geheim
timeout: 60
[destination]
type = MultiSorter
default = [other]
locals = (("a@b", "[x]"),)
[other]
type = MDA_external
path = /usr/bin/mda
arguments = ("-f", "%(sender)", "two words")
)rc");
    expect_lines(text, {
                           "[account.imap-example-org]",
                           "source = [\"imaps://alice@imap.example.org:1993/INBOX\", "
                           "\"imaps://alice@imap.example.org:1993/Lists.C++\", "
                           "\"imaps://alice@imap.example.org:1993/Sent%20Items\"]",
                           "search = \"UNSEEN\"",
                           "# No equivalent of move_on_delete",
                           "# No equivalent of user in [destination]",
                       });
    expect_lines(text, {
                           "password-command = \"pass 'mail'\\\\''s key'\"",
                           "delete-after = \"30d\"",
                           "max-size = 100000",
                           "# No equivalent of verbose: see --quiet.",
                           "to = \"maildir:~/Maildir\"",
                           "# No equivalent of [filter-1]",
                           "[account.pop-example-org]",
                           "source = \"pop3://bob@pop.example.org\"",
                           "timeout = 60",
                           "# The password was not taken over",
                           "keep = true",
                           "# No equivalent of MultiSorter",
                           "# No equivalent of %(sender)",
                           "to = \"pipe:/usr/bin/mda -f '%(sender)' 'two words'\"",
                       });
}

TEST(ConfigImport, Mbsyncrc) {
    const std::string text = imported(Dialect::mbsyncrc, R"(
Create Both
Expunge Both

IMAPAccount acc
Host imap.example.org
User alice
Pass geheim
SSLType IMAPS
Port 1993

IMAPStore far
Account acc
Path Mail/

IMAPStore tunnel
Tunnel "ssh -q host \"imapd\""

MaildirStore near
Path ~/Mail/
Inbox ~/Mail/INBOX
SubFolders Verbatim

Channel pulled
Far :far:
Near :near:
Sync Pull New
Patterns * !Trash

Channel both
Far :far:Lists
Near :near:Lists
MaxSize 200k

Channel pushed
Far :far:
Near :near:
Sync Push

Channel backwards
Far :near:
Near :far:

Channel piped
Master :tunnel:
Slave :near:

Group all pulled both:INBOX
)");
    expect_lines(text, {
                           "# Group all: mail-fetch @pulled @both",
                           "# No equivalent of create",
                           "[account.pulled]",
                           "source = \"imaps://alice@imap.example.org:1993\"",
                           "# No equivalent of expunge",
                           "# No equivalent of a pattern that excludes mailboxes: !Trash.",
                           "mailboxes = \"Mail/*\"",
                           "# The password was not taken over",
                           "to = \"maildir:~/Mail/INBOX/%m\"",
                           "keep = true",
                           "[account.both]",
                           "source = \"imaps://alice@imap.example.org:1993/Mail/Lists\"",
                           "# There is no synchronisation in both directions",
                           "to = \"maildir:~/Mail/Lists\"",
                           "max-size = \"200k\"",
                           "# [account.pushed]",
                           "# It only pushes to the server; no equivalent.",
                           "# [account.backwards]",
                           "# It does not fetch from an IMAP server (Far) into a Maildir (Near)",
                           "[account.piped]",
                           "source = \"imap://localhost\"",
                           "tunnel = ",
                       });
}

// Whatever is put in, what comes out is accepted and does what it says.
TEST(ConfigImport, OddValues) {
    for (const Dialect dialect :
         {Dialect::fetchmailrc, Dialect::getmailrc, Dialect::mpoprc, Dialect::mbsyncrc, Dialect::msmtprc}) {
        EXPECT_EQ(imported(dialect, ""), "");
        imported(dialect, std::string_view("\0\xff\x1b[31m\n", 8));
    }
    const std::string text =
        imported(Dialect::fetchmailrc,
                 "poll \"a b]\\nx = 1\" proto imap user \"a\\n[account.x]\" ssl\n"
                 "poll h proto imap user a ssl sslcertfile \"a\\nb\" mda \"a 'b' \\\"c\\\" \\\\d\"");
    expect_lines(text, {"# [account.a-b--x---1]", "[account.h]", "to = \"pipe:a 'b' \\\"c\\\" \\\\d\""});
    EXPECT_EQ(import_config(Dialect::mpoprc, std::string(limits::kConfigFile + 1, ' ')).error().kind,
              Errc::limit);
    std::string many;
    for (int i = 0; i < 2000; ++i)
        many += "account a\nhost h\n";
    expect_lines(imported(Dialect::mpoprc, many),
                 {"# There are more accounts than 1000", "# [account.too-many]"});
}

}  // namespace
}  // namespace mailpipe::app::config
