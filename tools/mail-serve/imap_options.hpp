#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/imap/imap_options.hpp"

namespace mailpipe::tools {

void add_imap_options(CLI::App& app, app::ImapOptions& options);

}  // namespace mailpipe::tools
