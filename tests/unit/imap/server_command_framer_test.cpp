#include "mailpipe/imap/server/command_framer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mailpipe::imap::server {
namespace {

using Status = CommandFramer::Status;

TEST(CommandFramer, FindsMarkers) {
    struct Row {
        std::string_view line;
        bool found;
        std::uint64_t size = 0;
        bool synchronizing = true;
        bool binary = false;
        std::size_t length = 0;
    };
    for (const Row& row : {
             Row{"a LOGIN {5}", true, 5, true, false, 3},
             {"a LOGIN {5+}", true, 5, false, false, 4},
             {"a APPEND x ~{10}", true, 10, true, true, 5},
             {"a APPEND x (~{0+}", true, 0, false, true, 5},
             {"{007}", true, 7, true, false, 5},
             {"{9223372036854775807}", true, 9223372036854775807U, true, false, 21},
             {"{9223372036854775808}", true, UINT64_MAX, true, false, 21},
             {"{99999999999999999999999+}", true, UINT64_MAX, false, false, 26},
             {"a \"b\" {5}", true, 5, true, false, 3},
             {"a \"b\\\"\" {5}", true, 5, true, false, 3},
             {"a \"b {5}", false},
             {"a \"b\\\" {5}", false},
             {"a {5} ", false},
             {"a {}", false},
             {"a {+}", false},
             {"a {-1}", false},
             {"a {5-}", false},
             {"a {5++}", false},
             {"a 5}", false},
             {"", false},
         }) {
        const auto marker = literal_marker(row.line);
        ASSERT_EQ(marker.has_value(), row.found) << row.line;
        if (!marker) continue;
        EXPECT_EQ(marker->size, row.size) << row.line;
        EXPECT_EQ(marker->synchronizing, row.synchronizing) << row.line;
        EXPECT_EQ(marker->binary, row.binary) << row.line;
        EXPECT_EQ(marker->length, row.length) << row.line;
    }
}

std::vector<std::string> lines_of(std::string_view text, std::size_t limit, std::size_t piece) {
    CommandFramer framer(limit);
    wire::InputBuffer input;
    std::vector<std::string> out;
    while (!text.empty()) {
        input.append(text.substr(0, piece));
        text.remove_prefix(std::min(piece, text.size()));
        while (true) {
            const auto step = framer.next_line(input);
            if (step.status == Status::need_input) break;
            const char* name = step.status == Status::line      ? ""
                               : step.status == Status::bare_lf ? "LF"
                                                                : "long ";
            out.push_back(name + std::string(step.line) + (step.ends_in_literal ? "+" : ""));
        }
    }
    return out;
}

TEST(CommandFramer, SplitsLinesHoweverTheyCome) {
    struct Row {
        std::string text;
        std::vector<std::string> lines;
    };
    for (const Row& row : {
             Row{"a\r\n\r\nb c\r\nd", {"a", "", "b c"}},
             {"a\nb\r\nc\r\n", {"LF", "a\nb", "c"}},
             {"\n\n\r\n\na\r\n", {"LF", "\n\n", "LF", "\na"}},
             {"a\rb\r\r\n", {"a\rb\r"}},
             {std::string(40, 'x') + "\r\nb\r\n", {std::string(40, 'x'), "b"}},
             {std::string(41, 'x') + "\r\nb\r\n", {"long " + std::string(41, 'x'), "b"}},
             {std::string(500, 'x') + " {5+}\r\nb\r\n", {"long " + std::string(256, 'x') + "+", "b"}},
             {std::string(500, 'x') + "}\r\nb\r\n", {"long " + std::string(256, 'x'), "b"}},
         }) {
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
            auto lines = lines_of(row.text, 40, piece);
            // How much of a long line's beginning is kept depends on how it came.
            for (std::size_t i = 0; i < lines.size() && i < row.lines.size(); ++i) {
                if (lines[i].starts_with("long ")) {
                    EXPECT_EQ(lines[i].ends_with('+'), row.lines[i].ends_with('+'));
                    EXPECT_EQ(lines[i].substr(0, 40), row.lines[i].substr(0, 40));
                    lines[i] = row.lines[i];
                }
            }
            EXPECT_EQ(lines, row.lines) << piece;
        }
    }
}

TEST(CommandFramer, HoldsLittleOfALongLine) {
    CommandFramer framer(100);
    wire::InputBuffer input;
    for (int i = 0; i < 1000; ++i) {
        input.append(std::string(1000, 'x'));
        EXPECT_EQ(framer.next_line(input).status, Status::need_input);
        EXPECT_LE(input.view().size(), 100U);
    }
    input.append("\r\n");
    EXPECT_EQ(framer.next_line(input).status, Status::too_long);
}

TEST(CommandFramer, CutsOctets) {
    CommandFramer framer(100);
    wire::InputBuffer input;
    input.append("hello\r\nA");
    EXPECT_EQ(framer.next_octets(input, 3), "hel");
    EXPECT_EQ(framer.next_octets(input, 2), "lo");
    EXPECT_EQ(framer.next_line(input).status, Status::line);
    EXPECT_EQ(framer.next_octets(input, 9), "A");
    EXPECT_EQ(framer.next_octets(input, 9), "");
}

}  // namespace
}  // namespace mailpipe::imap::server
