#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/serve.hpp"

namespace mailpipe::tools {

// What the server is to its own host: --metrics, --sandbox.
void add_ground_options(CLI::App& app, app::ServeOptions& options);

}  // namespace mailpipe::tools
