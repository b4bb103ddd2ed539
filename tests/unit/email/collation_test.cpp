#include "mailpipe/email/collation.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

TEST(Collation, EqualAndDifferent) {
    const std::pair<const char*, const char*> equal[] = {
        {"hello", "HELLO"}, {"é", "É"},           {"é", "e\u0301"},       {"Ω", "ω"},
        {"Ω", "\u2126"},  // OHM SIGN
        {"Å", "\u212B"},  // ANGSTROM SIGN
        {"ı", "i"},         {"ｆｕｌｌ", "FULL"}, {"가", "\u1100\u1161"}, {"ǆ", "Ǆ"},
    };
    for (const auto& [a, b] : equal)
        EXPECT_EQ(casemap(a), casemap(b)) << a << " " << b;
    // A ligature has no title case of its own and decomposes to small letters (RFC 5051 section 2, in this
    // order).
    const std::pair<const char*, const char*> different[] = {{"e", "é"}, {"ß", "ss"}, {"ﬁ", "FI"}, {"a", "b"}};
    for (const auto& [a, b] : different)
        EXPECT_NE(casemap(a), casemap(b)) << a << " " << b;
    EXPECT_LT(casemap("a"), casemap("B"));
    EXPECT_LT(casemap("A"), casemap("b"));
}

TEST(Collation, GarbageIsText) {
    EXPECT_EQ(casemap("a\xFFz"), casemap("A\uFFFDZ"));
    EXPECT_EQ(casemap(std::string_view("a\0b", 3)), std::string_view("A\0B", 3));
    EXPECT_EQ(casemap(""), "");
}

}  // namespace
}  // namespace mailpipe::email
