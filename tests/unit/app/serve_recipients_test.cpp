#include "mailpipe/app/serve/smtp/recipients.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

class ServeRecipients : public testing::Test {
 protected:
    void SetUp() override {
        ASSERT_TRUE(users.add("alice", Secret("x")).has_value());
        ASSERT_TRUE(users.add("bob", Secret("x")).has_value());
    }
    std::string judge(const smtp::Mailbox& mailbox, bool logged_in = false) {
        const auto user = recipients.user_of(mailbox, logged_in);
        return user ? *user : std::to_string(user.error().code) + ' ' + user.error().enhanced;
    }

    Users users;
    Recipients recipients{users, {"example.org", "example.net"}};
};

TEST_F(ServeRecipients, Served) {
    EXPECT_EQ(judge({"alice", "example.org"}), "alice");
    EXPECT_EQ(judge({"BOB", "example.net"}), "bob");
    EXPECT_EQ(judge({"postmaster", ""}), "alice");
    EXPECT_EQ(judge({"Postmaster", "example.org"}), "alice");
    EXPECT_EQ(judge({"nobody", "example.org"}), "550 5.1.1");
}

TEST_F(ServeRecipients, NeverARelay) {
    EXPECT_EQ(judge({"alice", "example.com"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "sub.example.org"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "[127.0.0.1]"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "example.com"}, true), "550 5.7.1");
    EXPECT_NE(recipients.user_of({"alice", "example.com"}, true).error().lines[0].find("not configured"),
              std::string::npos);
}

// threats.md: relay tricks: percent, bang, source route, quoted at-sign.
TEST_F(ServeRecipients, RelayTricks) {
    for (const char* local_part :
         {"x%example.com", "example.com!x", "x@example.com", "alice@example.org", "alice%example.org"}) {
        for (const bool logged_in : {false, true}) {
            EXPECT_EQ(judge({local_part, "example.org"}, logged_in), "550 5.7.1") << local_part;
        }
    }
}

TEST_F(ServeRecipients, LoginNames) {
    EXPECT_EQ(recipients.login_name("alice"), "alice");
    EXPECT_EQ(recipients.login_name("alice@Example.org"), "alice");
    EXPECT_EQ(recipients.login_name("alice@example.com"), "alice@example.com");
}

}  // namespace
}  // namespace mailpipe::app::serve
