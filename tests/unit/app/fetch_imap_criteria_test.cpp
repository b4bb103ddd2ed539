#include "mailpipe/app/fetch/imap_criteria.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

constexpr std::time_t kNow = 1'793'959'200;  // 2026-11-06 10:00 UTC

TEST(FetchImapCriteria, EachLimit) {
    EXPECT_EQ(*imap_criteria({}, true, kNow), "ALL");
    Selection selection;
    selection.seen = Seen::unseen;
    EXPECT_EQ(*imap_criteria(selection, true, kNow), "UNSEEN");
    selection.max_size = 1000;
    EXPECT_EQ(*imap_criteria(selection, true, kNow), "UNSEEN NOT LARGER 1000");
    selection.seen = Seen::any;
    selection.max_size.reset();
    selection.max_age = 3 * 86'400;
    EXPECT_EQ(*imap_criteria(selection, true, kNow), "YOUNGER 259200");
    EXPECT_EQ(*imap_criteria(selection, false, kNow), "SINCE 2-Nov-2026");
    selection.max_age = INT64_MAX;
    EXPECT_EQ(*imap_criteria(selection, false, kNow), "SINCE 1-Jan-1970");
}

TEST(FetchImapCriteria, TheSearchStandsInParentheses) {
    Selection selection;
    selection.search = "OR FROM a FROM b";
    selection.seen = Seen::seen;
    EXPECT_EQ(*imap_criteria(selection, true, kNow), "SEEN OR FROM \"a\" FROM \"b\"");
    selection.search = "FROM";
    const auto wrong = imap_criteria(selection, true, kNow);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, Errc::usage);
    EXPECT_TRUE(wrong.error().message.starts_with("--search: ")) << wrong.error().message;
}

}  // namespace
}  // namespace mailpipe::app
