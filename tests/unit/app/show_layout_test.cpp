#include "mailpipe/app/show/layout.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/display_width.hpp"

namespace mailpipe::app {
namespace {

TextBlock block(std::string text, std::string indent = {}, std::string hang = {}) {
    TextBlock made;
    made.text = std::move(text);
    made.indent = std::move(indent);
    made.hang = std::move(hang);
    return made;
}

struct Row {
    TextBlock block;
    std::size_t width;
    std::string lines;
};

TEST(ShowLayout, Wrap) {
    const Row rows[] = {
        {block(""), 20, "\n"},
        {block("one two  three"), 0, "one two  three\n"},
        {block("one two  three"), 14, "one two  three\n"},
        {block("one two  three"), 13, "one two\nthree\n"},
        {block("  one two", "> ", "> "), 20, ">   one two\n"},
        {block("one two three four", "  * ", "    "), 14, "  * one two\n    three four\n"},
        {block("-- "), 20, "-- \n"},
        {block("one two     "), 10, "one two\n"},
        {block("", "> ", "> "), 20, ">\n"},
        // A word that is wider stays whole.
        {block("a https://example.org/a-very-long/path b"), 12, "a\nhttps://example.org/a-very-long/path\nb\n"},
        // However far it is indented, ten columns are left.
        {block("a b c d e f g", std::string(30, '>'), std::string(30, '>')), 20,
         std::string(30, '>') + "a b c d e\n>>>>>>>>>>f g\n"},
        // Combining marks take no room, wide characters two, and are broken between.
        {block("a\u0301a\u0301a\u0301a\u0301a\u0301 b\u0301b\u0301b\u0301b\u0301"), 10,
         "a\u0301a\u0301a\u0301a\u0301a\u0301 b\u0301b\u0301b\u0301b\u0301\n"},
        {block("\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3002"), 12,
         "\u65e5\u672c\u8a9e\u306e\u6587\n\u7ae0\u3002\n"},
        {block("ab \u65e5\u672c\u8a9e\u306e\u6587\u7ae0"), 10, "ab \u65e5\u672c\u8a9e\n\u306e\u6587\u7ae0\n"},
        {block("\U0001F468\u200d\U0001F469\u200d\U0001F467 \U0001F1E9\U0001F1EA \U0001F44D\U0001F3FD a"), 10,
         "\U0001F468\u200d\U0001F469\u200d\U0001F467 \U0001F1E9\U0001F1EA \U0001F44D\U0001F3FD a\n"},
        {block("one\u00a0two three\u00a0four"), 10, "one two\nthree four\n"},
        {block("a\tb"), 0, "a\tb\n"},
        {block("a\tb\t\u65e5\tc"), 40, "a       b       \u65e5      c\n"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.block.text);
        EXPECT_EQ(lay_out({row.block}, {.width = row.width}), row.lines);
    }
}

TEST(ShowLayout, NoLineIsWiderUnlessAWordIs) {
    const std::string text =
        "Lorem ipsum \u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3001\u3053\u308c\u306f dolor "
        "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22\u0e40\u0e1b\u0e47\u0e19 sit a\u0308met "
        "\U0001F1E9\U0001F1EA";
    for (std::size_t width = 14; width < 60; ++width) {
        const std::string lines = lay_out({block(text, "> ", "> ")}, {.width = width});
        std::string_view rest = lines;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            EXPECT_LE(display_width(line), width) << line;
            EXPECT_TRUE(line.starts_with("> ")) << line;
            rest.remove_prefix(line.size() + 1);
        }
    }
}

TEST(ShowLayout, AsItIs) {
    TextBlock fixed = block("a   b   c d e f g h i j k", "  ");
    fixed.wraps = false;
    EXPECT_EQ(lay_out({fixed}, {.width = 10}), "  a   b   c d e f g h i j k\n");
}

// threats.md: terminal escapes, bidi
TEST(ShowLayout, NoControlCharacterGetsThrough) {
    TextBlock evil = block("a\x1b[2Jb\nc\u202ed\u009be\r", "\x1b> ", "\x1b");
    for (const std::size_t width : {0, 40}) {
        const std::string lines = lay_out({evil}, {.width = width});
        EXPECT_EQ(lines, "\uFFFD> a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe\uFFFD\n");
    }
    evil.tone = Tone::heading;
    EXPECT_EQ(lay_out({evil}, {.color = true}),
              "\x1b[1m\uFFFD> a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe\uFFFD\x1b[0m\n");
}

}  // namespace
}  // namespace mailpipe::app
