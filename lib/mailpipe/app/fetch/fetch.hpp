#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

struct FetchOptions {
    CommonOptions common;
    ClientOptions client;
    std::vector<std::string> sources;
    std::string destination;  // maildir: or mbox: location; empty: stdout
    bool remove = false;      // --delete: remove from the server what is safely delivered
    bool refs_from_stdin = false;
    std::string state_directory;  // empty: $XDG_STATE_HOME/mailpipe
    MessageFormat format = MessageFormat::mboxrd;
};

// Runs mail-fetch; the exit status.
MAILPIPE_EXPORT int run_fetch(const FetchOptions& options);

}  // namespace mailpipe::app
