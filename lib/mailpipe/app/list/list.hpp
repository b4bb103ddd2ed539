#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

struct ListOptions {
    CommonOptions common;
    ClientOptions client;
    std::vector<std::string> locations;
    bool refs_from_stdin = false;
    std::string search;  // empty: all
};

// Runs mail-list; the exit status. A source that cannot be listed is reported, and the others are listed; what
// is held of a mailbox is its list of identifiers and the headers in flight.
MAILPIPE_EXPORT int run_list(const ListOptions& options);

}  // namespace mailpipe::app
