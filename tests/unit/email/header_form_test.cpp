#include "mailpipe/email/header_form.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

std::string value(const std::string& header, const std::string& property) {
    const auto parsed = parse_header_property(property);
    if (!parsed) return parsed.error().message;
    return dump(header_value(mime::parse_header(header), *parsed));
}

// RFC 8621 section 4.1.2, with its examples.
TEST(HeaderForm, EachForm) {
    const std::string kAddresses =
        "From: \"  James Smythe\" <james@example.com>, Friends:\r\n"
        "  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n  <john@example.com>;\r\n\r\n";
    EXPECT_EQ(
        value(kAddresses, "header:From:asAddresses"),
        R"([{"name":"James Smythe","email":"james@example.com"},{"name":null,"email":"jane@example.com"},)"
        R"({"name":"John Smîth","email":"john@example.com"}])");
    EXPECT_EQ(value(kAddresses, "header:from:asGroupedAddresses"),
              R"([{"name":null,"addresses":[{"name":"James Smythe","email":"james@example.com"}]},)"
              R"({"name":"Friends","addresses":[{"name":null,"email":"jane@example.com"},)"
              R"({"name":"John Smîth","email":"john@example.com"}]}])");
    EXPECT_EQ(value(kAddresses, "header:From"),
              R"(" \"  James Smythe\" <james@example.com>, Friends:\r\n  jane@example.com, )"
              R"(=?UTF-8?Q?John_Sm=C3=AEth?=\r\n  <john@example.com>;")");

    const std::string kOther =
        "Subject: =?utf-8?q?e=CC=81?=\r\n folded\r\nMessage-ID: <a@b>\r\nReferences: <c@d>\r\n <e@f>\r\n"
        "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
        "List-Post: <mailto:moderator@host.com>\r\n (Postings are Moderated), <http://x/\r\n y>\r\nList-Help: "
        "none\r\n"
        "X-Twice: 1\r\nX-Twice:  2\r\nX-Bad: a\xFF\r\n\r\n";
    EXPECT_EQ(value(kOther, "header:Subject:asText"), "\"é folded\"");
    EXPECT_EQ(value(kOther, "header:Message-ID:asMessageIds"), R"(["a@b"])");
    EXPECT_EQ(value(kOther, "header:references:asMessageIds"), R"(["c@d","e@f"])");
    EXPECT_EQ(value(kOther, "header:Date:asDate"), R"("1997-11-21T09:55:06-06:00")");
    EXPECT_EQ(value(kOther, "header:List-Post:asURLs"), R"(["mailto:moderator@host.com","http://x/y"])");
    EXPECT_EQ(value(kOther, "header:List-Help:asURLs"), "null");
    EXPECT_EQ(value(kOther, "header:List-Help"), "\" none\"");
    EXPECT_EQ(value(kOther, "header:X-Twice"), "\"  2\"");
    EXPECT_EQ(value(kOther, "header:X-Twice:all"), R"([" 1","  2"])");
    EXPECT_EQ(value(kOther, "header:X-Twice:asText:all"), R"(["1","2"])");
    EXPECT_EQ(value(kOther, "header:X-Twice:asDate:all"), "[null,null]");
    EXPECT_EQ(value(kOther, "header:X-Bad"), "\" a\uFFFD\"");
    EXPECT_EQ(value(kOther, "header:X-None"), "null");
    EXPECT_EQ(value(kOther, "header:X-None:all"), "[]");
}

TEST(HeaderForm, Grammar) {
    for (const char* allowed : {"header:X-Any:asDate", "header:To:asGroupedAddresses",
                                "header:resent-to:asAddresses", "header:Subject:asRaw", "header:List-Id:asText",
                                "header:List-Archive:asURLs:all", "header:Return-Path"}) {
        EXPECT_TRUE(parse_header_property(allowed)) << allowed;
    }
    for (const char* refused :
         {"subject", "header:", "header::asText", "header:a b", "header:X:astext", "header:X:all:asText",
          "header:X:asText:all:all", "header:X:asText:asRaw", "header:Subject:asDate", "header:Date:asText",
          "header:From:asText", "header:List-Post:asText", "header:Return-Path:asAddresses", "header:X\xFF"}) {
        const auto parsed = parse_header_property(refused);
        ASSERT_FALSE(parsed) << refused;
        EXPECT_EQ(parsed.error().kind, Errc::usage);
        EXPECT_NE(parsed.error().message.find(refused), std::string::npos);
    }
}

}  // namespace
}  // namespace mailpipe::email
