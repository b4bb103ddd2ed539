#include "mailpipe/app/fetch/route.hpp"

#include <algorithm>
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

Result<Location> expand(std::string_view text, const TemplateValues& values, Destinations& destinations) {
    const auto expanded = expand_destination(text, values);
    if (!expanded) return tl::unexpected(expanded.error());
    auto location = parse_destination(expanded->text);
    if (!location || expanded->root.empty()) return location;
    auto root = parse_destination(expanded->root);
    if (!root) return root;
    destinations.roots.push_back(std::move(*root));
    return location;
}

Result<Route> parse_route(std::string_view rule, const TemplateValues& values, Destinations& destinations) {
    const auto parts = split_rule(rule);
    if (!parts) return fail(Errc::usage, no_rule(rule));
    auto query = email::parse_search(parts->keys);
    if (!query) return tl::unexpected(query.error());
    auto destination = expand(parts->destination, values, destinations);
    if (!destination) return tl::unexpected(destination.error());
    return Route{std::move(*query), std::move(*destination)};
}

// Whether the text of any destination is such.
bool any_destination(const FetchSettings& settings, bool (*is_such)(std::string_view)) {
    return is_such(settings.destination) ||
           std::any_of(settings.routes.begin(), settings.routes.end(), [is_such](const std::string& rule) {
               const auto parts = split_rule(rule);
               return parts && is_such(parts->destination);
           });
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

Result<Destinations> parse_destinations(const FetchSettings& settings, const TemplateValues& values) {
    Destinations destinations;
    if (settings.destination.empty()) {
        if (settings.routes.empty()) return destinations;
        return fail(Errc::usage, "--route needs --to, for the messages that fit no rule");
    }
    auto main = expand(settings.destination, values, destinations);
    if (!main) return fail(main.error().kind, "--to: " + main.error().message);
    destinations.main = std::move(*main);
    for (const std::string& rule : settings.routes) {
        auto route = parse_route(rule, values, destinations);
        if (!route)
            return fail(route.error().kind,
                        "--route \"" + without_password(rule) + "\": " + route.error().message);
        destinations.routes.push_back(std::move(*route));
    }
    return destinations;
}

bool has_template(const FetchSettings& settings) {
    return any_destination(settings, has_template);
}
bool names_mailbox(const FetchSettings& settings) {
    return any_destination(settings, names_mailbox);
}

}  // namespace mailpipe::app
