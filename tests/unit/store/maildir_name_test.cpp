#include "mailpipe/store/maildir_name.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mailpipe::store {
namespace {

TEST(MaildirNameTest, NamesAreUniqueAndOrdered) {
    MaildirNames a;
    MaildirNames b;
    std::set<std::string> seen;
    std::string before = a.next();
    for (int i = 0; i < 2000; ++i) {
        const std::string name = a.next();
        EXPECT_LT(arrival_key(before), arrival_key(name)) << before << " " << name;
        EXPECT_TRUE(seen.insert(name).second);
        EXPECT_TRUE(seen.insert(b.next()).second);
        EXPECT_EQ(name.find_first_of("/:,"), std::string::npos);
        before = name;
    }
}

TEST(MaildirNameTest, Sizes) {
    struct Row {
        const char* base;
        std::optional<std::uint64_t> size;
    };
    for (const Row& row : {Row{"1.M2P3Q4.host,S=10,W=12", 12}, Row{"1.M2P3.host,W=12,S=10", 12},
                           Row{"1.M2P3.host,S=10", std::nullopt}, Row{"1.M2P3.host,W=", std::nullopt},
                           Row{"1.M2P3.host,W=1x", std::nullopt}, Row{"", std::nullopt},
                           Row{"x,W=99999999999999999999999", std::nullopt}}) {
        EXPECT_EQ(crlf_size_of(row.base), row.size) << row.base;
    }
    EXPECT_EQ(with_sizes("1.M2.host", 10, 12), "1.M2.host,S=10,W=12");
}

TEST(MaildirNameTest, Flags) {
    EXPECT_EQ(encode_flags({"$seen", "$flagged", "project", "$forwarded"}), "FPS");
    EXPECT_EQ(encode_flags({}), "");
    EXPECT_EQ(parse_flags("1.x:2,FS"), (Keywords{"$flagged", "$seen"}));
    EXPECT_EQ(parse_flags("1.x:2,"), Keywords{});
    EXPECT_EQ(parse_flags("1.x:1,S"), Keywords{});
    EXPECT_EQ(parse_flags("1.xS"), Keywords{});
    EXPECT_EQ(parse_flags("1.x:2,DFPRSTabz").size(), 6U);
    EXPECT_EQ(base_of("1.x:2,S"), "1.x");
    EXPECT_EQ(base_of("1.x"), "1.x");
}

TEST(MaildirNameTest, ArrivalOfForeignNames) {
    EXPECT_LT(arrival_key("999.M1P1.a"), arrival_key("1000.M1P1.a"));
    EXPECT_LT(arrival_key("1000.M1P1.a"), arrival_key("1000.M20P1.a"));
    EXPECT_LT(arrival_key("1000.M1P1Q9.a"), arrival_key("1000.M1P1Q10.a"));
    EXPECT_LT(arrival_key("letter"), arrival_key("1.a"));
    EXPECT_NE(arrival_key("1000.5_1.a"), arrival_key("1000.5_2.a"));
}

}  // namespace
}  // namespace mailpipe::store
