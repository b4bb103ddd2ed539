#pragma once

#include "mailpipe/app/send/send.hpp"

namespace mailpipe::app {

// mail-send --flush and --watch. The exit status: 75 when --flush leaves something that is to be tried again.
int run_queue(const SendOptions& options);

}  // namespace mailpipe::app
