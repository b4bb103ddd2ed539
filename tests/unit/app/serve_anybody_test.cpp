#include <gtest/gtest.h>

#include <filesystem>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/test/anybody.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

smtp::Mailbox mailbox(const std::string& text) {
    return *smtp::parse_mailbox(text);
}

TEST(Anybody, NamesAreOnePathComponent) {
    const std::pair<const char*, const char*> rows[] = {
        {"Bob@Example.ORG", "bob@example.org"},
        {"../x@y", "%2E.%2Fx@y"},
        {"a/b@c", "a%2Fb@c"},
        {"a b@c", "a%20b@c"},
        {"100%@c", "100%25@c"},
        {"a@[IPv6:::1]", "a@[ipv6%3A%3A%3A1]"},
        {"postmaster", "postmaster"},
    };
    for (const auto& [address, name] : rows) {
        EXPECT_EQ(mailbox_name(address), name) << address;
        EXPECT_EQ(mailbox_name(address).find('/'), std::string::npos);
    }
}

TEST(Anybody, LocalPartMeansTheFirstRecipientWithIt) {
    const tests::ScratchDirectory scratch;
    const auto layout = parse_store("maildir:" + scratch.file("none") + "/%u");
    ASSERT_TRUE(layout);
    Anybody anybody(*layout);
    EXPECT_EQ(anybody.of_login("bob"), "bob");
    EXPECT_EQ(anybody.of_recipient(mailbox("bob@b.example")), "bob@b.example");
    EXPECT_EQ(anybody.of_recipient(mailbox("Bob@a.example")), "bob@a.example");
    EXPECT_EQ(anybody.of_login("BOB"), "bob@b.example");
    EXPECT_EQ(anybody.of_login("bob@a.example"), "bob@a.example");
    EXPECT_EQ(anybody.of_login("carol@nowhere.example"), "carol@nowhere.example");
}

TEST(Anybody, KnowsWhatIsInTheStore) {
    const tests::ScratchDirectory scratch;
    const std::string root = scratch.file("store");
    const auto layout = parse_store("maildir:" + root + "/box-%u.d/Maildir");
    ASSERT_TRUE(layout);
    for (const char* name : {"box-b@x.d/Maildir/new", "box-a@x.d/Maildir/new", "box-.d/Maildir/new",
                             "other/Maildir/new", "box-empty@x.d"})
        std::filesystem::create_directories(root + "/" + name);
    EXPECT_EQ(mailboxes_of(*layout), (std::vector<std::string>{"a@x", "b@x"}));
    EXPECT_EQ(Anybody(*layout).of_login("b"), "b@x");
}

}  // namespace
}  // namespace mailpipe::app::serve
