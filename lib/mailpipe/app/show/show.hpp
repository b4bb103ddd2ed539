#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

enum class ShowWhat { text, json, part, headers };

struct ShowOptions {
    CommonOptions common;
    ClientOptions client;
    std::vector<std::string> locations;  // empty: stdin
    bool refs_from_stdin = false;
    ShowWhat what = ShowWhat::text;
    std::string part;  // "1.2" (RFC 9051 section 6.4.5.1), for ShowWhat::part
};

// Runs mail-show; the exit status.
MAILPIPE_EXPORT int run_show(const ShowOptions& options);

}  // namespace mailpipe::app
