#include "mailpipe/app/serve/users/users.hpp"

#include <crypt.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::app::serve {
namespace {

using namespace std::string_literals;

class Directory {
 public:
    Directory() {
        std::string pattern = testing::TempDir() + "users-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& text) const {
        std::ofstream(path_ + "/users") << text;
        return path_ + "/users";
    }

 private:
    std::string path_;
};

std::string hash_of(const char* password, const char* prefix) {
    char* setting = ::crypt_gensalt(prefix, prefix[1] == 'y' ? 1 : 1000, "0123456789abcdef", 16);
    return ::crypt(password, setting);
}

TEST(ServeUsers, PlainPasswords) {
    Users users;
    ASSERT_TRUE(users.add("Alice", Secret("secret")).has_value());
    ASSERT_TRUE(users.add("bob", Secret("hunter2")).has_value());
    EXPECT_EQ(*users.verify("alice", Secret("secret")), "Alice");
    EXPECT_EQ(users.verify("alice", Secret("Secret")), nullptr);
    EXPECT_EQ(users.verify("alice", Secret("")), nullptr);
    EXPECT_EQ(users.verify("carol", Secret("secret")), nullptr);
    EXPECT_EQ(*users.find("ALICE"), "Alice");
    EXPECT_EQ(users.find(""), nullptr);
    EXPECT_EQ(users.first(), "Alice");
    EXPECT_FALSE(users.add("ALICE", Secret("x")).has_value());
}

TEST(ServeUsers, HashesOfCrypt) {
    const Directory directory;
    Users users;
    const std::string text =
        "# comment\n\ndave:" + hash_of("pass word", "$6$") + "\nerin:" + hash_of("secret", "$y$") + "\n";
    const auto loaded = users.load(directory.write(text));
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    EXPECT_EQ(*users.verify("dave", Secret("pass word")), "dave");
    EXPECT_EQ(users.verify("dave", Secret("password")), nullptr);
    EXPECT_EQ(*users.verify("Erin", Secret("secret")), "erin");
    EXPECT_EQ(users.verify("erin", Secret("secret\0x"s)), nullptr);
    EXPECT_EQ(users.verify("nobody", Secret("secret")), nullptr);
}

TEST(ServeUsers, BadFileNamesTheLine) {
    const Directory directory;
    for (const char* text : {"ok\n", "\nbob:plain\n", "x:$6$\n", "x:\n", "x:*\n", "x:!\n"}) {
        Users users;
        const std::string path = directory.write(text);
        const auto loaded = users.load(path);
        ASSERT_FALSE(loaded.has_value()) << text;
        EXPECT_EQ(loaded.error().kind, Errc::config) << text;
        EXPECT_EQ(loaded.error().message.rfind(path + ":", 0), 0U) << loaded.error().message;
    }
    Users users;
    EXPECT_EQ(users.load("/nonexistent/users").error().kind, Errc::config);
}

// threats.md: path traversal by user.
TEST(ServeThreats, PathTraversalByUser) {
    for (const std::string& name :
         {""s, "."s, ".."s, ".x"s, "a/b"s, "../a"s, "a\0b"s, "a\nb"s, "a b"s, "a:b"s, std::string(65, 'a')}) {
        Users users;
        const auto added = users.add(name, Secret("x"));
        ASSERT_FALSE(added.has_value()) << name;
        EXPECT_EQ(added.error().kind, Errc::usage);
    }
}

TEST(ServeUsers, ApopNeedsPasswords) {
    Users users;
    ASSERT_TRUE(users.add("mrose", Secret("tanstaaf")).has_value());
    EXPECT_TRUE(users.apop_possible());
    const std::string timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    // RFC 1939 section 7
    EXPECT_EQ(*users.verify_apop("mrose", timestamp, "c4c9334bac560ecc979e58001b3e22fb"), "mrose");
    EXPECT_EQ(users.verify_apop("mrose", "<x@y>", "c4c9334bac560ecc979e58001b3e22fb"), nullptr);
    EXPECT_EQ(users.verify_apop("nobody", timestamp, "c4c9334bac560ecc979e58001b3e22fb"), nullptr);
    const Directory directory;
    ASSERT_TRUE(users.load(directory.write("dave:" + hash_of("x", "$6$") + "\n")).has_value());
    EXPECT_FALSE(users.apop_possible());
    EXPECT_EQ(users.verify_apop("dave", timestamp, sasl::apop_digest(timestamp, Secret(""))), nullptr);
}

}  // namespace
}  // namespace mailpipe::app::serve
