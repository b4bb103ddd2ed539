#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/send/send.hpp"

namespace mailpipe::tools {

// What a message consists of that is written here, how fast many of them are sent, and where copies go.
void add_compose_options(CLI::App& app, app::SendOptions& options);

// Errors of what was given together.
void check_compose_options(const app::SendOptions& options);

}  // namespace mailpipe::tools
