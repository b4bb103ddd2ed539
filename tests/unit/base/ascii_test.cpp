#include "mailpipe/base/ascii.hpp"

#include <gtest/gtest.h>

namespace mailpipe::ascii {
namespace {

using Words = std::vector<std::string_view>;

TEST(Ascii, KnowsAsciiOnly) {
    EXPECT_EQ(to_lower("AZ[\xC3\x84"), "az[\xC3\x84");
    EXPECT_EQ(to_upper("az{\xC3\xA4"), "AZ{\xC3\xA4");
    EXPECT_FALSE(is_alpha('\xC4'));
    EXPECT_TRUE(is_control('\x1F') && is_control('\x7F') && is_control('\0'));
    EXPECT_FALSE(is_control(' ') || is_control('\x80'));
}

TEST(Ascii, IsAscii) {
    for (const char* text : {"", "a", "\x7F\x01"})
        EXPECT_TRUE(is_ascii(text)) << text;
    for (const char* text : {"\x80", "a\xFF", "\u00fc"})
        EXPECT_FALSE(is_ascii(text)) << text;
}

TEST(Ascii, Compares) {
    EXPECT_TRUE(equals_ignore_case("InBox", "INBOX"));
    EXPECT_TRUE(equals_ignore_case("", ""));
    EXPECT_FALSE(equals_ignore_case("a", "ab"));
    EXPECT_FALSE(equals_ignore_case("[", "{"));
    EXPECT_TRUE(starts_with_ignore_case("Subject: x", "SUBJECT:"));
    EXPECT_TRUE(starts_with_ignore_case("x", ""));
    EXPECT_FALSE(starts_with_ignore_case("Sub", "Subject"));
}

TEST(Ascii, Splits) {
    EXPECT_EQ(split("a,,b", ','), (Words{"a", "", "b"}));
    EXPECT_EQ(split("", ','), Words{""});
    EXPECT_EQ(split(",", ','), (Words{"", ""}));
    EXPECT_EQ(split_words(" a \t b\r\n"), (Words{"a", "b"}));
    EXPECT_EQ(split_words(" "), Words{});
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" "), "");
}

TEST(Ascii, ParseNumber) {
    EXPECT_EQ(parse_number("0"), 0U);
    EXPECT_EQ(parse_number("007"), 7U);
    EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1a", "18446744073709551616"}) {
        EXPECT_FALSE(parse_number(text)) << text;
    }
}

}  // namespace
}  // namespace mailpipe::ascii
