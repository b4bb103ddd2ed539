#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "mailpipe/app/serve/limits/limits_options.hpp"

namespace mailpipe::tools {

// --threads, and what the peers may do how often and for how long; `file` is that of --limits.
void add_limits_options(CLI::App& app, app::ServeLimitsOptions& options, std::string& file);

}  // namespace mailpipe::tools
