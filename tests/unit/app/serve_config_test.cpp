#include "mailpipe/app/serve/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

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
    for (const char* bad : {"", "maildir:", "mbox:", "/tmp/%u", "imap://x/%u"}) {
        const auto refused = parse_store(bad);
        ASSERT_FALSE(refused.has_value()) << bad;
        EXPECT_EQ(refused.error().kind, Errc::usage);
    }
}

class ServeConfigTest : public testing::Test {
 protected:
    void SetUp() override {
        options.store = "maildir:" + root + "/store/%u";
        options.listen = {"smtp://127.0.0.1:0"};
        options.domains = {"Example.org"};
        options.users = {{"alice", Secret("secret")}};
    }

    void refused(Errc kind, const std::string& says) {
        const auto config = make_config(options);
        ASSERT_FALSE(config.has_value()) << says;
        EXPECT_EQ(config.error().kind, kind) << config.error().message;
        EXPECT_NE(config.error().message.find(says), std::string::npos) << config.error().message;
    }

    const tests::ScratchDirectory scratch_;
    const std::string root = scratch_.path();
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
    EXPECT_EQ((*config)->recipients.resolve({"alice", "example.org"}, false, 0).value().users.front(), "alice");
    EXPECT_EQ((*config)->max_message_size, 1U << 30);
}

TEST_F(ServeConfigTest, SubmissionHasItsOwnPorts) {
    options.listen = {"submission://127.0.0.1", "submissions://127.0.0.1", "submission://[::1]:25",
                      "submission://127.0.0.1:0"};
    options.tls_self_signed = true;
    const auto config = make_config(options);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    const auto& sockets = (*config)->sockets;
    std::vector<std::uint16_t> ports;
    for (const ListenSocket& socket : sockets) {
        EXPECT_TRUE(socket.submission);
        ports.push_back(socket.location.port);
    }
    EXPECT_EQ(ports, (std::vector<std::uint16_t>{587, 465, 25, 0}));
    EXPECT_TRUE(sockets[1].location.implicit_tls());
}

TEST_F(ServeConfigTest, SubmissionNeedsUsers) {
    options.listen = {"submission://127.0.0.1:0"};
    options.users.clear();
    const auto config = make_config(options);
    ASSERT_FALSE(config.has_value());
    EXPECT_EQ(config.error().kind, Errc::usage);
    EXPECT_NE(config.error().message.find("submission is for users"), std::string::npos);
}

TEST_F(ServeConfigTest, Routing) {
    const auto write = [this](const std::string& name, const std::string& text) {
        std::ofstream(root + "/" + name) << text;
        std::filesystem::permissions(root + "/" + name, std::filesystem::perms::owner_read);
        return root + "/" + name;
    };
    options.routing.aliases_file = write("aliases", "team: alice\nout: x@far.example\n");
    auto config = make_config(options);
    ASSERT_FALSE(config.has_value());
    EXPECT_EQ(config.error().kind, Errc::config);
    EXPECT_NE(config.error().message.find("alias out: it leads to x@far.example, which needs --relay-server"),
              std::string::npos);
    options.relay.server = "mx:";
    options.routing.srs_secret_file = write("short", "secret\n");
    EXPECT_NE(make_config(options).error().message.find("16 characters"), std::string::npos);
    options.routing.srs_secret_file = write("srs", "0123456789abcdef\n");
    config = make_config(options);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ((*config)->recipients.forwarding_path({"a", "b.example"}, 0).domain, "example.org");
    options.relay.server.clear();
    options.routing.aliases_file.clear();
    EXPECT_EQ(make_config(options).error().kind, Errc::usage);
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
    options.listen = {"mbox:/tmp/x"};
    refused(Errc::usage, "imaps://");
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
    options.tls_certificates = options.tls_keys = {root + "/missing.pem"};
    refused(Errc::config, "missing.pem");
    options = good;
    options.store = "maildir:/proc/nothing/%u";
    refused(Errc::cannot_create, "/proc/nothing");
}

}  // namespace
}  // namespace mailpipe::app::serve
