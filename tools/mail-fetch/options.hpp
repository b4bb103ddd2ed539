#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/fetch/fetch.hpp"

namespace mailpipe::tools {

// The command line of mail-fetch(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_fetch_app(app::FetchOptions& options);

}  // namespace mailpipe::tools
