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
        {"\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA",
         "\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"},
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xFF\xC3", r + r},
    };
    for (const Case& c : cases)
        EXPECT_EQ(terminal_text(c.text), c.shown);
    EXPECT_EQ(terminal_text("a\nb\r", true), "a\nb" + r);
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
