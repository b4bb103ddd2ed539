#include "mailpipe/app/fetch/route.hpp"

#include <utility>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kArrow = "->";

// The octet of the first arrow outside of quotes.
std::size_t find_arrow(std::string_view rule) {
    bool quoted = false;
    for (std::size_t i = 0; i < rule.size(); ++i) {
        if (quoted && rule[i] == '\\') {
            ++i;
        } else if (rule[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && rule.substr(i, kArrow.size()) == kArrow) {
            return i;
        }
    }
    return std::string_view::npos;
}

Result<Route> parse_route(std::string_view rule) {
    const auto parts = split_rule(rule);
    if (!parts) return fail(Errc::usage, no_rule(rule));
    auto query = email::parse_search(parts->keys);
    if (!query) return tl::unexpected(query.error());
    auto destination = parse_destination(std::string(parts->destination));
    if (!destination) return tl::unexpected(destination.error());
    return Route{std::move(*query), std::move(*destination)};
}

}  // namespace

std::optional<RuleParts> split_rule(std::string_view rule) {
    const std::size_t arrow = find_arrow(rule);
    if (arrow == std::string_view::npos) return std::nullopt;
    const RuleParts parts{ascii::trim(rule.substr(0, arrow)), ascii::trim(rule.substr(arrow + kArrow.size()))};
    if (parts.keys.empty() || parts.destination.empty()) return std::nullopt;
    return parts;
}

std::string no_rule(std::string_view rule) {
    return "\"" + without_password(rule) + "\" is no rule such as \"FROM bob -> maildir:~/Mail/bob\"";
}

Result<Destinations> parse_destinations(const FetchSettings& settings) {
    Destinations destinations;
    if (settings.destination.empty()) {
        if (settings.routes.empty()) return destinations;
        return fail(Errc::usage, "--route needs --to, for the messages that fit no rule");
    }
    auto main = parse_destination(settings.destination);
    if (!main) return fail(main.error().kind, "--to: " + main.error().message);
    destinations.main = std::move(*main);
    for (const std::string& rule : settings.routes) {
        auto route = parse_route(rule);
        if (!route)
            return fail(route.error().kind,
                        "--route \"" + without_password(rule) + "\": " + route.error().message);
        destinations.routes.push_back(std::move(*route));
    }
    return destinations;
}

}  // namespace mailpipe::app
