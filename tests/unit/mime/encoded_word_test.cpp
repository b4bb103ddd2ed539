#include "mailpipe/mime/encoded_word.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string value;
    std::string text;
};

TEST(EncodedWord, DecodeText) {
    const Row rows[] = {
        {" plain", "plain"},
        {" folded\r\n text", "folded text"},
        // RFC 2047 section 8
        {"(=?ISO-8859-1?Q?a?=)", "(a)"},
        {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
        {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
         "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this you understand the example."},
        // A character split between two words.
        {"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\u20ac"},
        {"=?utf-8?B?4oI=?= =?UTF-8?B?rA==?=", "\u20ac"},
        {"=?iso-2022-jp?B?GyRCJCIbKEI=?=", "\u3042"},
        {"=?utf-8*en?q?language?=", "language"},
        // Lenient.
        {"=?utf-8?q?with space?=", "with space"},
        {"x=?utf-8?q?inside?=y", "xinsidey"},
        {"=?no-such?q?abc=E9?=", "abc\u00e9"},
        {"=?us-ascii?q?wrong=C3=A9?=", "wrong\u00e9"},
        {"raw \xC3\xA9 \xF6", "raw \u00c3\u00a9 \u00f6"},
        {"raw \xC3\xA9", "raw \u00e9"},
        {"=?utf-8?q?a=00b?=", "ab"},
        {"=?utf-8?B?w6k?=", "\u00e9"},
        {"=?utf-8?q?"
         "?=",
         ""},
        // Not encoded words.
        {"=?utf-8?q?unterminated", "=?utf-8?q?unterminated"},
        {"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
        {"=??q?abc?=", "=??q?abc?="},
        {"=?utf-8?q?a?b?=", "=?utf-8?q?a?b?="},
        {"=?", "=?"},
        {"=?=?utf-8?q?a?=", "=?a"},
        {"", ""},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        EXPECT_EQ(decode_text(row.value).text, row.text);
    }
}

TEST(EncodedWord, Problem) {
    EXPECT_FALSE(decode_text("=?utf-8?q?=C3=A9?=").problem);
    EXPECT_TRUE(decode_text("=?utf-8?q?=FF?=").problem);
    EXPECT_TRUE(decode_text("=?no-such?q?a?=").problem);
}

TEST(EncodedWord, Length) {
    EXPECT_EQ(encoded_word_length("=?utf-8?q?a?= b"), 13U);
    EXPECT_EQ(encoded_word_length("x=?utf-8?q?a?="), 0U);
}

TEST(EncodedWord, PlainTextIsWhatIsDecodedToItself) {
    using namespace std::string_literals;
    EXPECT_EQ(plain_text(" \ta =? b\r \t"), std::nullopt);
    EXPECT_EQ(plain_text(" \ta = ? b\r \t"), "a = ? b\r");
    EXPECT_EQ(plain_text(" "), "");
    for (const std::string& value : {"a\r\n b"s, "=?utf-8?q?a?="s, "caf\xC3\xA9"s, "a\0b"s})
        EXPECT_EQ(plain_text(value), std::nullopt) << value;
    for (const std::string& value : {" a b "s, "\x01"s, "a\rb"s})
        EXPECT_EQ(plain_text(value), decode_text(value).text) << value;
}

}  // namespace
}  // namespace mailpipe::mime
