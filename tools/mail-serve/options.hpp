#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/serve/serve.hpp"
#include "mailpipe/app/serve/test/wait_for.hpp"

namespace mailpipe::tools {

// The command line of mail-serve(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_serve_app(app::ServeOptions& options);

// --test and what helps tests beside it.
void add_test_options(CLI::App& app, app::ServeTestOptions& test);

// The command line of mail-serve-wait-for(1).
std::unique_ptr<CLI::App> make_wait_for_app(app::WaitForOptions& options);

}  // namespace mailpipe::tools
