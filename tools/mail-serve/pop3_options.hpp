#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/pop3/pop3_options.hpp"

namespace mailpipe::tools {

void add_pop3_options(CLI::App& app, app::Pop3Options& options);

}  // namespace mailpipe::tools
