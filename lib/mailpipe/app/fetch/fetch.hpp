#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/config/dialect.hpp"
#include "mailpipe/app/fetch/retention.hpp"
#include "mailpipe/app/fetch/selection.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

// How a source is fetched: what the command line says, or its account.
struct FetchSettings {
    ClientOptions client;
    std::string destination;  // location; empty: stdout
    std::vector<std::string>
        recipients;  // --rcpt: of an SMTP or LMTP destination; none: the user of the source
    std::optional<TlsMode> destination_tls;  // --to-tls; nullopt: by the scheme
    // By server, how each server among the destinations is connected to (make_delivery.hpp).
    std::map<std::string, ClientOptions> destination_clients;
    std::vector<std::string> routes;  // --route: "SEARCH-KEYS -> location", the first that matches counts
    Retention retention;
    Selection selection;
    bool headers_only = false;
};

// --summary: what a run says at its end of each source, and of all.
enum class Summary {
    automatic,  // as text, for each source; where stdout is no terminal only of what has happened
    news,       // of what has happened
    always,
    never,
};

struct FetchOptions {
    CommonOptions common;
    Summary summary = Summary::automatic;
    FetchSettings settings;
    std::vector<std::string> sources;
    bool refs_from_stdin = false;
    bool dry_run = false;
    bool check_config = false;              // only look for errors in the configuration file
    std::optional<config::Dialect> import;  // only print a configuration file; `sources` is the file, or none
    bool watch = false;
    std::int64_t interval = 300;  // --watch: seconds between two looks where the server does not tell of news
    std::string state_directory;  // empty: $XDG_STATE_HOME/mailpipe
    double wait_lock = 0;         // seconds, for another mail-fetch that holds a source
    std::size_t jobs = 8;         // sources at the same time
    MessageFormat format = MessageFormat::mboxrd;
};

// Runs mail-fetch; the exit status.
MAILPIPE_EXPORT int run_fetch(const FetchOptions& options);

}  // namespace mailpipe::app
