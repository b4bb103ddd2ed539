#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/list/list.hpp"

namespace mailpipe::tools {

// The command line of mail-list(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_list_app(app::ListOptions& options);

}  // namespace mailpipe::tools
