#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/queue/queue_options.hpp"

namespace mailpipe::tools {

// --queue, --flush, --watch, --list, --show, --stats, --hold, --release, --retry, --remove, and how the queue works.
void add_queue_options(CLI::App& app, app::QueueOptions& options);

}  // namespace mailpipe::tools
