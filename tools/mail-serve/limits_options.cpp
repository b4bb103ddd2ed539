#include "tools/mail-serve/limits_options.hpp"

#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {

namespace {

CLI::Validator in_range(const app::LimitRange& range) {
    return CLI::Range(range.least, range.most).description("");
}

}  // namespace

void add_limits_options(CLI::App& app, app::ServeLimitsOptions& options, std::string& file) {
    app.add_option("--threads", options.threads, "Event loops (default: one a core, at most 8)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    app.add_option("--max-connections", options.max_connections, "Connections at a time (default: 10000)")
        ->type_name("N")
        ->check(in_range(app::kConnectionsRange));
    app.add_option("--max-connections-per-address", options.max_connections_per_address,
                   "Of one IPv4 address or IPv6 /64; 0: no limit (default: 100, without limit from this host)")
        ->type_name("N")
        ->check(in_range(app::kConnectionsOfOneRange));
    app.add_option("--max-connections-per-user", options.max_connections_per_user,
                   "Of one user who has logged in; 0: no limit (default: 50)")
        ->type_name("N")
        ->check(in_range(app::kConnectionsOfOneRange));
    app.add_option("--max-recipients", options.max_recipients, "Recipients of one message (default: 1000)")
        ->type_name("N")
        ->check(in_range(app::kRecipientsRange));
    add_parsed(app, "--connection-rate", options.connections_per_address, app::parse_rate, "N/TIME",
               "Turn away an address that connects more often, such as 60/1m");
    add_parsed(app, "--rate-per-address", options.messages_per_address, app::parse_rate, "N/TIME",
               "Refuse for now the messages of an address that sends more, such as 1000/1h");
    add_parsed(app, "--rate-per-sender", options.messages_per_sender, app::parse_rate, "N/TIME",
               "Refuse for now the messages of a sender, a user if one has logged in, who sends more");
    app.add_option("--limits", file, "Limits in a file, NAME = VALUE a line, which SIGHUP makes it read again")
        ->type_name("FILE");
}

}  // namespace mailpipe::tools
