#include "mailpipe/wire/line_ends.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::wire {
namespace {

std::string to_lf(std::string_view text, std::size_t first, std::size_t piece) {
    CrlfToLf mapper;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view next = text.substr(at, at == 0 ? first : piece);
        mapper.append(next, out);
        at += next.size();
    }
    mapper.finish(out);
    return out;
}

std::string to_crlf(std::string_view text, std::size_t first, std::size_t piece) {
    LfToCrlf mapper;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view next = text.substr(at, at == 0 ? first : piece);
        mapper.append(next, out);
        at += next.size();
    }
    return out;
}

struct Case {
    std::string text;
    std::string mapped;
};

TEST(CrlfToLf, SplitAtEveryOctet) {
    const Case cases[] = {
        {"", ""},
        {"a\r\nb\r\n", "a\nb\n"},
        {"a\nb", "a\nb"},
        {"a\rb", "a\rb"},
        {"a\r", "a\r"},
        {"\r\r\n", "\r\n"},
        {"\r\n\r\n", "\n\n"},
        {"\r\n\n\r\n", "\n\n\n"},
        {"\n\r\n", "\n\n"},
        {"\r\r\r", "\r\r\r"},
        {"a\r\n\rb", "a\n\rb"},
        {std::string("\0\r\n", 3), std::string("\0\n", 2)},
    };
    for (const Case& c : cases) {
        for (std::size_t split = 1; split <= c.text.size() + 1; ++split) {
            EXPECT_EQ(to_lf(c.text, split, 1), c.mapped) << testing::PrintToString(c.text) << " at " << split;
            EXPECT_EQ(to_lf(c.text, split, 100), c.mapped) << testing::PrintToString(c.text) << " at " << split;
        }
    }
}

TEST(LfToCrlf, SplitAtEveryOctet) {
    const Case cases[] = {
        {"", ""},
        {"a\nb\n", "a\r\nb\r\n"},
        {"a\r\nb", "a\r\nb"},
        {"a\rb", "a\rb"},
        {"\n\n", "\r\n\r\n"},
        {"\r\r\n", "\r\r\n"},
        {"\r\n\n", "\r\n\r\n"},
        {"a\r", "a\r"},
    };
    for (const Case& c : cases) {
        for (std::size_t split = 1; split <= c.text.size() + 1; ++split) {
            EXPECT_EQ(to_crlf(c.text, split, 1), c.mapped) << testing::PrintToString(c.text) << " at " << split;
            EXPECT_EQ(to_crlf(c.text, split, 100), c.mapped)
                << testing::PrintToString(c.text) << " at " << split;
        }
    }
}

TEST(LineEnds, CrlfTextComesBack) {
    const std::string text = "From: a\r\n\r\n\r\nb\rc\r\n\0\r\n";
    EXPECT_EQ(to_crlf(to_lf(text, 3, 1), 2, 3), text);
}

TEST(LineEndChecker, SplitAtEveryOctet) {
    struct Row {
        std::string text;
        bool bare_cr, bare_lf, nul, eight_bit;
    };
    const Row rows[] = {
        {"", false, false, false, false},        {"a\r\nb", false, false, false, false},
        {"a\nb", false, true, false, false},     {"a\rb", true, false, false, false},
        {"a\r", true, false, false, false},      {"\n", false, true, false, false},
        {"\r\r\n", true, false, false, false},   {"\r\n\n", false, true, false, false},
        {"\r\n\r", true, false, false, false},   {std::string("a\0b", 3), false, false, true, false},
        {"\xC3\xBC", false, false, false, true},
    };
    for (const Row& row : rows) {
        for (std::size_t split = 0; split <= row.text.size(); ++split) {
            LineEndChecker checker;
            checker.append(std::string_view(row.text).substr(0, split));
            checker.append(std::string_view(row.text).substr(split));
            checker.finish();
            const std::string shown = testing::PrintToString(row.text) + " at " + std::to_string(split);
            EXPECT_EQ(checker.bare_cr(), row.bare_cr) << shown;
            EXPECT_EQ(checker.bare_lf(), row.bare_lf) << shown;
            EXPECT_EQ(checker.nul(), row.nul) << shown;
            EXPECT_EQ(checker.eight_bit(), row.eight_bit) << shown;
            EXPECT_EQ(checker.clean(), !row.bare_cr && !row.bare_lf && !row.nul) << shown;
        }
    }
}

// Long text is looked at in blocks.
TEST(LineEndChecker, FindsEachFaultWhereverItStands) {
    std::string good;
    while (good.size() < 600)
        good += std::string(good.size() % 90, 'x') + "\r\n";
    for (const std::string_view fault : {"\r", "\n", "\0", "\x80", "x", "\r\n"}) {
        const std::string inserted = fault.empty() ? std::string(1, '\0') : std::string(fault);
        for (std::size_t at = 0; at <= good.size(); ++at) {
            const std::string text = good.substr(0, at) + inserted + good.substr(at);
            LineEndChecker whole;
            whole.append(text);
            whole.finish();
            LineEndChecker octets;
            for (const char& octet : text)
                octets.append({&octet, 1});
            octets.finish();
            ASSERT_EQ(whole.bare_cr(), octets.bare_cr()) << at;
            ASSERT_EQ(whole.bare_lf(), octets.bare_lf()) << at;
            ASSERT_EQ(whole.nul(), octets.nul()) << at;
            ASSERT_EQ(whole.eight_bit(), octets.eight_bit()) << at;
        }
    }
}

}  // namespace
}  // namespace mailpipe::wire
