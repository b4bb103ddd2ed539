#include "mailpipe/app/text_check.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

using namespace std::string_literals;

struct CheckRow {
    std::string text;
    std::string problem;  // start of it; empty: none
};

TEST(TextCheck, NamesTheFirstLineThatSmtpCannotCarryHoweverTheTextIsSplit) {
    const std::string longest(limits::kLongestLine, 'x');
    const CheckRow rows[] = {
        {"", ""},
        {"a\r\nb\r\n", ""},
        {"a\r\nb", ""},
        {"a\r\n\r\n.\r\n", ""},
        {longest + "\r\n" + longest, ""},
        {"a\nb\r\n", "line 1 has a bare LF"},
        {"a\r\n\nb\r\n", "line 2 has a bare LF"},
        {"a\rb\r\n", "line 1 has a bare CR"},
        {"a\r\r\nb\r\n", "line 1 has a bare CR"},
        {"a\r\nb\r", "line 2 has a bare CR"},
        {"a\r\n\rb\n", "line 2 has a bare CR"},
        {"a\r\nb\0c\r\n"s, "line 2 contains a NUL"},
        {"a\r\n" + longest + "y\r\n", "line 2 is longer than 998 octets"},
        {longest + longest, "line 1 is longer than 998 octets"},
        {"x\r\n\r\n.\nMAIL FROM:<e@example.net>\r\n", "line 3 has a bare LF"},
    };
    for (const CheckRow& row : rows) {
        for (const std::size_t piece :
             {std::string_view::npos, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            TextCheck check;
            std::string_view rest = row.text;
            while (!rest.empty()) {
                check.append(rest.substr(0, piece));
                rest.remove_prefix(std::min(piece, rest.size()));
            }
            check.finish();
            EXPECT_EQ(check.problem().value_or("").substr(0, row.problem.size()), row.problem) << row.text;
            EXPECT_EQ(check.problem().has_value(), !row.problem.empty()) << check.problem().value_or("");
        }
    }
}

TEST(TextCheck, SeesEightBitAndTheMissingLastLineEnd) {
    TextCheck seven;
    seven.append("a\r\nb");
    EXPECT_FALSE(seven.eight_bit());
    EXPECT_FALSE(seven.ends_in_line_end());
    seven.append("\r");
    EXPECT_FALSE(seven.ends_in_line_end());
    seven.append("\n");
    EXPECT_TRUE(seven.ends_in_line_end());
    TextCheck eight;
    eight.append("\xc3\xa4");
    EXPECT_TRUE(eight.eight_bit());
}

TEST(LineEndRepair, MendsHoweverTheTextIsSplit) {
    const std::pair<std::string, std::string> rows[] = {
        {"a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"},
        {"\r\r\n\n\r", "\r\n\r\n\r\n\r\n"},
        {"", ""},
        {"\n\n", "\r\n\r\n"},
    };
    for (const auto& [text, mended] : rows) {
        for (std::size_t piece = 1; piece <= text.size() + 1; ++piece) {
            LineEndRepair repair;
            std::string out;
            for (std::size_t at = 0; at < text.size(); at += piece)
                repair.append(std::string_view(text).substr(at, piece), out);
            EXPECT_EQ(out, mended);
        }
    }
}

TEST(TextCheck, OfARelayLeavesLongLinesToTheServer) {
    TextCheck check(TextUse::relay);
    check.append(std::string(limits::kLongestLine + 1, 'x') + "\r\n");
    EXPECT_FALSE(check.problem());
    check.append("a\nb");
    EXPECT_EQ(check.problem(), "line 2 has a bare LF, which SMTP forbids");
}

}  // namespace
}  // namespace mailpipe::app
