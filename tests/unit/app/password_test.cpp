#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "mailpipe/app/connection.hpp"
#include "tests/support/scratch_directory.hpp"
#include "tests/unit/app/pipe.hpp"

namespace mailpipe::app {
namespace {

class Password : public testing::Test {
 protected:
    void SetUp() override {
        setenv("HOME", directory_.c_str(), 1);
        unsetenv("NETRC");
        unsetenv("MAILPIPE_PASSWORD");
        location_ = parse_location("imaps://alice@mail.example.org").value();
    }

    std::string write(const std::string& name, const std::string& text, mode_t mode) const {
        const std::string path = directory_ + "/" + name;
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    std::string password() const {
        const auto login = find_login(location_, options_);
        return login ? std::string(login->password.reveal()) : "error " + login.error().message;
    }
    Errc kind() const { return find_login(location_, options_).error().kind; }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    Location location_;
    ClientOptions options_;
};

TEST_F(Password, OfACommand) {
    const struct {
        const char* command;
        const char* password;
    } rows[] = {
        {"printf 'geheim\\nmore\\n'", "geheim"},
        {"printf 'geheim\\r\\n'", "geheim"},
        {"printf geheim; cat >/dev/null", "geheim"},
        {"printf 'a b\\tc'", "a b\tc"},
        {"printf geheim; exit 3", "error --password-command: ended with status 3"},
        {"kill -9 $$", "error --password-command: ended by signal 9"},
        {"true", "error --password-command: the first line, which is the secret, is empty"},
        {"printf 'a\\0b'",
         "error --password-command: the first line contains NUL or exceeds kPassword (65536 octets)"},
        {"head -c 70000 /dev/zero | tr '\\0' x",
         "error --password-command: the first line contains NUL or exceeds kPassword (65536 octets)"},
    };
    for (const auto& row : rows) {
        options_.password_command = row.command;
        EXPECT_EQ(password(), row.password) << row.command;
    }
    options_.password_command = "exit 1";
    EXPECT_EQ(kind(), Errc::config);
}

TEST_F(Password, OfAFile) {
    options_.password_file = write("secret", "geheim\nmore\n", 0600);
    EXPECT_EQ(password(), "geheim");
    options_.password_file = write("open", "geheim\n", 0644);
    EXPECT_EQ(password(),
              "error --password-file " + directory_ + "/open: others can read it (mode 0644); chmod 600 it");
    EXPECT_EQ(kind(), Errc::config);
    options_.password_file = directory_ + "/none";
    EXPECT_EQ(password(), "error --password-file " + directory_ + "/none: No such file or directory");
    EXPECT_EQ(kind(), Errc::config);
    const FedPipe pipe("geheim\n", 1);
    options_.password_file = "/dev/fd/" + std::to_string(pipe.fd());
    EXPECT_EQ(password(), "geheim");
}

TEST_F(Password, OfTheEnvironmentAndNetrc) {
    EXPECT_EQ(password(),
              "error no password for alice; give --password-command, --password-file, $MAILPIPE_PASSWORD or an "
              "entry in ~/.netrc");
    write(".netrc", "machine mail.example.org login alice password fromnetrc\n", 0600);
    EXPECT_EQ(password(), "fromnetrc");
    setenv("NETRC", write("other", "default password other\n", 0600).c_str(), 1);
    EXPECT_EQ(password(), "other");
    setenv("NETRC", (directory_ + "/none").c_str(), 1);
    EXPECT_EQ(kind(), Errc::config);
    setenv("MAILPIPE_PASSWORD", "fromenv", 1);
    EXPECT_EQ(password(), "fromenv");
    options_.password_command = "echo fromcommand";
    options_.password_file = "/none";
    EXPECT_EQ(password(), "fromcommand");
}

// Of a destination: what was given for the source is not for another server.
TEST_F(Password, OfNetrcOnly) {
    options_.netrc_only = true;
    options_.password_command = "echo geheim";
    options_.password_file = write("file", "geheim\n", 0600);
    setenv("MAILPIPE_PASSWORD", "geheim", 1);
    EXPECT_EQ(password(),
              "error no password for alice; give an entry for mail.example.org in ~/.netrc, or an account for "
              "it in config.toml");
    write(".netrc", "machine mail.example.org login alice password hers\n", 0600);
    EXPECT_EQ(password(), "hers");
}

TEST_F(Password, NetrcThatOthersCanRead) {
    write(".netrc", "machine mail.example.org login alice password fromnetrc\n", 0640);
    EXPECT_EQ(kind(), Errc::config);
}

TEST_F(Password, User) {
    EXPECT_EQ(login_user(location_, options_).value(), "alice");
    location_.user.clear();
    EXPECT_EQ(login_user(location_, options_).error().kind, Errc::usage);
    write(".netrc", "machine mail.example.org login carol password x\n", 0600);
    EXPECT_EQ(login_user(location_, options_).value(), "carol");
    options_.user = "bob";
    EXPECT_EQ(login_user(location_, options_).value(), "bob");
    options_.user = "bob\r\nNOOP";
    EXPECT_EQ(login_user(location_, options_).error().kind, Errc::usage);
}

TEST_F(Password, NeedNotBeThere) {
    EXPECT_EQ(kind(), Errc::config);
    for (auto let : {+[](ClientOptions& o) { o.tunnel = "imapd"; }, +[](ClientOptions& o) { o.gssapi = true; },
                     +[](ClientOptions& o) { o.tls_certificate = "c.pem"; }}) {
        options_ = {};
        let(options_);
        EXPECT_EQ(password(), "");
        options_.password_file = directory_ + "/none";
        EXPECT_EQ(kind(), Errc::config);
    }
}

}  // namespace
}  // namespace mailpipe::app
