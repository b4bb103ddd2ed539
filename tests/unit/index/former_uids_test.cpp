#include "mailpipe/index/former_uids.hpp"

#include <gtest/gtest.h>

namespace mailpipe::index {
namespace {

TEST(FormerUids, Dovecots) {
    const auto trace = parse_dovecot_uids(
        "3 V1275660208 N25022 G3085f01b\n25006 W10 :1276528487.M1.host,S=5:2,S\n25017 :b\n0 :c\n25018 "
        ":../x/y\n");
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->uid_validity, 1275660208U);
    EXPECT_EQ(trace->uid_next, 25022U);
    EXPECT_EQ(trace->uids,
              (std::unordered_map<std::string, Uid>{{"1276528487.M1.host,S=5", 25006}, {"b", 25017}}));
    const auto old = parse_dovecot_uids("1 77 5\n3 a\n9 b:2,S\n");
    ASSERT_TRUE(old);
    EXPECT_EQ(old->uid_next, 10U);
    for (const char* none : {"", "x\n", "2 V1\n", "3 N5\n", "3 V1 N5"})
        EXPECT_FALSE(parse_dovecot_uids(none)) << none;
}

TEST(FormerUids, Couriers) {
    auto trace = parse_courier_uids("1 77 12\n5 a\n7 b:2,S\nx\n8 torn");
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->uid_next, 12U);
    EXPECT_EQ(trace->uids, (std::unordered_map<std::string, Uid>{{"a", 5}, {"b", 7}}));
    parse_courier_keywords("one\n(bad)\ntwo\n\na:0 2 9\nb:1\n", *trace);
    EXPECT_EQ(trace->keywords, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(trace->message_keywords, (std::unordered_map<std::string, std::uint64_t>{{"a", 3}, {"b", 0}}));
    for (const char* none : {"", "1 77\n", "2 77 12\n", "1 0 12\n"})
        EXPECT_FALSE(parse_courier_uids(none)) << none;
}

}  // namespace
}  // namespace mailpipe::index
