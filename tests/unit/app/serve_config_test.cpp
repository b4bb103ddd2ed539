#include "mailpipe/app/serve/config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace mailpipe::app::serve {
namespace {

TEST(ServeConfig, Store) {
    const auto layout = parse_store("maildir:/srv/mail/%u");
    ASSERT_TRUE(layout.has_value());
    EXPECT_EQ(layout->root, "/srv/mail");
    EXPECT_EQ(layout->path_of("alice"), "/srv/mail/alice");
    EXPECT_EQ(parse_store("maildir:/home/%u/Maildir/")->path_of("bob"), "/home/bob/Maildir");
    EXPECT_EQ(parse_store("maildir:/home/%u/Maildir/")->root, "/home");
    EXPECT_EQ(parse_store("maildir:/%u")->root, "/");
    EXPECT_EQ(parse_store("maildir:/a/u-%u/x-%u")->path_of("b"), "/a/u-b/x-b");
    EXPECT_EQ(parse_store("maildir:store/%u")->root, std::filesystem::current_path().string() + "/store");
    for (const char* bad : {"", "maildir:", "mbox:/tmp/%u", "/tmp/%u", "imap://x/%u"}) {
        const auto refused = parse_store(bad);
        ASSERT_FALSE(refused.has_value()) << bad;
        EXPECT_EQ(refused.error().kind, Errc::usage);
    }
}

class ServeConfigTest : public testing::Test {
 protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "config-XXXXXX";
        root = ::mkdtemp(pattern.data());
        options.store = "maildir:" + root + "/store/%u";
        options.listen = {"smtp://127.0.0.1:0"};
        options.domains = {"Example.org"};
        options.users = {{"alice", Secret("secret")}};
    }
    void TearDown() override { std::filesystem::remove_all(root); }

    void refused(Errc kind, const std::string& says) {
        const auto config = make_config(options);
        ASSERT_FALSE(config.has_value()) << says;
        EXPECT_EQ(config.error().kind, kind) << config.error().message;
        EXPECT_NE(config.error().message.find(says), std::string::npos) << config.error().message;
    }

    std::string root;
    ServeOptions options;
};

TEST_F(ServeConfigTest, Accepted) {
    options.listen = {"smtp://127.0.0.1:0", "lmtp:/run/lmtp", "pop3s://[::1]:995"};
    options.tls_self_signed = true;
    const auto config = make_config(options);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_TRUE(std::filesystem::is_directory(root + "/store"));
    EXPECT_EQ((*config)->sockets.size(), 3U);
    EXPECT_TRUE((*config)->sockets[1].is_lmtp());
    EXPECT_EQ((*config)->sockets[1].location.path, "/run/lmtp");
    EXPECT_TRUE((*config)->sockets[2].is_pop3());
    EXPECT_EQ((*config)->pin_sha256.size(), 44U);
    EXPECT_EQ((*config)->recipients.user_of({"alice", "example.org"}, false).value(), "alice");
    EXPECT_EQ((*config)->max_message_size, 1U << 30);
}

TEST_F(ServeConfigTest, StoreOfOneUser) {
    options.store = "maildir:" + root + "/fixed/box";
    const auto config = make_config(options);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ((*config)->store.path_of("alice"), root + "/fixed/box");
    EXPECT_EQ((*config)->store.root, root + "/fixed");
}

TEST_F(ServeConfigTest, Refused) {
    const ServeOptions good = options;
    options.listen = {"http://x"};
    refused(Errc::usage, "http");
    options.listen = {"imap://127.0.0.1:0"};
    refused(Errc::usage, "imap");
    options.listen = {"smtps://127.0.0.1:0"};
    refused(Errc::usage, "--tls-cert");
    options.listen = {};
    refused(Errc::usage, "--listen");
    options = good;
    options.domains = {"exa mple"};
    refused(Errc::usage, "--domain");
    options = good;
    options.host_name = "x\r\ny";
    refused(Errc::usage, "--host-name");
    options = good;
    options.users.push_back({"../x", Secret("y")});
    refused(Errc::usage, "--user");
    options = good;
    options.users.push_back({"bob", Secret("y")});
    options.store = "maildir:" + root + "/fixed";
    refused(Errc::usage, "%u");
    options.users.clear();
    refused(Errc::usage, "%u");
    options = good;
    options.tls_certificate = options.tls_key = root + "/missing.pem";
    refused(Errc::config, "missing.pem");
    options = good;
    options.store = "maildir:/proc/nothing/%u";
    refused(Errc::cannot_create, "/proc/nothing");
}

}  // namespace
}  // namespace mailpipe::app::serve
