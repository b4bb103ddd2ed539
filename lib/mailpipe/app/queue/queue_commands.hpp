#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/app/queue/queue_options.hpp"

namespace mailpipe::app {

// mail-send --list, --show, --stats, --hold, --release, --retry and --remove. `ids` names messages, or is "all"; for --list
// and --stats none means all. The exit status.
int run_queue_command(const CommonOptions& common, const QueueOptions& options,
                      const std::vector<std::string>& ids);

}  // namespace mailpipe::app
