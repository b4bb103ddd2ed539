#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/serve/delivery/delivery_options.hpp"

namespace mailpipe::tools {

// --deliver, and how much mail a user may have.
void add_delivery_options(CLI::App& app, app::DeliveryOptions& options);

}  // namespace mailpipe::tools
