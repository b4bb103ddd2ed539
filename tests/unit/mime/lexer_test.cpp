#include "mailpipe/mime/lexer.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string text;
    std::string token;
    std::string rest;
};

TEST(Lexer, Comment) {
    const Row rows[] = {
        {"(a)b", "a", "b"},       {"(a(b)c)d", "a(b)c", "d"},
        {"(a\\)b)c", "a)b", "c"}, {"(a\r\n b)c", "a b", "c"},
        {"(a", "a", ""},          {"(", "", ""},
        {"(a\\", "a\\", ""},      {"((((", "(((", ""},
        {"(\\(", "(", ""},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        std::size_t at = 0;
        EXPECT_EQ(read_comment(row.text, at), row.token);
        EXPECT_EQ(row.text.substr(at), row.rest);
    }
}

TEST(Lexer, QuotedString) {
    const Row rows[] = {
        {"\"a\"b", "a", "b"},       {"\"a\\\"b\"c", "a\"b", "c"},
        {"\"a\\\\\"b", "a\\", "b"}, {"\"a\r\n b\"c", "a b", "c"},
        {"\"a", "a", ""},           {"\"", "", ""},
        {"\"a\\", "a\\", ""},       {"\"\"x", "", "x"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        std::size_t at = 0;
        EXPECT_EQ(read_quoted_string(row.text, at), row.token);
        EXPECT_EQ(row.text.substr(at), row.rest);
    }
}

TEST(Lexer, SkipCfws) {
    const Row rows[] = {{" \t(a) (b)\r\n x", "", "x"}, {"x", "", "x"}, {"(", "", ""}, {"", "", ""}};
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        std::size_t at = 0;
        skip_cfws(row.text, at);
        EXPECT_EQ(row.text.substr(at), row.rest);
    }
}

}  // namespace
}  // namespace mailpipe::mime
