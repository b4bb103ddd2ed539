#include "mailpipe/app/fetch/retention.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::uint64_t kWhole = 100;
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// A number with one letter behind it; the factor of the letter, 0 for one that is none.
template <class Factor>
std::optional<std::uint64_t> parse_scaled(std::string_view text, Factor factor) {
    if (text.empty()) return std::nullopt;
    std::uint64_t scale = 1;
    if (!ascii::is_digit(text.back())) {
        scale = factor(text.back());
        text.remove_suffix(1);
    } else {
        scale = factor('\0');
    }
    const auto number = ascii::parse_number(text);
    if (!number || scale == 0 || *number > INT64_MAX / scale) return std::nullopt;
    return *number * scale;
}

}  // namespace

std::vector<bool> judge_retention(const Retention& rules, const std::vector<Retained>& messages,
                                  std::int64_t now) {
    std::vector<bool> goes(messages.size(), false);
    std::uint64_t newer = 0;         // messages behind this one
    std::uint64_t octets_newer = 0;  // with this one
    for (std::size_t i = messages.size(); i-- > 0;) {
        const Retained& message = messages[i];
        octets_newer += std::min(message.size, UINT64_MAX - octets_newer);
        const bool young =
            rules.remove_after && (!message.delivered_at || now - *message.delivered_at < *rules.remove_after);
        const bool newest = rules.keep_newest && newer < *rules.keep_newest;
        const bool fits = rules.keep_size && octets_newer <= *rules.keep_size;
        goes[i] =
            (rules.by_rule() && !young && !newest && !fits) || (rules.remove_removed && message.removed_here);
        ++newer;
    }
    return goes;
}

Result<void> check_delete_limit(const Retention& rules, std::uint64_t going, std::uint64_t listed) {
    if (!rules.limit) return {};
    const bool too_many = rules.limit->percent
                              ? static_cast<double>(going) * kWhole >
                                    static_cast<double>(listed) * static_cast<double>(rules.limit->number)
                              : going > rules.limit->number;
    if (!too_many) return {};
    return fail(Errc::limit, std::to_string(going) + " of " + std::to_string(listed) +
                                 " messages were to be deleted from the server, more than --max-delete " +
                                 std::to_string(rules.limit->number) + (rules.limit->percent ? "%" : "") +
                                 " allows: none was");
}

Result<DeleteLimit> parse_delete_limit(const std::string& text) {
    std::string_view digits = text;
    const bool percent = digits.ends_with('%');
    if (percent) digits.remove_suffix(1);
    const auto number = ascii::parse_number(digits);
    if (!number || (percent && *number > kWhole))
        return fail(Errc::usage, "\"" + text + "\" is no number of messages and no percentage such as 20%");
    return DeleteLimit{*number, percent};
}

Result<std::int64_t> parse_duration(const std::string& text) {
    const auto seconds = parse_scaled(text, [](char letter) -> std::uint64_t {
        switch (letter) {
            case 's':
                return 1;
            case 'm':
                return kMinute;
            case 'h':
                return kHour;
            case 'd':
                return kDay;
            case 'w':
                return 7 * kDay;
            default:
                return 0;
        }
    });
    if (!seconds) return fail(Errc::usage, "\"" + text + "\" is no duration such as 90s, 15m, 12h, 14d or 2w");
    return static_cast<std::int64_t>(*seconds);
}

Result<std::uint64_t> parse_size(const std::string& text) {
    const auto octets = parse_scaled(text, [](char letter) -> std::uint64_t {
        switch (letter) {
            case '\0':
                return 1;
            case 'k':
            case 'K':
                return 1U << 10;
            case 'M':
                return 1U << 20;
            case 'G':
                return 1U << 30;
            default:
                return 0;
        }
    });
    if (!octets) return fail(Errc::usage, "\"" + text + "\" is no size such as 1000, 500k, 500M or 2G");
    return *octets;
}

}  // namespace mailpipe::app
