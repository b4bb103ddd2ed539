#include "mailpipe/imap/response_code.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap {
namespace {

TEST(ResponseCode, Parses) {
    struct Case {
        const char* text;
        const char* code;
        const char* arguments;
        const char* rest;
    };
    const Case cases[] = {
        {"hello", "", "", "hello"},
        {"[ALERT] down at noon", "ALERT", "", "down at noon"},
        {"[UIDVALIDITY 17] ok", "UIDVALIDITY", "17", "ok"},
        {"[CAPABILITY IMAP4rev1 X] in", "CAPABILITY", "IMAP4rev1 X", "in"},
        {"[X]", "X", "", ""},
        {"[]", "", "", ""},
        {"[open", "", "", "[open"},
        {"", "", "", ""},
        {"a [ALERT] b", "", "", "a [ALERT] b"},
    };
    for (const Case& c : cases) {
        const ResponseText text = parse_response_text(c.text);
        EXPECT_EQ(text.code, c.code) << c.text;
        EXPECT_EQ(text.arguments, c.arguments) << c.text;
        EXPECT_EQ(text.text, c.rest) << c.text;
    }
}

TEST(ResponseCode, Kinds) {
    EXPECT_EQ(kind_of_code("AUTHENTICATIONFAILED", Errc::permanent), Errc::auth);
    EXPECT_EQ(kind_of_code("unavailable", Errc::auth), Errc::temporary);
    EXPECT_EQ(kind_of_code("INUSE", Errc::auth), Errc::temporary);
    EXPECT_EQ(kind_of_code("NONEXISTENT", Errc::permanent), Errc::not_found);
    EXPECT_EQ(kind_of_code("X-UNKNOWN", Errc::permanent), Errc::permanent);
    EXPECT_EQ(kind_of_code("", Errc::auth), Errc::auth);
}

TEST(ResponseCode, Refusal) {
    const Error error =
        refusal("SELECT refused", parse_response_text("[NONEXISTENT] no such mailbox"), Errc::permanent);
    EXPECT_EQ(error.kind, Errc::not_found);
    EXPECT_EQ(error.message, "SELECT refused: [NONEXISTENT] no such mailbox");
    ASSERT_TRUE(error.reply);
    EXPECT_EQ(error.reply->enhanced, "NONEXISTENT");
    EXPECT_EQ(error.reply->text, "no such mailbox");
    EXPECT_EQ(refusal("X", parse_response_text(""), Errc::auth).message, "X: no reason given");
}

}  // namespace
}  // namespace mailpipe::imap
