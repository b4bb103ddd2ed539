#include "mailpipe/app/serve/limits/limits_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "mailpipe/app/fetch/retention.hpp"
#include "mailpipe/app/private_file.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kLimitsFile = 65'536;

template <class Number>
Result<void> take_number(const std::string& value, const LimitRange& range, Number& place) {
    const auto number = ascii::parse_number(value);
    if (!number || *number < range.least || *number > range.most)
        return fail(Errc::config, "a number of " + std::to_string(range.least) + " to " +
                                      std::to_string(range.most) + " is expected");
    place = static_cast<Number>(*number);
    return {};
}

Result<void> take_size(const std::string& value, std::uint64_t& place) {
    const auto octets = parse_size(value);
    if (!octets || *octets == 0) return fail(Errc::config, "a size such as 1000000, 500k or 50M is expected");
    place = *octets;
    return {};
}

Result<void> take_rate(const std::string& value, Rate& place) {
    const auto rate = parse_rate(value);
    if (!rate) return fail(Errc::config, "a rate such as 100/1m or 5000/1d is expected");
    place = *rate;
    return {};
}

struct Limit {
    std::string_view name;
    Result<void> (*take)(const std::string& value, ServeOptions& options);
};

constexpr std::array kLimits{
    Limit{"max-connections",
          [](const std::string& value, ServeOptions& options) {
              return take_number(value, kConnectionsRange, options.limits.max_connections);
          }},
    Limit{"max-connections-per-address",
          [](const std::string& value, ServeOptions& options) {
              return take_number(value, kConnectionsOfOneRange,
                                 options.limits.max_connections_per_address.emplace());
          }},
    Limit{"max-connections-per-user",
          [](const std::string& value, ServeOptions& options) {
              return take_number(value, kConnectionsOfOneRange, options.limits.max_connections_per_user);
          }},
    Limit{"max-recipients",
          [](const std::string& value, ServeOptions& options) {
              return take_number(value, kRecipientsRange, options.limits.max_recipients);
          }},
    Limit{"connection-rate",
          [](const std::string& value, ServeOptions& options) {
              return take_rate(value, options.limits.connections_per_address);
          }},
    Limit{"rate-per-address",
          [](const std::string& value, ServeOptions& options) {
              return take_rate(value, options.limits.messages_per_address);
          }},
    Limit{"rate-per-sender",
          [](const std::string& value, ServeOptions& options) {
              return take_rate(value, options.limits.messages_per_sender);
          }},
    Limit{"max-message-size", [](const std::string& value,
                                 ServeOptions& options) { return take_size(value, options.max_message_size); }},
    Limit{"quota", [](const std::string& value,
                      ServeOptions& options) { return take_size(value, options.delivery.quota); }},
    Limit{"timeout",
          [](const std::string& value, ServeOptions& options) {
              return take_number(value, kTimeoutRange, options.timeout_seconds);
          }},
};

// limit = NAME *WSP "=" *WSP VALUE
Result<void> take_limit(std::string_view line, std::set<std::string>& given, ServeOptions& options) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return fail(Errc::config, "NAME = VALUE is expected");
    const std::string name(ascii::trim(line.substr(0, equals)));
    const auto limit = std::find_if(kLimits.begin(), kLimits.end(),
                                    [&name](const Limit& known) { return known.name == name; });
    if (limit == kLimits.end()) return fail(Errc::config, "no limit is called '" + terminal_text(name) + "'");
    if (!given.insert(name).second) return fail(Errc::config, name + " is given twice");
    auto taken = limit->take(std::string(ascii::trim(line.substr(equals + 1))), options);
    return taken ? taken : fail(Errc::config, name + ": " + taken.error().message);
}

}  // namespace

Result<void> take_limits(std::string_view text, const std::string& file, ServeOptions& options) {
    std::set<std::string> given;
    std::size_t number = 0;
    for (std::string_view line : ascii::split(text, '\n')) {
        ++number;
        line = ascii::trim(line);
        if (line.empty() || line[0] == '#') continue;
        if (auto taken = take_limit(line, given, options); !taken)
            return fail(Errc::config, file + ':' + std::to_string(number) + ": " + taken.error().message);
    }
    return {};
}

Result<void> read_limits(ServeOptions& options) {
    const std::string& file = options.limits_file;
    const auto text = read_trusted_file(file, kLimitsFile, file);
    return text ? take_limits(*text, file, options) : tl::unexpected(text.error());
}

}  // namespace mailpipe::app::serve
