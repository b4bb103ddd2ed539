#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/fetch/destination_template.hpp"
#include "mailpipe/app/fetch/fetch.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/email/search.hpp"

namespace mailpipe::app {

// The messages that fit the search keys go to the destination.
struct Route {
    email::Query query;
    Location destination;
};

// rule = search-keys "->" location; the first arrow that stands in no quoted string divides it.
struct RuleParts {
    std::string_view keys;  // both without spaces around them
    std::string_view destination;
};
// nullopt: there is no arrow, or nothing on one side of it.
std::optional<RuleParts> split_rule(std::string_view rule);
// What is said of a rule that cannot be divided.
std::string no_rule(std::string_view rule);

// Where the messages of a source go: the first route that a message fits decides, and `main` takes the others.
struct Destinations {
    std::optional<Location> main;  // nullopt: stdout, and no routes
    std::vector<Route> routes;
    std::vector<Location> roots;  // Maildirs that have folders among these, and are to be Maildirs themselves
};
// What --to and --route say. Errors: usage, and those of parse_location(); each names the option.
Result<Destinations> parse_destinations(const FetchSettings& settings, const TemplateValues& values = {});
// Whether these are others for each source, and whether the mailbox makes the difference.
bool has_template(const FetchSettings& settings);
bool names_mailbox(const FetchSettings& settings);

}  // namespace mailpipe::app
