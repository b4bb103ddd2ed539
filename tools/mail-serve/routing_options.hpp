#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/smtp/routing_options.hpp"

namespace mailpipe::tools {

// --aliases and what else says whose mail is taken.
void add_routing_options(CLI::App& app, app::RoutingOptions& options);

}  // namespace mailpipe::tools
