#include "mailpipe/email/collation.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "mailpipe/base/terminal_text.hpp"

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

TEST(Collation, ComposedForm) {
    const std::pair<const char*, const char*> composed[] = {
        {"", ""},
        {"ascii", "ascii"},
        {"é", "é"},
        {"e\u0301", "é"},
        {"a — é", "a — é"},
        {"\u1100\u1161", "가"},
        {"\u212B", "Å"},
        {"\u0958", "\u0915\u093C"},
        {"a\u0323\u0307", "\u1EA1\u0307"},
        {"a\u0307\u0323", "\u1EA1\u0307"},
    };
    for (const auto& [text, wanted] : composed)
        EXPECT_EQ(nfc(text), wanted) << text;
}

// What is taken for composed without asking ICU is so: U+0958 is decomposed always, and leaves what stands before it.
TEST(Collation, IcuSaysTheSameOfEachCharacter) {
    for (char32_t point = 0x80; point < 0x20000; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        std::string text = "e";
        append_utf8(point, text);
        ASSERT_EQ(nfc(text + "\u0958"), nfc(text) + "\u0915\u093C")
            << std::hex << static_cast<std::uint32_t>(point);
        text.erase(0, 1);
        ASSERT_EQ(nfc(text + "\u0958"), nfc(text) + "\u0915\u093C")
            << std::hex << static_cast<std::uint32_t>(point);
    }
}

}  // namespace
}  // namespace mailpipe::email
