#include "mailpipe/app/serve/smtp/recipients.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

constexpr std::time_t kNow = 1795694400;

class ServeRecipients : public testing::Test {
 protected:
    void SetUp() override {
        ASSERT_TRUE(users.add("alice", Secret("x")).has_value());
        ASSERT_TRUE(users.add("bob", Secret("x")).has_value());
        ASSERT_TRUE(users.add("carol@shop.example", Secret("x")).has_value());
        recipients.serve(routing());
    }
    std::string judge(const smtp::Mailbox& mailbox, bool logged_in = false) {
        const auto places = recipients.resolve(mailbox, logged_in, kNow);
        if (!places) return std::to_string(places.error().code) + ' ' + places.error().enhanced;
        std::string text = places->returns ? "back:" : "";
        for (const std::string& user : places->users)
            text += (text.empty() ? "" : " ") + user;
        for (const smtp::Mailbox& elsewhere : places->elsewhere)
            text += (text.empty() ? "" : " ") + elsewhere.encode();
        return text;
    }
    Routing routing() const {
        Routing result;
        result.domains = {"example.org", "example.net"};
        result.virtual_domains = {"shop.example"};
        result.detail_separators = "+-";
        return result;
    }
    void add_aliases(const std::string& text) {
        Routing with = routing();
        auto parsed = Aliases::parse(text, "f", {with.domains, with.detail_separators, recipients.exists()});
        ASSERT_TRUE(parsed.has_value());
        with.aliases = std::move(*parsed);
        with.srs = Srs(Secret("a secret"), "example.org");
        recipients.serve(std::move(with));
    }

    Users users;
    Recipients recipients{users};
};

TEST_F(ServeRecipients, Served) {
    EXPECT_EQ(judge({"alice", "example.org"}), "alice");
    EXPECT_EQ(judge({"BOB", "example.net"}), "bob");
    EXPECT_EQ(judge({"postmaster", ""}), "alice");
    EXPECT_EQ(judge({"Postmaster", "example.org"}), "alice");
    EXPECT_EQ(judge({"nobody", "example.org"}), "550 5.1.1");
}

// With --user-command.
TEST_F(ServeRecipients, ThePostmasterWithoutUsers) {
    const Users none;
    Recipients without(none);
    without.serve(routing());
    for (const char* domain : {"", "example.org", "shop.example"}) {
        const auto places = without.resolve({"Postmaster", domain}, false, kNow);
        ASSERT_TRUE(places) << domain;
        EXPECT_EQ(places->users, std::vector<std::string>{"postmaster"});
    }
    EXPECT_FALSE(without.resolve({"alice", "example.org"}, false, kNow));
}

TEST_F(ServeRecipients, NeverARelay) {
    EXPECT_EQ(judge({"alice", "example.com"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "sub.example.org"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "[127.0.0.1]"}), "550 5.7.1");
    EXPECT_EQ(judge({"alice", "example.com"}, true), "550 5.7.1");
    EXPECT_NE(recipients.resolve({"alice", "example.com"}, true, kNow).error().lines[0].find("not configured"),
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

TEST_F(ServeRecipients, DetailsAndVirtualDomains) {
    EXPECT_EQ(judge({"alice+lists", "example.org"}), "alice");
    EXPECT_EQ(judge({"bob-x+y", "example.org"}), "bob");
    EXPECT_EQ(judge({"+alice", "example.org"}), "550 5.1.1");
    EXPECT_EQ(judge({"carol", "shop.example"}), "carol@shop.example");
    EXPECT_EQ(judge({"carol+x", "shop.example"}), "carol@shop.example");
    EXPECT_EQ(judge({"alice", "shop.example"}), "550 5.1.1");
    EXPECT_EQ(judge({"carol", "example.org"}), "550 5.1.1");
    EXPECT_EQ(judge({"carol@shop.example", "example.org"}), "550 5.7.1");
    EXPECT_EQ(recipients.address_of("carol@shop.example").encode(), "carol@shop.example");
    EXPECT_EQ(recipients.address_of("alice").encode(), "alice@example.org");
}

TEST_F(ServeRecipients, AliasesAndCatchAll) {
    add_aliases(
        "team: alice, bob, carol@shop.example, dan@far.example\nabuse: postmaster\npostmaster: bob\n"
        "alice: \\alice, alice@far.example\n@shop.example: bob\nsales@shop.example: alice\n");
    EXPECT_EQ(judge({"team", "example.org"}), "alice bob carol@shop.example alice@far.example dan@far.example");
    EXPECT_EQ(judge({"team+x", "example.net"}),
              "alice bob carol@shop.example alice@far.example dan@far.example");
    EXPECT_EQ(judge({"alice", "example.org"}), "alice alice@far.example");
    EXPECT_EQ(judge({"abuse", "example.org"}), "bob");
    EXPECT_EQ(judge({"postmaster", ""}), "bob");
    EXPECT_EQ(judge({"anybody", "shop.example"}), "bob");
    EXPECT_EQ(judge({"sales", "shop.example"}), "alice alice@far.example");
    EXPECT_EQ(judge({"carol", "shop.example"}), "carol@shop.example");
    EXPECT_TRUE(recipients.reaches({"team", "example.org"}, "bob", kNow));
    EXPECT_FALSE(recipients.reaches({"sales", "shop.example"}, "bob", kNow));
    EXPECT_TRUE(recipients.check_aliases(true).has_value());
    EXPECT_NE(recipients.check_aliases(false).error().message.find("needs --relay-server"), std::string::npos);
}

TEST_F(ServeRecipients, AliasesThatLeadNowhere) {
    add_aliases("lost: nobody\n");
    EXPECT_EQ(judge({"lost", "example.org"}), "451 4.3.5");
    EXPECT_NE(recipients.check_aliases(true).error().message.find("alias lost"), std::string::npos);
    add_aliases("x@other.example: alice\n");
    EXPECT_NE(recipients.check_aliases(true).error().message.find("other.example is no --domain"),
              std::string::npos);
    add_aliases("run: |/bin/sh\n");
    EXPECT_FALSE(recipients.check_aliases(true).has_value());
}

TEST_F(ServeRecipients, WhatWasForwardedComesBack) {
    add_aliases("out: dan@far.example\n");
    const smtp::Mailbox path = recipients.forwarding_path({"eve", "sender.example"}, kNow);
    EXPECT_EQ(path.domain, "example.org");
    EXPECT_EQ(judge(path), "back: eve@sender.example");
    EXPECT_EQ(judge({"SRS0=AAAAAAAA=AA=sender.example=eve", "example.org"}), "550 5.1.1");
    recipients.serve(routing());
    EXPECT_EQ(recipients.forwarding_path({"eve", "sender.example"}, kNow).encode(), "eve@sender.example");
    EXPECT_EQ(judge(path), "550 5.1.1");
}

TEST_F(ServeRecipients, LoginNames) {
    EXPECT_EQ(recipients.login_name("alice"), "alice");
    EXPECT_EQ(recipients.login_name("alice@Example.org"), "alice");
    EXPECT_EQ(recipients.login_name("alice@example.com"), "alice@example.com");
}

}  // namespace
}  // namespace mailpipe::app::serve
