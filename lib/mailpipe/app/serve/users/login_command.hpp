#pragma once

#include <chrono>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app::serve {

// What a command of --user-command or --token-command says of a login.
struct LoginAnswer {
    bool right = false;
    std::string line = {};  // the first of its stdout, at most kLine octets
};

inline constexpr std::size_t kLoginCommandLine = 1024;

// Runs `command` by sh -c with `input` on its stdin, in a process group of its own, which is killed when it is not done by
// `timeout`. Nothing of a login stands in its arguments or environment. Exit status 0: right; 1: wrong. Errors: temporary
// for 75 and 111 (checkpassword's), any other status, a signal, and one that is late; io when it cannot be run. Blocks.
Result<LoginAnswer> run_login_command(const std::string& command, const Secret& input,
                                      std::chrono::milliseconds timeout);

}  // namespace mailpipe::app::serve
