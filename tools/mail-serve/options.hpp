#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/serve/serve.hpp"

namespace mailpipe::tools {

// The command line of mail-serve(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_serve_app(app::ServeOptions& options);

}  // namespace mailpipe::tools
