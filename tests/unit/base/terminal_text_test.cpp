#include "mailpipe/base/terminal_text.hpp"

#include <gtest/gtest.h>

namespace mailpipe {
namespace {

constexpr const char* kBad = "\xEF\xBF\xBD";

// threats.md: terminal escapes, bidi
TEST(TerminalText, ReplacesControls) {
    struct Case {
        std::string text;
        std::string shown;
    };
    const std::string r = kBad;
    const Case cases[] = {
        {"", ""},
        {"K\xC3\xB6ln \xF0\x9F\x93\xAC", "K\xC3\xB6ln \xF0\x9F\x93\xAC"},
        {"a\x1b[2J", "a" + r + "[2J"},
        {"a\tb", "a\tb"},
        {"a\r\nb\x7F", "a" + r + r + "b" + r},
        {std::string("\0", 1), r},
        {"\xC2\x9B"
         "2J",
         r + "2J"},
        {"\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9",
         r + r + r + r + r + r + r},
        {"\xE2\x80\xA8\xE2\x80\xA9", r + r},
        {"\u2027\u202f\u2065\u2070", "\u2027\u202f\u2065\u2070"},
        {"\u202b\u202c\u202d\u2067\u2068\u206a\u206f\ufff9\ufffb", r + r + r + r + r + r + r + r + r},
        {"\U000E0000\U000E0041\U000E007F\U000E00FF\U000E01F0\U000E0FFF", r + r + r + r + r + r},
        {"\u845b\U000E0100\U000E01EF", "\u845b\U000E0100\U000E01EF"},
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xFF\xC3", r + r},
    };
    for (const Case& c : cases)
        EXPECT_EQ(terminal_text(c.text), c.shown);
    EXPECT_EQ(terminal_text("a\nb\r", true), "a\nb" + r);
}

TEST(TerminalText, HiddenCharactersAreEscapedInJson) {
    const std::pair<std::string, std::string> rows[] = {
        {"{\"a\":\"\\u001b \u00fc\"}", "{\"a\":\"\\u001b \u00fc\"}"},
        {"\x7F\u009b\u0085", "\\u007f\\u009b\\u0085"},
        {"\u061c\u200e\u200f\u202a\u202e\u2066\u2069", "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069"},
        {"\u2028\u2029x", "\\u2028\\u2029x"},
        {"\U000E0041\U000E0FFF", "\\udb40\\udc41\\udb43\\udfff"},
        {"\U0001F4EC\xFF", "\U0001F4EC\xFF"},
    };
    for (const auto& [json, escaped] : rows)
        EXPECT_EQ(escape_hidden(json), escaped);
}

TEST(TerminalText, Utf8OfACodePoint) {
    for (const char32_t point : {0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF}) {
        std::string text;
        append_utf8(point, text);
        EXPECT_EQ(utf8_sequence_length(text), text.size());
        EXPECT_EQ(utf8_code_point(text), point);
    }
    std::string text;
    append_utf8(0xD800, text);
    append_utf8(0x110000, text);
    EXPECT_EQ(text, std::string(kBad) + kBad);
    EXPECT_EQ(utf8_code_point("\xFF"), 0xFFFDU);
}

TEST(TerminalText, Idempotent) {
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    EXPECT_EQ(terminal_text(terminal_text(all)), terminal_text(all));
    EXPECT_TRUE(is_utf8(terminal_text(all)));
}

TEST(Utf8, WellFormed) {
    struct Case {
        const char* text;
        std::size_t length;
    };
    const Case cases[] = {
        {"a", 1},
        {"\x7F", 1},
        {"\xC2\x80", 2},
        {"\xDF\xBF", 2},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xEE\x80\x80", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"", 0},
        {"\x80", 0},
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0},
        {"\xC3", 0},
        {"\xC3(", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xED\xA0\x80", 0},
        {"\xED\xBF\xBF", 0},
        {"\xE2\x82", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xFE", 0},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(utf8_sequence_length(c.text), c.length) << testing::PrintToString(c.text);
        EXPECT_EQ(is_utf8(c.text), c.length > 0 || *c.text == 0);
    }
    EXPECT_FALSE(is_utf8("a\xC3"));
}

TEST(TerminalText, Prefix) {
    const std::pair<std::size_t, const char*> rows[] = {{0, ""},
                                                        {1, "a"},
                                                        {2, "a"},
                                                        {3, "a\u00fc"},
                                                        {5, "a\u00fc"},
                                                        {6, "a\u00fc\u20ac"},
                                                        {99, "a\u00fc\u20ac"}};
    for (const auto& [octets, prefix] : rows)
        EXPECT_EQ(utf8_prefix("a\u00fc\u20ac", octets), prefix) << octets;
    EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace mailpipe
