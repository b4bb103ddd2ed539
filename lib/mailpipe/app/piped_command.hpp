#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// How a command has ended.
struct CommandEnd {
    int status = 0;  // exit status; of one that a signal ended -1
    int signal = 0;
    bool timed_out = false;
};

// Runs `command` by sh -c with `input` on its stdin, what it says on our stderr, `variables` ("NAME=value") in its
// environment, no other descriptor of ours, and a process group of its own, which is ended (SIGTERM, and SIGKILL after
// 2 s) when it is not done by `timeout`. It need not read all. SIGPIPE must be ignored. Errors: io when it cannot be
// run, and those of the spool.
Result<CommandEnd> run_piped(const std::string& command, const std::vector<std::string>& variables,
                             MessageSpool& input, std::chrono::milliseconds timeout);

// The shell has not run it: no message is to blame.
bool cannot_run(const CommandEnd& end);
// What the end of one says of the message: a status by sysexits(3), 1 to 63 and those beyond permanent; a signal and a
// deadline temporary. Not for status 0. `option` sets the deadline: "--timeout"; empty: none does.
Error command_error(const CommandEnd& end, std::chrono::milliseconds timeout, const std::string& option);

}  // namespace mailpipe::app
