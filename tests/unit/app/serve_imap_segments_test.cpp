#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/imap_segments.hpp"

namespace mailpipe::app::serve {
namespace {

using namespace std::string_literals;

// Lines as they are, literals in angle brackets; "|" where a response begins.
std::string taken_apart(std::string_view octets, std::size_t step) {
    ImapSegments segments;
    std::string out;
    bool in_literal = false;
    for (std::size_t at = 0; at < octets.size(); at += step) {
        segments.feed(octets.substr(at, step));
        while (const auto segment = segments.next()) {
            if (segment->is_literal != in_literal) out += segment->is_literal ? '<' : '>';
            in_literal = segment->is_literal;
            out += (segment->first ? "|" : "") + segment->octets;
        }
    }
    return out;
}

TEST(ImapSegments, AreTheSameHoweverTheyCome) {
    const std::pair<std::string, std::string> rows[] = {
        {"* 1 FETCH (X {5}\r\na\r\nb\n Y ~{3}\r\n\r\n\0)\r\na OK done\r\n"s + "half",
         "|* 1 FETCH (X {5}\r\n<a\r\nb\n> Y ~{3}\r\n<\r\n\0>)\r\n|a OK done\r\n"s},
        {"a APPEND x {3+}\r\nb c\r\nb NOOP\r\n", "|a APPEND x {3+}\r\n<b c>\r\n|b NOOP\r\n"},
        {"* 1 FETCH (X {0}\r\n)\r\n", "|* 1 FETCH (X {0}\r\n)\r\n"},
        // What is said to people announces nothing.
        {"* OK {3}\r\na NO [X] {3}\r\n* BYE {3}\r\n+ {3}\r\n* X {1}\r\nx\r\n",
         "|* OK {3}\r\n|a NO [X] {3}\r\n|* BYE {3}\r\n|+ {3}\r\n|* X {1}\r\n<x>\r\n"},
        {"* LIST () \"/\" \"{3}\"\r\n* X\r\n", "|* LIST () \"/\" \"{3}\"\r\n|* X\r\n"},
    };
    for (const auto& [octets, expected] : rows) {
        for (std::size_t step = 1; step <= octets.size(); ++step)
            EXPECT_EQ(taken_apart(octets, step), expected) << step;
    }
}

TEST(ImapSegments, KnowWhereTheyAre) {
    ImapSegments segments;
    const auto feed = [&segments](std::string_view octets) {
        segments.feed(octets);
        while (segments.next()) {
        }
        return segments.at_boundary();
    };
    EXPECT_TRUE(segments.at_boundary());
    EXPECT_FALSE(feed("a NO"));
    EXPECT_TRUE(feed("OP\r\n"));
    EXPECT_FALSE(feed("a SELECT {2}\r\n"));
    EXPECT_FALSE(feed("xy"));
    EXPECT_TRUE(feed("\r\n"));
}

}  // namespace
}  // namespace mailpipe::app::serve
