#include "mailpipe/net/shell_command.hpp"

#include <spawn.h>
#include <unistd.h>

#include <csignal>

extern char** environ;

namespace mailpipe::net {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (std::string& string : strings)
        out.push_back(string.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

int spawn(const ShellCommand& command, pid_t& process) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (command.input >= 0) posix_spawn_file_actions_adddup2(&actions, command.input, STDIN_FILENO);
    if (command.output >= 0) posix_spawn_file_actions_adddup2(&actions, command.output, STDOUT_FILENO);
    if (command.closes_others) posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int apart = command.apart ? POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF | apart));
    std::vector<std::string> arguments{"sh", "-c", command.command};
    std::vector<std::string> environment = command.environment;
    const int error = ::posix_spawn(&process, "/bin/sh", &actions, &attributes, pointers(arguments).data(),
                                    environment.empty() ? environ : pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

}  // namespace mailpipe::net
