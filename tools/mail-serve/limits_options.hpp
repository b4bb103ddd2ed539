#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/limits/limits_options.hpp"

namespace mailpipe::tools {

// --threads, and what the peers may do how often and for how long.
void add_limits_options(CLI::App& app, app::ServeLimitsOptions& options);

}  // namespace mailpipe::tools
