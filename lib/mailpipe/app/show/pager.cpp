#include "mailpipe/app/show/pager.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/net/shell_command.hpp"

namespace mailpipe::app {
namespace {

constexpr int kNoSuchCommand = 127;  // of sh(1)

bool is_in_path(const std::string& program) {
    const char* path = std::getenv("PATH");
    for (const std::string_view directory : ascii::split(path == nullptr ? "" : path, ':')) {
        if (directory.empty()) continue;
        if (::access((std::string(directory) + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

// The environment with these where they are not set.
std::vector<std::string> pager_environment() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    for (const std::string_view added : {"LESS=FRX", "LV=-c"}) {
        const std::string_view name = added.substr(0, added.find('=') + 1);
        if (std::none_of(variables.begin(), variables.end(),
                         [name](const std::string& variable) { return variable.starts_with(name); }))
            variables.emplace_back(added);
    }
    return variables;
}

}  // namespace

std::string pager_command() {
    for (const char* name : {"MAILPIPE_PAGER", "PAGER"}) {
        if (const char* value = std::getenv(name); value != nullptr)
            return std::string_view(value) == "cat" ? std::string() : std::string(value);
    }
    return is_in_path("less") ? "less" : "";
}

Result<Pager> Pager::start(const std::string& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "no pipe to the pager");
    pid_t process = -1;
    // A pager may itself be a pipeline, or read another descriptor.
    const int error = net::spawn({command, ends[0], -1, pager_environment(), false, false}, process);
    ::close(ends[0]);
    if (error != 0) {
        ::close(ends[1]);
        return fail_errno(error, "the pager '" + command + "' cannot be started");
    }
    // Ctrl-C goes to the pager as well, which lives on and shares the terminal.
    install_patient_stop_handler();
    return Pager(ends[1], process, command);
}

Pager::Pager(Pager&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      process_(std::exchange(other.process_, -1)),
      command_(std::move(other.command_)) {}

Pager::~Pager() {
    [[maybe_unused]] const auto ignored = finish();
}

Result<void> Pager::finish() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    if (process_ < 0) return {};
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSuchCommand)
        return fail(Errc::config,
                    "there is no pager '" + command_ + "'; set MAILPIPE_PAGER, or use --pager never");
    return {};
}

}  // namespace mailpipe::app
