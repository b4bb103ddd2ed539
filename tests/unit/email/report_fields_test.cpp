#include "mailpipe/email/report_fields.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

std::size_t groups(std::string_view text) {
    return parse_field_groups(text).size();
}

TEST(ReportFields, Groups) {
    EXPECT_EQ(groups(""), 0U);
    EXPECT_EQ(groups("\r\n\r\n"), 0U);
    EXPECT_EQ(groups("A: 1\r\nB: 2\r\n\r\nA: 3\r\n"), 2U);
    EXPECT_EQ(groups("\n\nA: 1\n\n\n\nA: 2\n\n"), 2U);
    EXPECT_EQ(groups("A: 1"), 1U);
    EXPECT_EQ(groups("no field\r\nA: 1\r\n"), 1U);
    EXPECT_EQ(groups("A: 1\r\n\r\nno field\r\n\r\nB: 2\r\n"), 2U);
}

TEST(ReportFields, Values) {
    const std::string text = "A: 1\r\n  2\r\nb:\r\nA: =?utf-8?q?=C3=BC=0A?= x \r\n";
    const auto found = parse_field_groups(text);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(report_field(found[0], "a"), "1  2");
    EXPECT_EQ(report_field(found[0], "B"), "");
    EXPECT_EQ(report_field(found[0], "C"), "");
    EXPECT_EQ(report_fields(found[0], "A"), (std::vector<std::string>{"1  2", "\u00fc  x"}));
}

TEST(ReportFields, TypedValues) {
    const std::tuple<const char*, const char*, const char*> rows[] = {
        {"rfc822;a@b", "rfc822", "a@b"},
        {" RFC822 ; <a@b> ", "rfc822", "a@b"},
        {"smtp; 550 a; b", "smtp", "550 a; b"},
        {"a@b", "", "a@b"},
        {"", "", ""},
        {";", "", ""},
    };
    for (const auto& [text, type, value] : rows) {
        const TypedValue parsed = parse_typed_value(text);
        EXPECT_EQ(parsed.type, type) << text;
        EXPECT_EQ(parsed.value, value) << text;
    }
}

}  // namespace
}  // namespace mailpipe::email
