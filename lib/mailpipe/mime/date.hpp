#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::mime {

// A point in time as a message writes it. Always a real day and a real time of it; a leap second reads as :59.
struct DateTime {
    int year = 1970;  // 1 to 9999
    int month = 1;    // 1 to 12
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int zone_minutes = 0;  // east of UTC, between -23:59 and +23:59; an unknown zone is 0
    bool operator==(const DateTime&) const = default;
};

// date-time of RFC 5322 section 3.3 with the obsolete forms of 4.3 (two-digit years, zone names, comments).
// Lenient: no day name, no seconds or unreadable ones, no zone, "D-Mon-YYYY", and the order of asctime(3). nullopt for
// anything else.
MAILPIPE_EXPORT std::optional<DateTime> parse_date(std::string_view value);

MAILPIPE_EXPORT std::int64_t epoch_seconds(const DateTime& date);
MAILPIPE_EXPORT DateTime utc_date(std::int64_t epoch_seconds);

// Days since 1970-01-01 of the civil date, whatever the zone.
std::int64_t civil_day(int year, int month, int day);
// 1 to 12 for the three first letters of an English month name, ignoring case; 0 otherwise.
int month_number(std::string_view name);
// "Jan" to "Dec" for 1 to 12.
std::string_view month_name(int month);
int days_in_month(int year, int month);

// RFC 3339, as JMAP's Date has it: "1994-03-22T13:34:51+02:00", "Z" for UTC.
MAILPIPE_EXPORT std::string rfc3339(const DateTime& date);
// date-time of RFC 3339 section 5.6; fractions of a second are dropped.
MAILPIPE_EXPORT std::optional<DateTime> parse_rfc3339(std::string_view text);

}  // namespace mailpipe::mime
