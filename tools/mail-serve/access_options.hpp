#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/access/access_options.hpp"

namespace mailpipe::tools {

// Proxies, and what is asked of a peer before the greeting.
void add_access_options(CLI::App& app, app::AccessOptions& options);

}  // namespace mailpipe::tools
