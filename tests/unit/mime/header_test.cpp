#include "mailpipe/mime/header.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::mime {
namespace {

struct Row {
    std::string name;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;
    std::size_t size;
};

TEST(Header, Fields) {
    const Row rows[] = {
        {"CRLF", "A: 1\r\nB: 2\r\n\r\nbody", {{"A", " 1"}, {"B", " 2"}}, 14},
        {"LF", "A: 1\nB: 2\n\nbody", {{"A", " 1"}, {"B", " 2"}}, 11},
        {"folded", "A: 1\r\n 2\r\n\t3\r\n\r\n", {{"A", " 1\r\n 2\r\n\t3"}}, 16},
        {"white space before the colon", "A \t: 1\n\n", {{"A", " 1"}}, 8},
        {"no body", "A: 1\r\n", {{"A", " 1"}}, 6},
        {"no line end", "A: 1", {{"A", " 1"}}, 4},
        {"empty value", "A:\r\n\r\n", {{"A", ""}}, 6},
        {"mbox line", "From a@b Thu Jan  1 00:00:00 1970\nA: 1\n\nx", {{"A", " 1"}}, 40},
        {"quoted mbox line", ">From a@b\nA: 1\n\nx", {{"A", " 1"}}, 16},
        {"a line that is no field", "A: 1\nno field\nB: 2\n\nx", {{"A", " 1"}, {"B", " 2"}}, 20},
        {"its continuation goes with it", "A: 1\nno field\n x\nB: 2\n\n", {{"A", " 1"}, {"B", " 2"}}, 23},
        {"byte order mark",
         "\xEF\xBB\xBF"
         "A: 1\nB: 2\n\nx",
         {{"A", " 1"}, {"B", " 2"}},
         14},
        {"byte order mark before text", "\xEF\xBB\xBFno header here\nA: 1\n\n", {}, 0},
        {"answer of a server",
         "+OK 120 octets\nrECEIVED : 1\nA: 2\n\nx",
         {{"rECEIVED", " 1"}, {"A", " 2"}},
         34},
        {"two such lines", "no header\nnor here\nTo: 1\n\nx", {}, 0},
        {"mbox line before text", "From a@b\nno header\nTo: 1\n\nx", {}, 9},
        {"all body", "no header here\nA: 1\n\n", {}, 0},
        {"empty line first", "\r\nA: 1\r\n", {}, 2},
        {"end of a field first", "\tby a\r\n\tfor b\r\nTo: 1\r\n\r\n", {{"To", " 1"}}, 24},
        {"starts with a continuation", " A: 1\r\n\r\n", {}, 0},
        {"empty", "", {}, 0},
        {"8-bit name is no name", "A: 1\nB\xC3\xA9: 2\n\n", {{"A", " 1"}}, 13},
        {"NUL in a value stays", std::string("A: x\0y\n\n", 8), {{"A", std::string(" x\0y", 4)}}, 8},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        const Header header = parse_header(row.text);
        ASSERT_EQ(header.fields.size(), row.fields.size());
        for (std::size_t i = 0; i < row.fields.size(); ++i) {
            EXPECT_EQ(header.fields[i].name, row.fields[i].first);
            EXPECT_EQ(header.fields[i].value, row.fields[i].second);
            EXPECT_EQ(row.text.substr(header.fields[i].offset, header.fields[i].name.size()),
                      row.fields[i].first);
        }
        EXPECT_EQ(header.size, row.size);
        EXPECT_TRUE(header.limits.empty());
    }
}

TEST(Header, FieldLengthCoversItsLineEnd) {
    const std::string text = "A: 1\r\n 2\r\nB: 3\r\n\r\n";
    const Header header = parse_header(text);
    EXPECT_EQ(text.substr(header.fields[0].offset, header.fields[0].length), "A: 1\r\n 2\r\n");
    EXPECT_EQ(text.substr(header.fields[1].offset, header.fields[1].length), "B: 3\r\n");
}

TEST(Header, FindIgnoresCase) {
    const Header header = parse_header("To: 1\nTO: 2\nCc: 3\n\n");
    EXPECT_EQ(header.find("to")->value, " 1");
    EXPECT_EQ(header.find_last("tO")->value, " 2");
    EXPECT_EQ(header.find("bcc"), nullptr);
    EXPECT_EQ(header.find_last("bcc"), nullptr);
    EXPECT_EQ(header.count("to"), 2U);
    EXPECT_EQ(header.count("bcc"), 0U);
}

TEST(Header, TooManyFieldsMeetTheLimit) {
    std::string text;
    for (std::size_t i = 0; i < limits::kHeaderFields + 5; ++i)
        text += "A: 1\n";
    text += "\nbody";
    const Header header = parse_header(text);
    EXPECT_EQ(header.fields.size(), limits::kHeaderFields);
    EXPECT_TRUE(header.limits.has(Limit::header_fields));
    EXPECT_EQ(text.substr(header.size), "body");
}

TEST(Header, TooLargeMeetsTheLimit) {
    const std::string text = "A: 1\nB: " + std::string(limits::kHeaderSize, 'x') + "\nC: 2\n\nbody";
    const Header header = parse_header(text);
    EXPECT_EQ(header.fields.size(), 1U);
    EXPECT_TRUE(header.limits.has(Limit::header_size));
    EXPECT_EQ(text.substr(header.size), "body");
}

TEST(Header, Unfold) {
    EXPECT_EQ(unfold(" a\r\n b\n\tc"), " a b\tc");
    EXPECT_EQ(unfold("a\rb"), "a\rb");
    EXPECT_EQ(unfold(""), "");
}

}  // namespace
}  // namespace mailpipe::mime
