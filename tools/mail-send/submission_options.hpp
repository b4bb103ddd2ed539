#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/send/send.hpp"

namespace mailpipe::tools {

// What a message asks of the servers on its way, and how it is brought to the first of them.
void add_submission_options(CLI::App& app, app::SendOptions& options);

}  // namespace mailpipe::tools
