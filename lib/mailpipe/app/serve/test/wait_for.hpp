#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

struct WaitForOptions {
    enum class Print { json, raw, ref, none };

    CommonOptions common;
    std::string store;                   // maildir:ROOT/%u
    std::string ports_file;              // of the server, instead; it may come later
    bool ready = false;                  // only for that file
    std::vector<std::string> mailboxes;  // addresses or local parts; empty: all
    std::string search;                  // SEARCH keys; empty: any message
    std::chrono::milliseconds timeout{10'000};
    std::uint64_t count = 1;
    Print print = Print::json;
};

// "500ms", "5s", "2m", "1h"; a number alone is seconds. Error usage.
MAILPIPE_EXPORT Result<std::chrono::milliseconds> parse_wait_time(const std::string& text);

// mail-serve wait-for: watches the store of a server until so many messages match, those included that are there
// already, and prints them in the order in which they were found; the exit status, 75 when time is up.
MAILPIPE_EXPORT int run_wait_for(const WaitForOptions& options);

}  // namespace mailpipe::app
