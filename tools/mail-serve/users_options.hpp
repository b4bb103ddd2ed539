#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/serve.hpp"

namespace mailpipe::tools {

// Who the users are, and by what they log in.
void add_users_options(CLI::App& app, app::ServeOptions& options);

}  // namespace mailpipe::tools
