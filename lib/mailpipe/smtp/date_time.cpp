#include "mailpipe/smtp/date_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::smtp {
namespace {

// Digits and separators at their places: "0" stands for a digit.
bool has_shape(std::string_view text, std::string_view shape) {
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(),
                      [](char c, char s) { return s == '0' ? ascii::is_digit(c) : ascii::upper(c) == s; });
}

int number_at(std::string_view text, std::size_t at, std::size_t length) {
    return static_cast<int>(ascii::parse_number(text.substr(at, length)).value_or(0));
}

// time-offset = "Z" / time-numoffset ; time-numoffset = ("+" / "-") time-hour ":" time-minute
std::optional<int> parse_offset(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.empty() || (text[0] != '+' && text[0] != '-') || !has_shape(text.substr(1), "00:00"))
        return std::nullopt;
    const int hours = number_at(text, 1, 2);
    const int minutes = number_at(text, 4, 2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string encode_date_time(std::int64_t epoch) {
    using namespace std::chrono;
    const sys_seconds moment{seconds{epoch}};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

// date-time = full-date "T" partial-time time-offset ; partial-time = time-hour ":" time-minute ":" time-second
// [ "." 1*DIGIT ]
std::optional<std::int64_t> parse_date_time(std::string_view text) {
    using namespace std::chrono;
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    if (!has_shape(text.substr(0, kShape.size()), kShape)) return std::nullopt;
    std::string_view rest = text.substr(kShape.size());
    if (rest.starts_with('.')) {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        if (digits == 1) return std::nullopt;
        rest.remove_prefix(digits);
    }
    const auto offset = parse_offset(rest);
    const year_month_day date{year{number_at(text, 0, 4)}, month{static_cast<unsigned>(number_at(text, 5, 2))},
                              day{static_cast<unsigned>(number_at(text, 8, 2))}};
    const int hour = number_at(text, 11, 2);
    const int minute = number_at(text, 14, 2);
    const int second = number_at(text, 17, 2);
    // A leap second is the second before it.
    if (!offset || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const sys_seconds moment = sys_days{date} + hours{hour} + minutes{minute} + seconds{std::min(second, 59)};
    return moment.time_since_epoch().count() - *offset;
}

}  // namespace mailpipe::smtp
