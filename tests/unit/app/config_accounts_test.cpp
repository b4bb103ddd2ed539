#include "mailpipe/app/config/accounts.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::config {
namespace {

constexpr const char* kFile = R"(
[defaults]
timeout = 10
proxy = "http://defaults"
delete = true
password-command = "defaults"
route = "FROM a -> maildir:/r"

[host."imap.example.org"]
timeout = 20
proxy = "http://host"
user = "hosted"

[account.work]
source = ["imaps://alice@imap.example.org/INBOX", "imaps://alice@imap.example.org/Lists"]
server = "smtps://alice@smtp.example.org"
from = "alice@example.org"
proxy = ""
password-file = "/account"
to = "maildir:/work"

[account.other]
source = "imaps://imap.example.org"
keep = true

[account.pop]
source = "pop3s://alice@pop.example.org"
delete-after = "1d"

[account.sender]
server = "lmtp:/run/lmtp"
)";

class AccountsTest : public testing::Test {
 protected:
    void SetUp() override {
        options_.config_file = directory_ + "/config.toml";
        std::ofstream(options_.config_file) << kFile;
        ::chmod(options_.config_file.c_str(), 0600);
    }

    std::string located(const std::string& text) {
        testing::internal::CaptureStderr();
        Accounts accounts(options_, diagnostics_);
        std::string found;
        for (const Located& one : accounts.locate_all({text}))
            found += encode(one.location) + " of " + one.location.account + "\n";
        return testing::internal::GetCapturedStderr() + found;
    }
    Settings settings(const std::string& text) {
        Accounts accounts(options_, diagnostics_);
        Settings command_line;
        command_line.fetch.client = options_;
        const auto location = accounts.locate_all({text}).at(0).location;
        return accounts.settings(location, command_line).value();
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    ClientOptions options_;
    Diagnostics diagnostics_{"test", CommonOptions()};
};

TEST_F(AccountsTest, Locate) {
    const std::string file = options_.config_file;
    const struct {
        const char* text;
        std::string found;
    } rows[] = {
        {"@work",
         "imaps://alice@imap.example.org/INBOX of work\nimaps://alice@imap.example.org/Lists of work\n"},
        {"@work/Sent Items", "imaps://alice@imap.example.org/Sent%20Items of work\n"},
        {"@work/a%2Fb/c", "imaps://alice@imap.example.org/a/b/c of work\n"},
        {"@work/INBOX;UIDVALIDITY=3/;UID=2",
         "imaps://alice@imap.example.org/INBOX;UIDVALIDITY=3/;UID=2 of work\n"},
        {"@other", "imaps://imap.example.org/INBOX of other\n"},
        {"@all",
         "imaps://alice@imap.example.org/INBOX of work\nimaps://alice@imap.example.org/Lists of work\n"
         "imaps://imap.example.org/INBOX of other\npop3s://alice@pop.example.org of pop\n"},
        {"maildir:/x", "maildir:/x of \n"},
        {"@wrok", "test: @wrok: no such account in " + file + "; did you mean @work?\n"},
        {"@nobody", "test: @nobody: no such account in " + file + "\n"},
        {"@sender", "test: @sender: the account has no source\n"},
        {"@", "test: @: no such account in " + file + "\n"},
        {"@pop/Lists", "test: pop3s://alice@pop.example.org: only an IMAP source has mailboxes\n"},
        {"nope://x",
         "test: nope://x: unknown scheme; a location is maildir:PATH, mbox:PATH, imap://, imaps://, "
         "pop3://, pop3s://, smtp://, smtps://, lmtp: or a path\n"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(located(row.text), row.found) << row.text;
    EXPECT_EQ(diagnostics_.exit_status(), 78);
}

TEST_F(AccountsTest, LocateOneAndServer) {
    Accounts accounts(options_, diagnostics_);
    EXPECT_EQ(accounts.locate_one("@work").error().kind, Errc::usage);
    EXPECT_EQ(encode(accounts.locate_one("@work/Archive").value()), "imaps://alice@imap.example.org/Archive");
    EXPECT_EQ(encode(accounts.locate_server("@work").value()), "smtps://alice@smtp.example.org");
    EXPECT_EQ(encode(accounts.locate_server("@sender").value()), "lmtp:/run/lmtp");
    EXPECT_EQ(accounts.locate_server("@pop").error().message, "the account has no server");
    EXPECT_EQ(accounts.locate_server("@all").error().kind, Errc::usage);
    EXPECT_EQ(accounts.locate_server("@wrok").error().kind, Errc::config);
}

TEST_F(AccountsTest, TheNearestSettingCounts) {
    const Settings work = settings("@work");
    EXPECT_EQ(work.fetch.client.timeout, std::chrono::seconds(20));
    EXPECT_EQ(work.fetch.client.proxy, "");
    EXPECT_EQ(work.fetch.client.password_command, "")
        << "the account's file takes the place of the default's command";
    EXPECT_EQ(work.fetch.client.password_file, "/account");
    EXPECT_TRUE(work.fetch.retention.remove);
    EXPECT_EQ(work.fetch.routes.size(), 1U);
    const Settings other = settings("@other");
    EXPECT_EQ(other.fetch.client.user, "hosted");
    EXPECT_EQ(other.fetch.client.password_command, "defaults");
    EXPECT_FALSE(other.fetch.retention.any()) << "keep";
    const Settings pop = settings("@pop");
    EXPECT_EQ(pop.fetch.client.timeout, std::chrono::seconds(10));
    EXPECT_TRUE(pop.fetch.retention.remove);
    EXPECT_EQ(pop.fetch.retention.remove_after, 86400);
}

TEST_F(AccountsTest, TheCommandLineBeatsTheFile) {
    options_.given = {"timeout", "password-command", "keep", "to"};
    options_.timeout = std::chrono::seconds(5);
    options_.password_command = "given";
    const Settings work = settings("@work");
    EXPECT_EQ(work.fetch.client.timeout, std::chrono::seconds(5));
    EXPECT_EQ(work.fetch.client.password_command, "given");
    EXPECT_EQ(work.fetch.client.password_file, "");
    EXPECT_FALSE(work.fetch.retention.any());
    EXPECT_EQ(work.fetch.destination, "");
    EXPECT_TRUE(work.fetch.routes.empty());
    EXPECT_FALSE(settings("@pop").fetch.retention.any());
}

// A ref that a listing of the account printed goes back to the account. What the account does with mail is not for it.
TEST_F(AccountsTest, AUrlFindsHowToConnect) {
    const Settings ref = settings("imaps://alice@imap.example.org/Any;UIDVALIDITY=1/;UID=2");
    EXPECT_EQ(ref.fetch.client.password_file, "/account");
    EXPECT_FALSE(ref.fetch.retention.any());
    EXPECT_EQ(ref.fetch.destination, "");
    EXPECT_EQ(settings("imaps://hosted@imap.example.org").fetch.client.password_command, "defaults");
    const Settings stranger = settings("imaps://bob@imap.example.org");
    EXPECT_EQ(stranger.fetch.client.proxy, "http://host");
    EXPECT_EQ(stranger.fetch.client.password_command, "");
    EXPECT_EQ(settings("imap://alice@imap.example.org").fetch.client.password_file, "") << "without TLS";
    EXPECT_EQ(settings("imaps://alice@imap.example.org:1993").fetch.client.password_file, "");
    EXPECT_EQ(settings("pop3s://alice@elsewhere.example.org").fetch.client.timeout, std::chrono::seconds(60));
}

TEST_F(AccountsTest, AFileThatOthersCanWriteIsRefused) {
    for (const mode_t mode : {0620, 0602}) {
        ::chmod(options_.config_file.c_str(), mode);
        EXPECT_NE(located("@work").find("others can write it"), std::string::npos);
    }
    ::chmod(options_.config_file.c_str(), 0644);
    EXPECT_NE(located("@work").find("INBOX"), std::string::npos);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(options_.config_file.c_str(), 12345, 0), 0);
        EXPECT_NE(located("@work").find("belongs to another user (uid 12345)"), std::string::npos);
    }
}

// Only what needs the file depends on it, and its errors are said once.
TEST_F(AccountsTest, AFileWithErrors) {
    std::ofstream(options_.config_file) << "x = 1\ny = 2\n";
    EXPECT_EQ(located("maildir:/x"), "maildir:/x of \n");
    Accounts accounts(options_, diagnostics_);
    testing::internal::CaptureStderr();
    EXPECT_TRUE(accounts.locate_all({"@work", "@other"}).empty());
    EXPECT_FALSE(accounts.client(parse_location("imaps://a@h").value()));
    const std::string errors = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 2) << errors;
}

TEST_F(AccountsTest, TheUsersOwnFile) {
    options_.config_file.clear();
    setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);
    EXPECT_NE(located("@work").find("no such account in " + directory_ + "/mailpipe/config.toml"),
              std::string::npos);
    std::filesystem::create_directory(directory_ + "/mailpipe");
    std::filesystem::rename(directory_ + "/config.toml", directory_ + "/mailpipe/config.toml");
    EXPECT_EQ(located("@pop"), "pop3s://alice@pop.example.org of pop\n");
    unsetenv("XDG_CONFIG_HOME");
    options_.config_file = directory_ + "/none.toml";
    EXPECT_NE(located("@work").find("none.toml: No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::app::config
