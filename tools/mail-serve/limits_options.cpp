#include "tools/mail-serve/limits_options.hpp"

#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {

void add_limits_options(CLI::App& app, app::ServeLimitsOptions& options) {
    app.add_option("--threads", options.threads, "Event loops (default: one a core, at most 8)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    app.add_option("--max-connections", options.max_connections, "Connections at a time (default: 10000)")
        ->type_name("N")
        ->check(CLI::Range(10, 1'000'000).description(""));
    app.add_option("--max-connections-per-address", options.max_connections_per_address,
                   "Of one IPv4 address or IPv6 /64; 0: no limit (default: 100, without limit from this host)")
        ->type_name("N");
    app.add_option("--max-connections-per-user", options.max_connections_per_user,
                   "Of one user who has logged in; 0: no limit (default: 50)")
        ->type_name("N");
    app.add_option("--max-recipients", options.max_recipients, "Recipients of one message (default: 1000)")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000).description(""));
    add_parsed(app, "--connection-rate", options.connections_per_address, app::parse_rate, "N/TIME",
               "Turn away an address that connects more often, such as 60/1m");
    add_parsed(app, "--rate-per-address", options.messages_per_address, app::parse_rate, "N/TIME",
               "Refuse for now the messages of an address that sends more, such as 1000/1h");
    add_parsed(app, "--rate-per-sender", options.messages_per_sender, app::parse_rate, "N/TIME",
               "Refuse for now the messages of a sender, a user if one has logged in, who sends more");
}

}  // namespace mailpipe::tools
