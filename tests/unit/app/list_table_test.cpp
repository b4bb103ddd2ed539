#include <gtest/gtest.h>

#include "mailpipe/app/display_width.hpp"
#include "mailpipe/app/list/table.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

TEST(ListTable, ShortSize) {
    struct Case {
        std::uint64_t octets;
        const char* text;
    };
    const Case cases[] = {
        {0, "0"},          {999, "999"},        {1000, "0.9K"},       {1024, "1.0K"},
        {10239, "9.9K"},   {10240, "10K"},      {1023999, "999K"},    {1024000, "0.9M"},
        {1048576, "1.0M"}, {209715200, "200M"}, {1ULL << 40, "1.0T"}, {UINT64_MAX, "15E"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(short_size(c.octets), c.text) << c.octets;
        EXPECT_LE(short_size(c.octets).size(), 5U);
    }
}

email::Json envelope() {
    email::Json json;
    json["keywords"] = email::Json{{"$flagged", true}, {"$answered", true}};
    json["size"] = 12345;
    json["from"] = email::Json::array({email::Json{{"name", "J\xC3\xB6rg"}, {"email", "joerg@example.net"}}});
    json["subject"] =
        "Gr\xC3\xBC\xC3\x9F"
        "e aus K\xC3\xB6ln";
    json["sentAt"] = "2026-11-02T10:00:00+01:00";
    return json;
}

TEST(ListTable, Row) {
    EXPECT_EQ(table_row(envelope(), 80),
              "NRF  2026-11-02 10:00 J\xC3\xB6rg              Gr\xC3\xBC\xC3\x9F"
              "e aus K\xC3\xB6ln                       12K");
    EXPECT_EQ(display_width(table_row(envelope(), 80)), 80U);
    EXPECT_EQ(display_width(table_row(envelope(), 200)), 200U);
    EXPECT_EQ(display_width(table_row(envelope(), 1)), 60U);
    EXPECT_EQ(display_width(table_heading(80)), 80U);
}

TEST(ListTable, RowOfNothing) {
    EXPECT_EQ(table_row(email::Json::object(), 60), std::string(60, ' '));
    email::Json json;
    json["from"] = email::Json::array({email::Json{{"name", nullptr}, {"email", "a@example.net"}}});
    json["receivedAt"] = "2026-11-02T10:00:00Z";
    const std::string row = table_row(json, 80);
    EXPECT_NE(row.find("a@example.net"), std::string::npos);
    EXPECT_NE(row.find("2026-11-02 10:00"), std::string::npos);
}

// threats.md: terminal escapes, bidi
TEST(ListTable, ControlsOfAMessageNeverGetThrough) {
    email::Json json = envelope();
    json["subject"] =
        "a\x1b]0;owned\x07\tb\r\n\xE2\x80\xAE"
        "c\xC2\x9B"
        "2J";
    json["from"][0]["name"] = "\x1b[2J";
    const std::string row = table_row(json, 120);
    EXPECT_EQ(terminal_text(row), row);
    EXPECT_EQ(row.find('\t'), std::string::npos);
    EXPECT_EQ(display_width(row), 120U);
}

TEST(UidRanges, Compresses) {
    const auto ranges = [](std::vector<std::uint32_t> uids) { return uid_ranges(uids.begin(), uids.end()); };
    EXPECT_EQ(ranges({}), "");
    EXPECT_EQ(ranges({7}), "7");
    EXPECT_EQ(ranges({1, 2, 3, 7, 9, 10}), "1:3,7,9:10");
    EXPECT_EQ(ranges({4294967294, 4294967295}), "4294967294:4294967295");
}

}  // namespace
}  // namespace mailpipe::app
