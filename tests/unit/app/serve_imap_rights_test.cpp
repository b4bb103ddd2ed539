#include "mailpipe/app/serve/imap/rights.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

TEST(ServeImapRights, OrderAndObsoleteLetters) {
    EXPECT_EQ(normal_rights("aerl"), "lrea");
    EXPECT_EQ(normal_rights("lrsc"), "lrskx");  // RFC 4314 section 2.1.1
    EXPECT_EQ(normal_rights("d"), "te");
    EXPECT_TRUE(are_rights("lrswipkxtea"));
    EXPECT_TRUE(are_rights("cd"));
    EXPECT_FALSE(are_rights("lq"));
    EXPECT_FALSE(are_rights("L"));
}

TEST(ServeImapRights, OwnEntryAndAnyoneLessNegative) {
    const index::Account::Acl acl{
        {"anyone", "lr"}, {"bob", "rswi"}, {"-bob", "w"}, {"carol", "a"}, {"-anyone", "i"}};
    EXPECT_EQ(effective_rights(acl, "bob").letters(), "lrs");
    EXPECT_EQ(effective_rights(acl, "carol").letters(), "lra");
    EXPECT_EQ(effective_rights(acl, "dave").letters(), "lr");
    EXPECT_EQ(effective_rights({}, "dave").letters(), "");
    EXPECT_FALSE(effective_rights(acl, "dave").may_change_something());
    EXPECT_TRUE(effective_rights(acl, "bob").keep_seen());
}

}  // namespace
}  // namespace mailpipe::app::serve
