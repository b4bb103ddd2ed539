#include "mailpipe/app/serve/users/users.hpp"

#include <crypt.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

using namespace std::string_literals;

class Directory {
 public:
    std::string write(const std::string& text) const {
        std::ofstream(path_ + "/users") << text;
        std::filesystem::permissions(path_ + "/users", std::filesystem::perms(0640));
        return path_ + "/users";
    }

 private:
    const tests::ScratchDirectory scratch_;
    const std::string path_ = scratch_.path();
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
    EXPECT_EQ(users.verify("alice", Secret("Secret")), std::nullopt);
    EXPECT_EQ(users.verify("alice", Secret("")), std::nullopt);
    EXPECT_EQ(users.verify("carol", Secret("secret")), std::nullopt);
    EXPECT_EQ(*users.find("ALICE"), "Alice");
    EXPECT_EQ(users.find(""), std::nullopt);
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
    EXPECT_EQ(users.verify("dave", Secret("password")), std::nullopt);
    EXPECT_EQ(*users.verify("Erin", Secret("secret")), "erin");
    EXPECT_EQ(users.verify("erin", Secret("secret\0x"s)), std::nullopt);
    EXPECT_EQ(users.verify("nobody", Secret("secret")), std::nullopt);
}

TEST(ServeUsers, BadFileNamesTheLine) {
    const Directory directory;
    for (const char* text :
         {"ok\n", "\nbob:plain\n", "x:$6$\n", "x:\n", "x:{MD4}abc\n", "x:SCRAM-SHA-256$1:a$b:c\n"}) {
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

TEST(ServeUsers, DigestsNeedPasswords) {
    Users users;
    ASSERT_TRUE(users.add("mrose", Secret("tanstaaf")).has_value());
    EXPECT_TRUE(users.abilities().digests);
    const auto right = [](const Secret& password) { return password.equals("tanstaaf"); };
    EXPECT_EQ(users.verify_digest("MRose", right), "mrose");
    EXPECT_EQ(users.verify_digest("nobody", right), std::nullopt);
    EXPECT_EQ(users.verify_digest("mrose", [](const Secret&) { return false; }), std::nullopt);
    const Directory directory;
    ASSERT_TRUE(users.load(directory.write("dave:" + hash_of("x", "$6$") + "\n")).has_value());
    EXPECT_FALSE(users.abilities().digests);
    EXPECT_EQ(users.verify_digest("dave", [](const Secret&) { return true; }), std::nullopt);
}

// SCRAM is offered when nobody who chooses it fails for want of keys.
TEST(ServeUsers, AbilitiesAreThoseOfAll) {
    const Directory directory;
    const auto keys =
        sasl::make_scram_keys(sasl::ScramHash::sha256, Secret("secret"), "0123456789abcdef", 4096);
    const std::string scram = sasl::encode({sasl::ScramHash::sha256, keys.value()});
    const std::string hash = hash_of("secret", "$6$");
    {
        Users users;
        ASSERT_TRUE(users.load(directory.write("a:" + hash + ":" + scram + "\nb:" + scram + "\nlocked:*\n"))
                        .has_value());
        EXPECT_TRUE(users.abilities().scram_sha256);
        EXPECT_FALSE(users.abilities().scram_sha1);
        EXPECT_EQ(users.verify("a", Secret("secret")), "a");
        EXPECT_EQ(users.verify("b", Secret("secret")), "b");
        EXPECT_EQ(users.verify("b", Secret("Secret")), std::nullopt);
        EXPECT_EQ(users.verify("locked", Secret("*")), std::nullopt);
        EXPECT_EQ(users.find("locked"), "locked");
        EXPECT_EQ(users.scram_keys("A", sasl::ScramHash::sha256).stored_key, keys->stored_key);
    }
    Users users;
    ASSERT_TRUE(users.load(directory.write("a:" + hash + ":" + scram + "\nb:" + hash + "\n")).has_value());
    EXPECT_FALSE(users.abilities().scram_sha256);
}

TEST(ServeUsers, ReadsPasswdLikeFiles) {
    const Directory directory;
    Users users;
    const std::string text = "dave:{SHA512-CRYPT}" + hash_of("one", "$6$") +
                             ":1000:1000:Dave:/home/dave:/bin/sh\n" + "erin:{PLAIN}two::::::\nfred:!" +
                             hash_of("three", "$6$") + "\n";
    const auto loaded = users.load(directory.write(text));
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    EXPECT_EQ(users.verify("dave", Secret("one")), "dave");
    EXPECT_EQ(users.verify("erin", Secret("two")), "erin");
    EXPECT_EQ(users.verify("fred", Secret("three")), std::nullopt);
}

TEST(ServeUsers, FilesOfOthersAreRefused) {
    const Directory directory;
    const std::string path = directory.write("dave:" + hash_of("x", "$6$") + "\n");
    for (const auto mode : {0644, 0660, 0602}) {
        std::filesystem::permissions(path, std::filesystem::perms(mode));
        Users users;
        const auto loaded = users.load(path);
        ASSERT_FALSE(loaded.has_value()) << mode;
        EXPECT_EQ(loaded.error().kind, Errc::config);
    }
}

// threats.md: no enumeration: a stranger has a salt, too, always the same and like those of users.
TEST(ServeUsers, StrangersHaveStableSalts) {
    const Directory directory;
    const auto keys =
        sasl::make_scram_keys(sasl::ScramHash::sha256, Secret("secret"), "0123456789", 5000).value();
    const std::string path = directory.write("a:" + sasl::encode({sasl::ScramHash::sha256, keys}) + "\n");
    sasl::ScramKeys found[2];
    for (auto& one : found) {
        Users users;
        ASSERT_TRUE(users.load(path).has_value());
        one = users.scram_keys("nobody", sasl::ScramHash::sha256);
    }
    EXPECT_EQ(found[0].salt, found[1].salt);
    EXPECT_EQ(found[0].salt.size(), keys.salt.size());
    EXPECT_EQ(found[0].iterations, keys.iterations);
    Users plain;
    ASSERT_TRUE(plain.add("alice", Secret("secret")).has_value());
    const auto own = plain.scram_keys("Alice", sasl::ScramHash::sha1);
    const auto other = plain.scram_keys("carol", sasl::ScramHash::sha1);
    EXPECT_EQ(own.salt, plain.scram_keys("alice", sasl::ScramHash::sha1).salt);
    EXPECT_NE(own.salt, other.salt);
    EXPECT_EQ(own.salt.size(), other.salt.size());
    EXPECT_EQ(own.iterations, other.iterations);
    EXPECT_TRUE(sasl::matches(own, sasl::ScramHash::sha1, Secret("secret")));
}

}  // namespace
}  // namespace mailpipe::app::serve
