#include "mailpipe/smtp/date_time.hpp"

#include <gtest/gtest.h>

namespace mailpipe::smtp {
namespace {

struct Row {
    std::string_view text;
    std::optional<std::int64_t> epoch;
};

class DateTime : public testing::TestWithParam<Row> {};
TEST_P(DateTime, IsUnderstood) {
    EXPECT_EQ(parse_date_time(GetParam().text), GetParam().epoch) << GetParam().text;
}

// The first five are the examples of RFC 3339 section 5.8.
INSTANTIATE_TEST_SUITE_P(
    Table, DateTime,
    testing::Values(Row{"1985-04-12T23:20:50.52Z", 482196050}, Row{"1996-12-19T16:39:57-08:00", 851042397},
                    Row{"1990-12-31T23:59:60Z", 662687999}, Row{"1990-12-31T15:59:60-08:00", 662687999},
                    Row{"1937-01-01T12:00:27.87+00:20", -1041337173}, Row{"2026-11-26t12:00:00z", 1795694400},
                    Row{"", std::nullopt}, Row{"2026-11-26", std::nullopt},
                    Row{"2026-11-26T12:00:00", std::nullopt}, Row{"2026-02-30T12:00:00Z", std::nullopt},
                    Row{"2026-13-01T12:00:00Z", std::nullopt}, Row{"2026-11-26T24:00:00Z", std::nullopt},
                    Row{"2026-11-26T12:00:00.Z", std::nullopt}, Row{"2026-11-26T12:00:00+1:00", std::nullopt},
                    Row{"2026-11-26 12:00:00Z", std::nullopt}, Row{"2026-11-26T12:00:00ZZ", std::nullopt}));

TEST(DateTime, EncodesWhatItParses) {
    for (const std::int64_t epoch : {0L, 951782400L, 1795694400L, 4102444799L})
        EXPECT_EQ(parse_date_time(encode_date_time(epoch)), epoch);
    EXPECT_EQ(encode_date_time(951782400), "2000-02-29T00:00:00Z");
}

}  // namespace
}  // namespace mailpipe::smtp
