#include "mailpipe/imap/tokens.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

Response text_only(std::string text) {
    return {std::move(text), {}};
}

TEST(Tokens, NString) {
    struct Case {
        const char* text;
        NString::Kind kind;
        const char* value;  // nullptr: malformed
    };
    const Case cases[] = {
        {"NIL", NString::Kind::nil, ""},
        {"nil)", NString::Kind::nil, ""},
        {"\"\"", NString::Kind::text, ""},
        {"\"a \\\"b\\\\\"", NString::Kind::text, "a \"b\\"},
        {"\"(NIL)\"", NString::Kind::text, "(NIL)"},
        {"NILS", NString::Kind::nil, nullptr},
        {"\"open", NString::Kind::nil, nullptr},
        {"\"open\\", NString::Kind::nil, nullptr},
        {"atom", NString::Kind::nil, nullptr},
        {"{3}", NString::Kind::nil, nullptr},
        {"", NString::Kind::nil, nullptr},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.text);
        const Response response = text_only(c.text);
        Tokens tokens(response);
        const auto value = tokens.nstring("string");
        ASSERT_EQ(value.has_value(), c.value != nullptr);
        if (!value) {
            EXPECT_EQ(value.error().message, "malformed response: string expected at octet 0");
            continue;
        }
        EXPECT_EQ(value->kind, c.kind);
        EXPECT_EQ(value->text, c.value);
    }
}

TEST(Tokens, LiteralsBelongToTheirMarkers) {
    const Response response{"{3} ~{2} {9}", {{3, 3, false, "abc"}, {8, 2, true, ""}}};
    Tokens tokens(response);
    EXPECT_EQ(tokens.nstring("a")->text, "abc");
    EXPECT_TRUE(tokens.take(' '));
    EXPECT_EQ(tokens.nstring("b")->kind, NString::Kind::streamed);
    EXPECT_TRUE(tokens.take(' '));
    EXPECT_FALSE(tokens.nstring("c"));
}

TEST(Tokens, MarkerInsideOfALineIsNoLiteral) {
    const Response response{"{3} {3}", {{7, 3, false, "abc"}}};
    Tokens tokens(response);
    EXPECT_FALSE(tokens.nstring("a"));
}

TEST(Tokens, Numbers) {
    const auto number = [](const char* text) {
        const Response response = text_only(text);
        return Tokens(response).number("n");
    };
    EXPECT_EQ(*number("0"), 0U);
    EXPECT_EQ(*number("4294967295 "), 4294967295U);
    for (const char* text : {"4294967296", "99999999999999999999999", "-1", "+1", "", "x"}) {
        EXPECT_FALSE(number(text)) << text;
    }
    const Response zero = text_only("0");
    EXPECT_FALSE(Tokens(zero).nz_number("n"));
}

TEST(Tokens, ItemName) {
    struct Case {
        const char* text;
        const char* name;
    };
    const Case cases[] = {
        {"UID 5", "UID"},
        {"BODY[] {3}", "BODY[]"},
        {"BODY[HEADER.FIELDS (\"To\" X)]<0> x", "BODY[HEADER.FIELDS (\"To\" X)]<0>"},
        {"BODY[HEADER.FIELDS (\"]\")] x", "BODY[HEADER.FIELDS (\"]\")]"},
        {"X(", "X"},
        {"BODY[ x", nullptr},
        {"BODY[\"\\", nullptr},
        {"", nullptr},
        {" ", nullptr},
    };
    for (const Case& c : cases) {
        const Response response = text_only(c.text);
        const auto name = Tokens(response).item_name();
        ASSERT_EQ(name.has_value(), c.name != nullptr) << c.text;
        if (name) {
            EXPECT_EQ(*name, c.name);
        }
    }
}

TEST(Tokens, SkipValue) {
    for (const char* text : {"atom", "\"q)\"", "()", "(a (b \"c\" NIL) 5)", "NIL", "((()))", "(a(b)c)"}) {
        const Response response = text_only(std::string(text) + ")");
        Tokens tokens(response);
        EXPECT_TRUE(tokens.skip_value()) << text;
        EXPECT_EQ(tokens.rest(), ")") << text;
    }
    for (const char* text : {"", "(", "(a", "(\"", ")", "(a))("}) {
        const Response response = text_only(text);
        Tokens tokens(response);
        EXPECT_TRUE(!tokens.skip_value() || !tokens.at_end()) << text;
    }
}

// threats.md: nesting and sets before login
TEST(Tokens, NestingIsLimited) {
    const Response deepest =
        text_only(std::string(limits::kImapNesting, '(') + std::string(limits::kImapNesting, ')'));
    EXPECT_TRUE(Tokens(deepest).skip_value());
    const Response deeper = text_only(std::string(1'000'000, '('));
    const auto skipped = Tokens(deeper).skip_value();
    ASSERT_FALSE(skipped);
    EXPECT_EQ(skipped.error().kind, Errc::limit);
    EXPECT_NE(skipped.error().message.find("kImapNesting"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::imap
