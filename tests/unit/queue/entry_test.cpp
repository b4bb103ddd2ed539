#include "mailpipe/queue/entry.hpp"

#include <gtest/gtest.h>

namespace mailpipe::queue {
namespace {

TEST(QueueEntry, NameComesBack) {
    for (const Entry& entry : {Entry{make_id(1795687200, 0, 12), 1795687260, 0, kManyDomains},
                               Entry{make_id(0xFFFFFFFF, 0, 0xFFFFFFFFFFULL), kNever, 9, 0xFFFFFFFF},
                               Entry{make_id(0, 0, 0), 0, -9, 1}}) {
        const auto parsed = parse_name(encode_name(entry));
        ASSERT_TRUE(parsed) << encode_name(entry);
        EXPECT_EQ(*parsed, entry);
    }
}

TEST(QueueEntry, IdsAreInOrderOfArrival) {
    const Id early = make_id(1795687200, 999'999'999, 0x3FFFFFFF);
    EXPECT_LT(make_id(1795687200, 500'000'000, 7), early);
    EXPECT_LT(make_id(1795687200, 0, 0xFFFFF), make_id(1795687200, 1'000'000, 0));
    const Id late = make_id(1795687201, 0, 0);
    EXPECT_LT(early, late);
    EXPECT_LT(encode_id(early), encode_id(late));
    EXPECT_EQ(arrived_at(late), 1795687201U);
    EXPECT_EQ(parse_id(encode_id(late)), late);
    EXPECT_LE(bucket_name(early), bucket_name(late));
    EXPECT_LT(bucket_name(early), bucket_name(make_id(1795687200 + 40000, 0, 0)));
}

// threats.md: names from outside never become a path unchecked.
TEST(QueueEntry, WhatIsNoNameIsNone) {
    const std::string name = encode_name({make_id(1795687200, 0, 12), 1795687260, 0, 5});
    for (const std::string& text :
         {std::string(), name.substr(1), name + "-", name + "-0", name.substr(0, name.size() - 1),
          "Z" + name.substr(1), "i" + name.substr(1), std::string("../../etc/passwd"), name.substr(0, 13),
          name.substr(0, 14), name.substr(0, 22) + "z" + name.substr(23)}) {
        EXPECT_FALSE(parse_name(text)) << text;
    }
    for (const char* text : {"", "0", "g000000000000", "000000000000/", "00000000000000", "000000000000u"})
        EXPECT_FALSE(parse_id(text)) << text;
}

TEST(QueueEntry, DomainsAreKnownWithoutCase) {
    EXPECT_EQ(group_of_domain("Example.ORG"), group_of_domain("example.org"));
    EXPECT_NE(group_of_domain("example.org"), group_of_domain("example.com"));
    EXPECT_NE(group_of_domain(""), kManyDomains);
}

}  // namespace
}  // namespace mailpipe::queue
