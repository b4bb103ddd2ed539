#include "mailpipe/mime/date.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string value;
    std::string rfc3339;  // empty: no date
};

TEST(Date, Parse) {
    const Row rows[] = {
        {" Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"},
        {"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"},
        {"Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30"},
        {"1 Jan 49 00:00:00 +0000", "2049-01-01T00:00:00Z"},
        {"1 Jan 50 00:00:00 +0000", "1950-01-01T00:00:00Z"},
        {"1 Jan 100 00:00:00 +0000", "2000-01-01T00:00:00Z"},
        {"29 Feb 2024 00:00:00 +0000", "2024-02-29T00:00:00Z"},
        {"29 Feb 2023 00:00:00 +0000", ""},
        {"31 Apr 2023 00:00:00 +0000", ""},
        {"0 Apr 2023 00:00:00 +0000", ""},
        {"1 Jan 2017 23:59:60 +0000", "2017-01-01T23:59:59Z"},
        {"1 Jan 2017 24:00:00 +0000", ""},
        {"1 Jan 2017 12:60:00 +0000", ""},
        {"1 Jan 0000 12:00:00 +0000", ""},
        {"1 Jan 12017 12:00:00 +0000", ""},
        {"1 Jan 2017 12:00:t <a@b.example>", "2017-01-01T12:00:00Z"},
        {"1 Jan 2017 12:00:232 +0100", "2017-01-01T12:00:00+01:00"},
        {"1 Jan 2017 12:00:61 +0100", "2017-01-01T12:00:00+01:00"},
        {"1 Jan 2017 12:00:20--0000", "2017-01-01T12:00:20Z"},
        {"\xC2\xF1, 1 Jan 2017 12:00 +0100", "2017-01-01T12:00:00+01:00"},
        {"Sun, 1 Jan 2017 12:00 +0100 a b c d e f g h i j k l m n o", "2017-01-01T12:00:00+01:00"},
        {"1 Jan 2017 09 (c) : 55 : 06 -0600", "2017-01-01T09:55:06-06:00"},
        {"1 Jan 2017 09 :55 -0600", "2017-01-01T09:55:00-06:00"},
        {"1 Jan 2017 09:55: +0100", "2017-01-01T09:55:00+01:00"},
        {"1 Jan 2017 09 : +0100", ""},
        {"1 Jan 2017 12:00 EST", "2017-01-01T12:00:00-05:00"},
        {"1 Jan 2017 12:00 A", "2017-01-01T12:00:00Z"},
        {"1 Jan 2017 12:00 Z", "2017-01-01T12:00:00Z"},
        {"1 Jan 2017 12:00 GMT+0200", "2017-01-01T12:00:00+02:00"},
        {"1 Jan 2017 12:00 +9999", "2017-01-01T12:00:00Z"},
        {"1 Jan 2017 12:00 +02:30", "2017-01-01T12:00:00+02:30"},
        {"1 Jan 2017 12:00 -0000", "2017-01-01T12:00:00Z"},
        {"1 Jan 2017 12:00", "2017-01-01T12:00:00Z"},
        {"Sunday, 1 January 2017 12:00 +0100", "2017-01-01T12:00:00+01:00"},
        {"Sun,1 Jan 2017 12:00 +0100", "2017-01-01T12:00:00+01:00"},
        {"01-Jan-2017 12:00:00 +0100", "2017-01-01T12:00:00+01:00"},
        {"Sun Jan  1 12:00:00 2017", "2017-01-01T12:00:00Z"},
        {"Sun Jan  1 12:00:00 EST 2017", "2017-01-01T12:00:00-05:00"},
        {"Sun Jan  1 12:00:00 2017 +0100", "2017-01-01T12:00:00+01:00"},
        {"", ""},
        {"not a date", ""},
        {"(1 Jan 2017 12:00 +0000", ""},
        {"99999999999999999999 Jan 2017 12:00 +0000", ""},
        {"1 Jan 2017 1:2:3:4 +0000", ""},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        const auto date = parse_date(row.value);
        EXPECT_EQ(date ? rfc3339(*date) : "", row.rfc3339);
    }
}

TEST(Date, EpochSeconds) {
    EXPECT_EQ(epoch_seconds(*parse_date("1 Jan 1970 00:00:00 +0000")), 0);
    EXPECT_EQ(epoch_seconds(*parse_date("1 Jan 1970 00:00:00 +0100")), -3600);
    EXPECT_EQ(epoch_seconds(*parse_date("Tue, 24 Nov 2026 11:11:46 +0000")), 1'795'518'706);
    EXPECT_EQ(epoch_seconds(*parse_date("29 Feb 2000 12:00:00 -0500")), 951'843'600);
}

TEST(Date, UtcDateIsItsReverse) {
    for (std::int64_t seconds = -62'135'596'800; seconds < 253'402'300'799; seconds += 86'400LL * 97 + 12'345) {
        ASSERT_EQ(epoch_seconds(utc_date(seconds)), seconds);
    }
    EXPECT_EQ(rfc3339(utc_date(951'868'799)), "2000-02-29T23:59:59Z");
    EXPECT_EQ(rfc3339(utc_date(-1)), "1969-12-31T23:59:59Z");
    EXPECT_EQ(rfc3339(utc_date(INT64_MAX)), "9999-12-31T23:59:59Z");
    EXPECT_EQ(rfc3339(utc_date(INT64_MIN)), "0001-01-01T00:00:00Z");
}

// What is written as most dates are is read in another way: a comment in front makes of the same text a date that is not.
TEST(Date, CommonFormSaysTheSame) {
    const std::string dates[] = {"Tue, 24 Nov 2026 11:11:46 +0000", " 4 Feb 2024 23:59:59 -0330 (NST)",
                                 " Jan, 29 Feb 2023 00:00:60 +2360"};
    const std::string characters = "09 6:-+,(\tJjaz\r\n.\xFF";
    const auto expect_same = [](const std::string& value) {
        EXPECT_EQ(parse_date(value), parse_date("(c)" + value)) << value;
    };
    for (const std::string& date : dates) {
        expect_same(date);
        for (std::size_t at = 0; at < date.size(); ++at) {
            expect_same(date.substr(0, at));
            expect_same(date.substr(at));
            for (const char c : characters) {
                expect_same(std::string(date).replace(at, 1, 1, c));
                expect_same(std::string(date).insert(at, 1, c));
            }
        }
    }
}

}  // namespace
}  // namespace mailpipe::mime
