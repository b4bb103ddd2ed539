#include "mailpipe/wire/line_framer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailpipe::wire {
namespace {

// Lines, then "E message" for an error or "+rest" for what is left.
std::vector<std::string> lines_of(LineEnd line_end, std::size_t limit, std::string_view octets,
                                  std::size_t first, std::size_t piece) {
    LineFramer framer(line_end, limit, "kTest");
    InputBuffer input;
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (true) {
        const auto line = framer.next(input);
        if (!line) {
            lines.push_back("E " + line.error().message);
            return lines;
        }
        if (*line) {
            lines.emplace_back(**line);
            continue;
        }
        if (at == octets.size()) break;
        const std::string_view next = octets.substr(at, at == 0 ? first : piece);
        input.append(next);
        at += next.size();
    }
    lines.push_back("+" + std::string(input.view()));
    return lines;
}

struct Case {
    const char* octets;
    std::vector<std::string> strict;
    std::vector<std::string> lenient;
};

const Case kCases[] = {
    {"", {"+"}, {"+"}},
    {"a\r\nbc\r\n", {"a", "bc", "+"}, {"a", "bc", "+"}},
    {"\r\n\r\n", {"", "", "+"}, {"", "", "+"}},
    {"a\nb\r\n", {"a\nb", "+"}, {"a", "b", "+"}},
    {"\n\r\n", {"\n", "+"}, {"", "", "+"}},
    {"a\rb\r\n", {"a\rb", "+"}, {"a\rb", "+"}},
    {"a\r\r\n", {"a\r", "+"}, {"a\r", "+"}},
    {"a\n\r\nb", {"a\n", "+b"}, {"a", "", "+b"}},
    {"a\r", {"+a\r"}, {"+a\r"}},
};

TEST(LineFramer, SplitAtEveryOctet) {
    for (const Case& c : kCases) {
        const std::size_t size = std::string_view(c.octets).size();
        for (std::size_t split = 1; split <= size + 1; ++split) {
            for (const std::size_t piece : {std::size_t{1}, size + 1}) {
                EXPECT_EQ(lines_of(LineEnd::crlf, 100, c.octets, split, piece), c.strict) << split;
                EXPECT_EQ(lines_of(LineEnd::crlf_or_lf, 100, c.octets, split, piece), c.lenient) << split;
            }
        }
    }
}

TEST(LineFramer, LimitIsWithoutTheLineEnd) {
    const std::string error = "E line longer than kTest (3 octets)";
    for (const std::size_t piece : {1, 2, 3, 100}) {
        EXPECT_EQ(lines_of(LineEnd::crlf, 3, "abc\r\n", piece, piece), (std::vector<std::string>{"abc", "+"}));
        EXPECT_EQ(lines_of(LineEnd::crlf_or_lf, 3, "abc\n", piece, piece),
                  (std::vector<std::string>{"abc", "+"}));
        EXPECT_EQ(lines_of(LineEnd::crlf, 3, "abcd\r\n", piece, piece), std::vector<std::string>{error});
        EXPECT_EQ(lines_of(LineEnd::crlf, 3, "a\r\nabcd", piece, piece),
                  (std::vector<std::string>{"a", error}));
        // A bare line end is no way around it.
        EXPECT_EQ(lines_of(LineEnd::crlf, 3, "a\nb\nc\n", piece, piece), std::vector<std::string>{error});
        EXPECT_EQ(lines_of(LineEnd::crlf, 3, "\r\r\r\r\r", piece, piece), std::vector<std::string>{error});
    }
}

TEST(LineFramer, ErrorLeavesTheInput) {
    LineFramer framer(LineEnd::crlf, 3, "kTest");
    InputBuffer input;
    input.append("abcdef\r\n");
    ASSERT_FALSE(framer.next(input));
    EXPECT_EQ(input.view(), "abcdef\r\n");
    framer.set_limit(10, "kLarger");
    EXPECT_EQ(**framer.next(input), "abcdef");
}

}  // namespace
}  // namespace mailpipe::wire
