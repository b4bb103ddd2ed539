#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mailpipe::net {

// A command that /bin/sh runs, without the SIGPIPE that this process ignores.
struct ShellCommand {
    std::string command;
    int input = -1;                        // its stdin; -1: ours
    int output = -1;                       // its stdout; -1: ours
    std::vector<std::string> environment;  // "NAME=value", the whole of it; empty: ours
    // No descriptor of ours above stderr: not all that libraries open is closed on exec, and a command that lives on
    // would keep a connection open.
    bool closes_others = false;
    // In a process group of its own and with no signal blocked: a Ctrl-C does not reach it, and kill(-pid) ends it with
    // all that it started.
    bool apart = false;
};

// The error number; 0 and its process when it runs.
int spawn(const ShellCommand& command, pid_t& process);

}  // namespace mailpipe::net
