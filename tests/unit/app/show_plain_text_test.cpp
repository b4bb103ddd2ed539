#include "mailpipe/app/show/plain_text.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/show/layout.hpp"
#include "tests/support/counted_work.hpp"

namespace mailpipe::app {
namespace {

struct Row {
    std::string text;
    std::string shown;
    bool del_sp = false;
    std::size_t width = 0;
};

TEST(ShowPlainText, Flowed) {
    const Row rows[] = {
        {"", ""},
        {"a \nb \nc\nd\n", "a b c\nd\n"},
        {"a \nb", "a b\n"},
        {"a \n", "a \n"},
        {"a\n\n\nb\n", "a\n\n\nb\n"},
        // The example of RFC 3676 section 4.1.
        {"`Take some more tea,' the March Hare said to Alice, \nvery earnestly.\n\n`I've had nothing yet,' "
         "Alice "
         "replied in an offended \ntone, `so I can't take more.'\n",
         "`Take some more tea,' the March Hare said to Alice, very earnestly.\n\n`I've had nothing yet,' Alice "
         "replied "
         "in an offended tone, `so I can't take more.'\n"},
        // Section 4.4, space-stuffing; section 4.5, quoting.
        {" From here\n  indented\n > not quoted\n", "From here\n indented\n> not quoted\n"},
        {">>>Take some more tea.\n>>T've had nothing yet, so I can't take more.\n>You mean you can't take "
         "LESS, it's \n"
         ">very easy to take MORE than nothing.\n",
         ">>> Take some more tea.\n>> T've had nothing yet, so I can't take more.\n> You mean you can't take "
         "LESS, it's "
         "very easy to take MORE than nothing.\n"},
        {"> a \n>b\n>> c \n> d \ne\n", "> a b\n>> c \n> d \ne\n"},
        {">\n> >x\n", ">\n> >x\n"},
        // Section 4.3: the signature separator is neither flowed nor joined.
        {"a \n-- \nMe \nYou\n", "a \n-- \nMe You\n"},
        {"> -- \n> x\n", "> -- \n> x\n"},
        {"-- \na\n", "-- \na\n", true},
        // DelSp.
        {"\u65e5\u672c \n\u8a9e  \nx\n", "\u65e5\u672c\u8a9e x\n", true},
        {"https://example.org/ \npath\n", "https://example.org/path\n", true},
        // At any width.
        {">> one two \n>> three four \n>> five\n", ">> one two\n>> three four\n>> five\n", false, 15},
        {"one two \nthree\n", "one two\nthree\n", false, 10},
        {"one two \nthree\n", "one two three\n", false, 20},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        EXPECT_EQ(lay_out(flowed_blocks(row.text, row.del_sp), {.width = row.width}), row.shown);
    }
}

// threats.md: MIME bombs
TEST(ShowPlainText, LinearInQuotesAndWords) {
    for (const char* piece : {">", "> ", "a ", "a", "a \n", ">a \n", "\u65e5"}) {
        tests::count_doubling(
            "plain " + testing::PrintToString(std::string(piece)),
            [&](std::size_t n) {
                // Half of it in front, the rest words: a line that is quoted as often as it has words.
                std::string text;
                for (std::size_t i = 0; i < n; ++i)
                    text += piece;
                for (std::size_t i = 0; i < n; ++i)
                    text += " a";
                return text;
            },
            [](const std::string& text) {
                lay_out(plain_blocks(text), {.width = 80});
                lay_out(flowed_blocks(text, false), {.width = 80});
            });
    }
}

TEST(ShowPlainText, FixedTextIsNotTouched) {
    const std::string text = "a \n  b\tc\n\n> x\n>> y\n> > z  \n>\n>w\n -- \n-- \nme\n";
    EXPECT_EQ(lay_out(plain_blocks(text), {}), text);
    EXPECT_EQ(lay_out(plain_blocks("a"), {}), "a\n");
    EXPECT_TRUE(plain_blocks("").empty());
}

TEST(ShowPlainText, LongLinesKeepTheirMarks) {
    EXPECT_EQ(lay_out(plain_blocks("> > one two three\n>one two three\n"), {.width = 14}),
              "> > one two\n> > three\n>one two three\n");
}

TEST(ShowPlainText, DepthAndSignature) {
    const TextBlocks blocks = plain_blocks("a\n> b\n> > c\n>>> d\n-- \ne\n");
    std::string depths;
    std::string signature;
    for (const TextBlock& block : blocks) {
        depths += std::to_string(block.quote_depth);
        signature += block.tone == Tone::signature ? 's' : '.';
    }
    EXPECT_EQ(depths, "012300");
    EXPECT_EQ(signature, "....ss");
    EXPECT_EQ(flowed_blocks("a\n-- \nb\n", false)[2].tone, Tone::signature);
    EXPECT_EQ(flowed_blocks("> -- \n> b\na\n", false)[2].tone, Tone::plain);
}

}  // namespace
}  // namespace mailpipe::app
