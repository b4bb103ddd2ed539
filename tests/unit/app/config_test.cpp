#include "mailpipe/app/config/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "mailpipe/app/config/limits.hpp"

namespace mailpipe::app::config {
namespace {

constexpr std::string_view kGood = R"(
[defaults]
timeout = 30
to = "maildir:~/Mail"
jobs = 4
format = "jsonl"
summary = "news"

[host."IMAP.Example.org"]
pin-sha256 = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
proxy = "socks5h://127.0.0.1:9050"

[account.zeta]
source = ["imaps://alice@imap.example.org/INBOX", "imaps://alice@imap.example.org/Lists"]
to = "mbox:Mail/z%20a"
route = "FROM boss@example.org -> maildir:~/Mail/%m"
delete-after = "14d"
keep-newest = 100
keep-size = "500M"
max-delete = "20%"
max-size = 1000
search = "UNSEEN"
mailboxes = ["Lists/*", "News"]
special-use = "Sent"
subscribed = true
headers-only = false
password-command = """
pass mail/work |
head -n1"""

[account.alpha]
server = "smtps://alice@smtp.example.org"
from = ""
tls-ca = "certs/ca.pem"
password-file = "/etc/mail/password"
)";

Settings applied(const Section& section) {
    Settings settings;
    for (const auto& [key, value] : section)
        EXPECT_TRUE(key->apply(value, settings)) << key->name;
    return settings;
}

TEST(Config, Send) {
    const auto settings = [](const std::string& text) {
        const Parsed parsed = parse_config("[send]\n" + text, "f", "/home/me");
        EXPECT_TRUE(parsed.errors.empty()) << text;
        return send_settings(parsed.config);
    };
    const SendSettings whole =
        settings("server = \"mx:\"\naliases = \"mail/aliases\"\ndomain = \"Here.Example\"\nqueue = true\n");
    EXPECT_EQ(whole.server, "mx:");
    EXPECT_EQ(whole.aliases, "/home/me/mail/aliases");
    EXPECT_EQ(whole.domain, "here.example");
    EXPECT_TRUE(whole.queue);
    EXPECT_EQ(settings("account = \"work\"\n").server, "@work");
    EXPECT_EQ(settings("").server, "");
    const std::pair<std::string, std::string> wrong[] = {
        {"server = \"imap://h\"", "is an smtp://"},
        {"domain = \"a b\"", "labels"},
        {"server = \"smtp://h\"\naccount = \"w\"", "contradict"},
        {"user = \"x\"", "it belongs into"},
        {"nothing = 1", "unknown key"},
    };
    for (const auto& [text, says] : wrong) {
        const Parsed parsed = parse_config("[send]\n" + text, "f", "/home/me");
        ASSERT_EQ(parsed.errors.size(), 1U) << text;
        EXPECT_NE(parsed.errors[0].find(says), std::string::npos) << parsed.errors[0];
    }
}

TEST(Config, ReadsAllSections) {
    const Parsed parsed = parse_config(kGood, "f", "/home/a b");
    ASSERT_TRUE(parsed.errors.empty()) << parsed.errors[0];
    const Settings defaults = applied(parsed.config.defaults);
    EXPECT_EQ(defaults.fetch.client.timeout, std::chrono::seconds(30));
    EXPECT_EQ(defaults.fetch.destination, "maildir:/home/a%20b/Mail");
    EXPECT_EQ(defaults.jobs, 4U);
    EXPECT_EQ(defaults.format, MessageFormat::jsonl);
    EXPECT_EQ(defaults.summary, Summary::news);

    const Settings host = applied(parsed.config.hosts.at("imap.example.org"));
    EXPECT_EQ(host.fetch.client.pin_sha256.size(), 1U);
    EXPECT_EQ(host.fetch.client.proxy, "socks5h://127.0.0.1:9050");

    ASSERT_EQ(parsed.config.accounts.size(), 2U);
    const Account& zeta = parsed.config.accounts[0];
    EXPECT_EQ(zeta.name, "zeta");
    EXPECT_EQ(zeta.sources.size(), 2U);
    const FetchSettings fetch = applied(zeta.settings).fetch;
    EXPECT_EQ(fetch.destination, "mbox:/home/a%20b/Mail/z%20a");
    EXPECT_EQ(fetch.routes, std::vector<std::string>{"FROM boss@example.org -> maildir:/home/a%20b/Mail/%m"});
    EXPECT_EQ(fetch.retention.remove_after, 14 * 86400);
    EXPECT_EQ(fetch.retention.keep_newest, 100U);
    EXPECT_EQ(fetch.retention.keep_size, 500U << 20);
    EXPECT_EQ(fetch.retention.limit->number, 20U);
    EXPECT_TRUE(fetch.retention.limit->percent);
    EXPECT_EQ(fetch.selection.max_size, 1000U);
    EXPECT_EQ(fetch.selection.search, "UNSEEN");
    EXPECT_EQ(fetch.selection.mailboxes, (std::vector<std::string>{"Lists/*", "News"}));
    EXPECT_EQ(fetch.selection.special_use, std::vector<std::string>{"Sent"});
    EXPECT_TRUE(fetch.selection.subscribed);
    EXPECT_EQ(fetch.client.password_command, "pass mail/work |\nhead -n1");

    const Account& alpha = parsed.config.accounts[1];
    EXPECT_EQ(alpha.server, "smtps://alice@smtp.example.org");
    const Settings sending = applied(alpha.settings);
    EXPECT_EQ(sending.from, "");
    EXPECT_EQ(sending.fetch.client.tls_ca, "/home/a b/certs/ca.pem");
    EXPECT_EQ(sending.fetch.client.password_file, "/etc/mail/password");
    EXPECT_EQ(parsed.config.find_account("alpha"), &alpha);
    EXPECT_EQ(parsed.config.find_account("al"), nullptr);
}

TEST(Config, SaysWhatIsWrong) {
    const std::string source = "source = \"pop3s://a@h\"\n";
    const struct {
        std::string text;
        const char* error;
    } rows[] = {
        {"[account.work]\n" + source + "deleet = true\n",
         "f:3: unknown key \"deleet\" in [account.work]; did you mean \"delete\"?"},
        {"[account.w]\n" + source + "frobnicate = 1\n", "f:3: unknown key \"frobnicate\" in [account.w]"},
        {"[acount.w]\n" + source, "f:1: unknown section \"acount\"; did you mean \"account\"?"},
        {"x = 1",
         "f:1: unknown key \"x\"; sections are [defaults], [host.\"NAME\"], [account.NAME] and [send]"},
        {"account = 1", "f:1: \"account\" is a section"},
        {"[account]\n" + source, "f:2: \"source\" in [account] is a section; write [account.NAME]"},
        {"[account.all]\n" + source,
         "f:1: [account.all]: a name has letters, digits, \"-\", \"_\" and \".\", and is not \"all\""},
        {"[account.\"a/b\"]\n" + source,
         "f:1: [account.a/b]: a name has letters, digits, \"-\", \"_\" and \".\", and is not \"all\""},
        {"[account.w]\ntimeout = 1", "f:1: [account.w] has neither a source nor a server"},
        {"[account.w]\n" + source + "delete = \"yes\"", "f:3: \"delete\" in [account.w] is true or false"},
        {"[account.w]\n" + source + "keep-newest = 1.5",
         "f:3: \"keep-newest\" in [account.w] is a whole number"},
        {"[account.w]\n" + source + "keep-newest = -1",
         "f:3: \"keep-newest\" in [account.w] is a number from 0"},
        {"[account.w]\n" + source + "timeout = 0",
         "f:3: \"timeout\" in [account.w] is a number of seconds from 0.001 to 86400"},
        {"[account.w]\n" + source + "timeout = nan",
         "f:3: \"timeout\" in [account.w] is a number of seconds from 0.001 to 86400"},
        {"[account.w]\n" + source + "timeout = \"9\"", "f:3: \"timeout\" in [account.w] is a number"},
        {"[account.w]\n" + source + "mailboxes = [\"a\", 1]",
         "f:3: \"mailboxes\" in [account.w] is a string or an array of strings"},
        {"[account.w]\n" + source + "user = [\"a\"]", "f:3: \"user\" in [account.w] is a string"},
        {"[account.w]\n" + source + "max-size = true",
         "f:3: \"max-size\" in [account.w] is a string or a whole number"},
        {"[account.w]\n" + source + "max-size = \"1x\"",
         "f:3: \"max-size\" in [account.w]: \"1x\" is no size such as 1000, 500k, 500M or 2G"},
        {"[account.w]\n" + source + "delete-after = \"14\"",
         "f:3: \"delete-after\" in [account.w]: \"14\" is no duration such as 90s, 15m, 12h, 14d or 2w"},
        {"[account.w]\n" + source + "tls = \"maybe\"",
         "f:3: \"tls\" in [account.w]: \"maybe\" is not one of none, starttls, implicit"},
        {"[account.w]\n" + source + "user = \"a\\u0000b\"",
         "f:3: \"user\" in [account.w]: holds a control character"},
        {"[account.w]\n" + source + "password-command = \"a\\u0000b\"",
         "f:3: \"password-command\" in [account.w]: holds NUL"},
        {"[account.w]\n" + source + "user = \"a:geheim\"",
         "f:3: \"user\" in [account.w] is a name only, without a password"},
        {"[account.w]\n" + source + "route = \"FROM bob\"",
         "f:3: \"route\" in [account.w]: \"FROM bob\" is no rule such as \"FROM bob -> maildir:~/Mail/bob\""},
        {"[account.w]\n" + source + "to = \"maildir:x/%q\"",
         "f:3: \"to\" in [account.w]: the path has a '%' without two hexadecimal digits; write %25 for a "
         "percent sign"},
        {"[account.w]\n" + source + "to = \"pop3://h\"",
         "f:3: \"to\" in [account.w]: give maildir:PATH, mbox:PATH, an imap, imaps, smtp, smtps or lmtp URL, "
         "lmtp:SOCKET-PATH or "
         "pipe:COMMAND"},
        {"[account.w]\n" + source + "route = \"ALL -> imap:x\"",
         "f:3: \"route\" in [account.w]: write imap://HOST, or ./ before a file name"},
        {"[account.w]\n" + source + "to = \"maildr:x\"",
         "f:3: \"to\" in [account.w]: no such file or directory; a location is maildir:PATH, mbox:PATH, "
         "imap://, "
         "imaps://, pop3://, pop3s://, smtp://, smtps://, lmtp: or a path"},
        {"[account.w]\n" + source + "to = \"maildir:~bob/x\"",
         "f:3: \"to\" in [account.w]: ~ stands for your own home directory only; write the path of another "
         "one"},
        {"[account.w]\n" + source + "server = \"imaps://h\"",
         "f:3: \"server\" in [account.w] is an smtp://, smtps:// or lmtp:// URL, lmtp:PATH or mx:"},
        {"[account.w]\nsource = \"-\"\n",
         "f:2: \"source\" in [account.w]: standard input is no source of an account"},
        {"[account.w]\nsource = []\n", "f:2: \"source\" in [account.w] is empty"},
        {"[account.w]\nsource = \"imaps://h/INBOX/;UID=2\"\n",
         "f:2: \"source\" in [account.w]: names a message, not a mailbox"},
        {"[account.w]\n" + source + "delete = true\nkeep = true\n",
         "f:4: \"delete\" and \"keep\" in [account.w] contradict each other"},
        {"[account.w]\n" + source + "password-file = \"x\"\npassword-command = \"y\"\n",
         "f:4: \"password-command\" and \"password-file\" in [account.w] contradict each other"},
        {"[defaults]\nsource = \"pop3s://a@h\"\n",
         "f:2: \"source\" in [defaults]: it belongs into [account.NAME]"},
        {"[host.h]\ndelete = true\n",
         "f:2: \"delete\" in [host.\"h\"]: it belongs into [defaults] or [account.NAME]"},
        {"[defaults]\nsummary = \"often\"",
         "f:2: \"summary\" in [defaults]: \"often\" is not one of news, always, never"},
        {"[account.w]\n" + source + "jobs = 2", "f:3: \"jobs\" in [account.w]: it belongs into [defaults]"},
        {"[host.h]\n[host.H]\n", "f:1: the host \"h\" has two sections"},
    };
    for (const auto& row : rows) {
        const Parsed parsed = parse_config(row.text, "f", "/home/a");
        ASSERT_EQ(parsed.errors.size(), 1U) << row.text << (parsed.errors.empty() ? "" : parsed.errors[1]);
        EXPECT_EQ(parsed.errors[0], row.error) << row.text;
    }
}

TEST(Config, AllErrorsInTheOrderOfTheFile) {
    const Parsed parsed =
        parse_config("[account.z]\nsorce = \"x\"\ntls = 1\n[account.a]\nsource = 1\nkep = 1\n", "f", "/");
    std::vector<std::string> places;
    for (const std::string& error : parsed.errors)
        places.push_back(error.substr(0, 4));
    EXPECT_EQ(places, (std::vector<std::string>{"f:1:", "f:2:", "f:3:", "f:5:", "f:6:"}));
}

TEST(Config, PasswordsAreRefusedAndNotRepeated) {
    for (const char* text : {"[account.w]\nserver = \"smtp://h\"\npassword = \"geheim\"\n",
                             "[account.w]\nserver = \"smtp://h\"\npassword = geheim\n",
                             "[account.w]\nsource = \"imaps://alice:geheim@h\"\n",
                             "[account.w]\nsource = \"imaps://alice:geheim@h/;UID=x\"\n"}) {
        const Parsed parsed = parse_config(text, "f", "/home/a");
        ASSERT_EQ(parsed.errors.size(), 1U) << text;
        EXPECT_EQ(parsed.errors[0].find("geheim"), std::string::npos) << parsed.errors[0];
    }
    EXPECT_EQ(
        parse_config("[defaults]\npassword = \"x\"", "f", "/").errors[0],
        "f:2: \"password\" in [defaults]: a password does not belong into this file; use password-command, "
        "password-file, $MAILPIPE_PASSWORD or ~/.netrc");
}

TEST(Config, WithoutAHomeRelativePathsAreErrors) {
    const std::string text = "[account.w]\nsource = \"pop3s://a@h\"\nto = \"maildir:";
    EXPECT_TRUE(parse_config(text + "/abs\"", "f", "").errors.empty());
    for (const char* path : {"~/x\"", "x\""}) {
        const Parsed parsed = parse_config(text + path, "f", "");
        ASSERT_EQ(parsed.errors.size(), 1U);
        EXPECT_NE(parsed.errors[0].find("HOME is not set"), std::string::npos) << parsed.errors[0];
    }
}

TEST(Config, Limits) {
    const std::string large = "#" + std::string(limits::kConfigFile, 'x');
    EXPECT_EQ(parse_config(large, "f", "/").errors.at(0), "f:1: the file is larger than kConfigFile (1 MiB)");
    std::string deep = "[";
    for (int i = 0; i < 300'000; ++i)
        deep += "a.";
    EXPECT_EQ(parse_config("\n" + deep + "a]\n", "f", "/").errors.at(0),
              "f:2: a key has more parts than kConfigKeyParts (16)");
    const std::string nested = "a = " + std::string(10'000, '[');
    EXPECT_NE(parse_config(nested, "f", "/").errors.at(0).find("TOML_MAX_NESTED_VALUES"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::app::config
