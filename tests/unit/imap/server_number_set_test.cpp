#include "mailpipe/imap/server/number_set.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap::server {
namespace {

TEST(NumberSet, OfRanges) {
    EXPECT_EQ(encode_ranges(NumberSet::of({{1, 3}, {7, 7}}).resolve(9)), "1:3,7");
    EXPECT_TRUE(NumberSet::of({}).resolve(9).empty());
}

TEST(NumberSet, Resolves) {
    struct Row {
        std::string_view text;
        std::uint32_t largest;
        std::string_view ranges;
    };
    for (const Row& row : {
             Row{"1", 9, "1"},
             {"1:3,7", 9, "1:3,7"},
             {"3:1", 9, "1:3"},
             {"7,1:3,4:5,2", 9, "1:5,7"},
             {"*", 9, "9"},
             {"7:*", 9, "7:9"},
             {"12:*", 9, "9:12"},
             {"*:7", 9, "7:9"},
             {"*:*", 9, "9"},
             {"7:*", 0, ""},
             {"*,3", 0, "3"},
             {"4294967295", 9, "4294967295"},
             {"4294967294,4294967295", 9, "4294967294:4294967295"},
             {"1:4294967295", 9, "1:4294967295"},
         }) {
        const auto set = NumberSet::parse(row.text);
        ASSERT_TRUE(set) << row.text;
        EXPECT_EQ(encode_ranges(set->resolve(row.largest)), row.ranges) << row.text;
    }
}

TEST(NumberSet, RefusesWhatIsNone) {
    for (const std::string_view text :
         {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "1,,2", "a", "1 ", "4294967296", "-1", "$,1", "1,$", "$:2",
          "**", "01", "18446744073709551617", "0:*"}) {
        const auto set = NumberSet::parse(text);
        ASSERT_FALSE(set) << text;
        EXPECT_EQ(set.error().kind, Errc::protocol) << text;
    }
}

TEST(NumberSet, KeepsToItsLimit) {
    std::string text = "1";
    for (std::size_t i = 1; i < kNumberSetRanges; ++i)
        text += ",1";
    const auto full = NumberSet::parse(text);
    ASSERT_TRUE(full);
    EXPECT_EQ(encode_ranges(full->resolve(1)), "1");
    const auto more = NumberSet::parse(text + ",1");
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, Errc::limit);
    EXPECT_NE(more.error().message.find("kNumberSetRanges"), std::string::npos);
}

TEST(NumberSet, TellsWhatThereIsNot) {
    struct Row {
        std::string_view text;
        std::uint32_t largest;
        bool exceeds;
    };
    for (const Row& row : {
             Row{"1:9", 9, false},
             {"1:10", 9, true},
             {"10:*", 9, true},
             {"9:*", 9, false},
             {"*", 9, false},
             {"*", 0, true},
             {"1", 0, true},
         }) {
        EXPECT_EQ(NumberSet::parse(row.text)->exceeds(row.largest), row.exceeds) << row.text;
    }
    EXPECT_TRUE(NumberSet::parse("$")->is_saved_result());
    EXPECT_FALSE(NumberSet::parse("1")->is_saved_result());
}

TEST(Ranges, HoldAndCount) {
    const Ranges ranges = ranges_of({1, 2, 3, 3, 7, 9, 10, 4294967295});
    EXPECT_EQ(encode_ranges(ranges), "1:3,7,9:10,4294967295");
    EXPECT_EQ(count(ranges), 7U);
    for (const std::uint32_t number : {1U, 3U, 7U, 9U, 4294967295U})
        EXPECT_TRUE(contains(ranges, number)) << number;
    for (const std::uint32_t number : {0U, 4U, 8U, 11U, 4294967294U})
        EXPECT_FALSE(contains(ranges, number)) << number;
    EXPECT_EQ(count({{1, 4294967295}}), 4294967295U);
    EXPECT_EQ(encode_ranges(normalise({{5, 6}, {1, 4294967295}, {2, 3}})), "1:4294967295");
    EXPECT_FALSE(contains({}, 1));
    EXPECT_EQ(encode_ranges({}), "");
}

}  // namespace
}  // namespace mailpipe::imap::server
