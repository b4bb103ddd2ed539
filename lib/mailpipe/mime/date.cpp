#include "mailpipe/mime/date.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::size_t kTokens = 16;

// Words between white space, commas and comments. What is behind kTokens is no part of a date.
std::vector<std::string_view> tokens_of(std::string_view value) {
    std::vector<std::string_view> tokens;
    std::size_t at = 0;
    while (at < value.size() && tokens.size() < kTokens) {
        skip_cfws(value, at);
        const std::size_t start = at;
        while (at < value.size() && !ascii::is_space(value[at]) && value[at] != ',' && value[at] != '(')
            ++at;
        if (at > start) tokens.push_back(value.substr(start, at - start));
        if (at < value.size() && value[at] == ',') ++at;
    }
    return tokens;
}

std::optional<int> number(std::string_view text, std::size_t digits) {
    if (text.empty() || text.size() > digits) return std::nullopt;
    const auto value = ascii::parse_number(text);
    return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

// obs-year: two digits up to 49 are 20yy, other two and three digits are 19yy and later (RFC 5322 section 4.3).
std::optional<int> parse_year(std::string_view text) {
    const auto year = number(text, 4);
    if (!year || text.size() < 2) return std::nullopt;
    if (text.size() == 2) return *year < 50 ? *year + 2000 : *year + 1900;
    if (text.size() == 3) return *year + 1900;
    return *year >= 1 ? year : std::nullopt;
}

// The second as far as it can be read: "20--0000" is 20, and "" or "232" are 0.
int parse_second(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const int second = number(text.substr(0, digits), 2).value_or(0);
    return second > 60 ? 0 : std::min(second, 59);
}

// time-of-day = hour ":" minute [ ":" second ]
bool parse_time(std::string_view text, DateTime& date) {
    const auto pieces = ascii::split(text, ':');
    if (pieces.size() < 2 || pieces.size() > 3) return false;
    const auto hour = number(pieces[0], 2);
    const auto minute = number(pieces[1], 2);
    if (!hour || !minute || *hour > 23 || *minute > 59) return false;
    date.hour = *hour;
    date.minute = *minute;
    date.second = pieces.size() == 3 ? parse_second(pieces[2]) : 0;
    return true;
}

std::optional<int> parse_offset(std::string_view text) {
    if (text.size() != 5 && !(text.size() == 6 && text[3] == ':')) return std::nullopt;
    const auto hours = number(text.substr(1, 2), 2);
    const auto minutes = number(text.substr(text.size() - 2), 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

// zone = ("+" / "-") 4DIGIT / obs-zone. Military letters were used with either sign and mean nothing (RFC 5322
// section 4.3), as does any name that is not listed; "EST5EDT" and "GMT+0200" are seen.
int parse_zone(std::string_view text) {
    struct Zone {
        std::string_view name;
        int hours;
    };
    static constexpr auto kZones = std::to_array<Zone>({{"EDT", -4},
                                                        {"EST", -5},
                                                        {"CDT", -5},
                                                        {"CST", -6},
                                                        {"MDT", -6},
                                                        {"MST", -7},
                                                        {"PDT", -7},
                                                        {"PST", -8}});
    if (text.starts_with('+') || text.starts_with('-')) return parse_offset(text).value_or(0);
    for (const std::string_view prefix : {"GMT", "UTC", "UT"}) {
        if (!ascii::starts_with_ignore_case(text, prefix) || text.size() == prefix.size()) continue;
        return parse_offset(text.substr(prefix.size())).value_or(0);
    }
    for (const Zone& zone : kZones) {
        if (ascii::starts_with_ignore_case(text, zone.name)) return zone.hours * 60;
    }
    return 0;
}

constexpr auto kMonths = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});

bool is_word(std::string_view text) {
    return !text.empty() && ascii::is_alpha(text[0]);
}

// The number in two digits at `at`, -1 for anything else.
int two_digits(std::string_view text, std::size_t at) {
    if (!ascii::is_digit(text[at]) || !ascii::is_digit(text[at + 1])) return -1;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// [ day-name "," SP ] 1*2DIGIT SP month SP 4DIGIT SP time-of-day SP ("+" / "-") 4DIGIT, as nearly every program writes
// it: without the list of tokens that the other forms need, which took a tenth of a listing's time. nullopt: some other
// form, or no date.
std::optional<DateTime> parse_plain_date(std::string_view text) {
    constexpr std::string_view kForm = " Jan 2000 00:00:00 +0000";
    while (text.starts_with(' '))
        text.remove_prefix(1);
    if (text.size() > 5 && text[3] == ',' && text[4] == ' ') {
        if (!std::all_of(text.begin(), text.begin() + 3, ascii::is_alpha) || month_number(text) != 0)
            return std::nullopt;
        text.remove_prefix(5);
    }
    std::size_t digits = 0;
    while (digits < 2 && digits < text.size() && ascii::is_digit(text[digits]))
        ++digits;
    if (digits == 0 || text.size() < digits + kForm.size()) return std::nullopt;
    DateTime date;
    date.day = digits == 2 ? two_digits(text, 0) : text[0] - '0';
    text.remove_prefix(digits);
    for (const std::size_t at : {0, 4, 9, 12, 15, 18}) {
        if (text[at] != kForm[at]) return std::nullopt;
    }
    const int century = two_digits(text, 5);
    const int year = two_digits(text, 7);
    const int zone_hours = two_digits(text, 20);
    const int zone_minutes = two_digits(text, 22);
    date.month = month_number(text.substr(1, 3));
    date.year = century * 100 + year;
    date.hour = two_digits(text, 10);
    date.minute = two_digits(text, 13);
    date.second = two_digits(text, 16);
    if (date.month == 0 || century < 0 || year < 0 || date.year == 0 || date.hour < 0 || date.hour > 23 ||
        date.minute < 0 || date.minute > 59 || date.second < 0 || date.second > 59 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month) || zone_hours < 0 || zone_hours > 23 ||
        zone_minutes < 0 || zone_minutes > 59 || (text[19] != '+' && text[19] != '-'))
        return std::nullopt;
    // A comment with the name of the zone, mostly.
    if (text.size() > kForm.size() && text[kForm.size()] != ' ' && text[kForm.size()] != '\r')
        return std::nullopt;
    date.zone_minutes = (text[19] == '-' ? -1 : 1) * (zone_hours * 60 + zone_minutes);
    return date;
}

}  // namespace

int month_number(std::string_view name) {
    if (name.size() < 3) return 0;
    const std::array letters{ascii::upper(name[0]), ascii::lower(name[1]), ascii::lower(name[2])};
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
        if (kMonths[i] == std::string_view(letters.data(), letters.size())) return static_cast<int>(i) + 1;
    }
    return 0;
}

std::string_view month_name(int month) {
    return kMonths.at(static_cast<std::size_t>(month - 1));
}

int days_in_month(int year, int month) {
    static constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return kDays.at(static_cast<std::size_t>(month - 1)) + (month == 2 && leap ? 1 : 0);
}

// date-time = [ day-name "," ] day month year time-of-day zone
std::optional<DateTime> parse_date(std::string_view value) {
    if (const auto plain = parse_plain_date(value)) return plain;
    auto tokens = tokens_of(value);
    // The day name, in whatever language and charset.
    if (tokens.size() > 2 && !ascii::is_digit(tokens[0][0]) &&
        (month_number(tokens[0]) == 0 || is_word(tokens[1]))) {
        tokens.erase(tokens.begin());
    }
    if (!tokens.empty() && std::count(tokens[0].begin(), tokens[0].end(), '-') == 2) {
        const auto pieces = ascii::split(tokens[0], '-');
        tokens.erase(tokens.begin());
        tokens.insert(tokens.begin(), pieces.begin(), pieces.end());
    }
    if (tokens.size() < 4) return std::nullopt;
    if (month_number(tokens[0]) != 0) {  // asctime: "Jul  1 10:52:37 2003", date(1): "Jul 1 10:52:37 CEST 2003"
        std::swap(tokens[0], tokens[1]);
        const bool zone_before_year = tokens.size() > 4 && is_word(tokens[3]);
        std::rotate(tokens.begin() + 2, tokens.begin() + (zone_before_year ? 4 : 3),
                    tokens.begin() + (zone_before_year ? 5 : 4));
    }
    DateTime date;
    const auto day = number(tokens[0], 2);
    const int month = month_number(tokens[1]);
    const auto year = parse_year(tokens[2]);
    // obs-hour and obs-minute: CFWS may stand around the colons.
    std::string time(tokens[3]);
    std::size_t zone = 4;
    while (zone < tokens.size() &&
           (tokens[zone].front() == ':' || (time.ends_with(':') && ascii::is_digit(tokens[zone].front()))))
        time += tokens[zone++];
    if (!day || month == 0 || !year || !parse_time(time, date)) return std::nullopt;
    if (*day < 1 || *day > days_in_month(*year, month)) return std::nullopt;
    date.year = *year;
    date.month = month;
    date.day = *day;
    if (tokens.size() > zone) date.zone_minutes = parse_zone(tokens[zone]);
    return date;
}

// Days from civil, proleptic Gregorian: years start in March, so that the leap day is the last of its year.
std::int64_t civil_day(int year, int month, int day) {
    const std::int64_t y = year - (month <= 2 ? 1 : 0);
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

std::int64_t epoch_seconds(const DateTime& date) {
    const std::int64_t minutes =
        civil_day(date.year, date.month, date.day) * 24 * 60 + date.hour * 60 + date.minute;
    return (minutes - date.zone_minutes) * 60 + date.second;
}

DateTime utc_date(std::int64_t epoch_seconds) {
    // Years outside of 1 to 9999 have no RFC 3339 form.
    static constexpr std::int64_t kFirst = -62'135'596'800;
    static constexpr std::int64_t kLast = 253'402'300'799;
    const std::int64_t seconds = std::clamp(epoch_seconds, kFirst, kLast);
    const std::int64_t days = (seconds >= 0 ? seconds : seconds - 86'399) / 86'400;
    const std::int64_t time = seconds - days * 86'400;
    const std::int64_t z = days + 719'468;
    const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    const std::int64_t day_of_era = z - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    DateTime date;
    date.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    date.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
    date.hour = static_cast<int>(time / 3600);
    date.minute = static_cast<int>(time / 60 % 60);
    date.second = static_cast<int>(time % 60);
    return date;
}

// By hand: every message of a listing has two of these, and a formatter took a tenth of its time.
std::string rfc3339(const DateTime& date) {
    std::string out = date.zone_minutes == 0 ? "0000-00-00T00:00:00Z" : "0000-00-00T00:00:00+00:00";
    const auto put = [&out](std::size_t at, int value) {
        out[at] = static_cast<char>('0' + value / 10);
        out[at + 1] = static_cast<char>('0' + value % 10);
    };
    const int year = std::clamp(date.year, 0, 9999);
    put(0, year / 100);
    put(2, year % 100);
    put(5, date.month);
    put(8, date.day);
    put(11, date.hour);
    put(14, date.minute);
    put(17, date.second);
    if (date.zone_minutes == 0) return out;
    const int minutes = std::abs(date.zone_minutes);
    if (date.zone_minutes < 0) out[19] = '-';
    put(20, minutes / 60);
    put(23, minutes % 60);
    return out;
}

std::optional<DateTime> parse_rfc3339(std::string_view text) {
    constexpr std::string_view kForm = "....-..-..T..:..:..";
    if (text.size() <= kForm.size()) return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        if (kForm[i] == '.' ? !ascii::is_digit(text[i]) : ascii::upper(text[i]) != kForm[i])
            return std::nullopt;
    }
    const auto number = [&](std::size_t at, std::size_t digits) -> int {
        const auto value = ascii::parse_number(text.substr(at, digits));
        return value ? static_cast<int>(*value) : -1;
    };
    DateTime date{number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2)};
    if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month) || date.hour > 23 || date.minute > 59 ||
        date.second > 60)
        return std::nullopt;
    date.second = std::min(date.second, 59);
    text.remove_prefix(kForm.size());
    if (text.front() == '.') {
        text.remove_prefix(1);
        while (!text.empty() && ascii::is_digit(text.front()))
            text.remove_prefix(1);
    }
    if (text == "Z" || text == "z") return date;
    const bool offset = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':';
    if (!offset || number(1, 2) < 0 || number(1, 2) > 23 || number(4, 2) < 0 || number(4, 2) > 59)
        return std::nullopt;
    date.zone_minutes = number(1, 2) * 60 + number(4, 2);
    if (text[0] == '-') date.zone_minutes = -date.zone_minutes;
    return date;
}

}  // namespace mailpipe::mime
