#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/show/show.hpp"

namespace mailpipe::tools {

// The command line of mail-show(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_show_app(app::ShowOptions& options);

}  // namespace mailpipe::tools
