#include "mailpipe/app/imap_append.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(ImapAppend, FlagsThatAreNoneAreLeftOut) {
    const auto item =
        append_item({"$seen", "$forwarded", "work", "a b", "a]", "", "\\", "x\"", "\xC3\xBC"}, 0, 7);
    EXPECT_EQ(item.flags, (std::vector<std::string>{"\\Seen", "$forwarded", "work"}));
    EXPECT_EQ(item.size, 7U);
    EXPECT_FALSE(item.binary);
}

TEST(ImapAppend, Dates) {
    EXPECT_EQ(append_item({}, std::nullopt, 0).internal_date, "");
    EXPECT_EQ(append_item({}, 0, 0).internal_date, " 1-Jan-1970 00:00:00 +0000");
    EXPECT_EQ(append_item({}, 1793700000, 0).internal_date, " 3-Nov-2026 10:00:00 +0000");
    EXPECT_EQ(append_item({}, -1, 0).internal_date, "31-Dec-1969 23:59:59 +0000");
    // A year that IMAP cannot write.
    EXPECT_EQ(append_item({}, -3'000'000'000'000, 0).internal_date, "");
    EXPECT_EQ(append_item({}, 300'000'000'000'000, 0).internal_date, "");
}

}  // namespace
}  // namespace mailpipe::app
