#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/serve/imap/manage_index.hpp"

namespace mailpipe::tools {

// The command line of "mail-serve index", from "index" on; `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_index_app(app::ManageIndexOptions& options);

}  // namespace mailpipe::tools
