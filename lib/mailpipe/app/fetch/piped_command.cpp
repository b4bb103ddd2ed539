#include "mailpipe/app/fetch/piped_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

extern char** environ;

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kGrace{2};
constexpr std::chrono::milliseconds kLook{20};  // without a pidfd

class Descriptor {
 public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

 private:
    int fd_;
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (std::string& string : strings)
        out.push_back(string.data());
    out.push_back(nullptr);
    return out;
}

// Ours without those that `variables` set, and these.
std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
    std::vector<std::string> all = variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view one = *variable;
        const std::string_view name = one.substr(0, one.find('=') + 1);
        const bool set = std::any_of(variables.begin(), variables.end(), [name](const std::string& other) {
            return std::string_view(other).starts_with(name);
        });
        if (!set) all.emplace_back(one);
    }
    return all;
}

// The error number.
int spawn(const std::string& command, const std::vector<std::string>& variables, int input, pid_t& process) {
    std::vector<std::string> arguments = {"sh", "-c", command};
    std::vector<std::string> environment = environment_with(variables);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    // stdout is for receipts.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    // Not all that libraries open is closed on exec: a command that lives on would keep a mailbox's connection open.
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    // Of its own, so that a Ctrl-C lets it finish the message and a deadline ends all of it.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawn(&process, "/bin/sh", &actions, &attributes, pointers(arguments).data(),
                                    pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

class RunningCommand {
 public:
    explicit RunningCommand(pid_t process)
        : process_(process), ended_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}
    RunningCommand(const RunningCommand&) = delete;
    RunningCommand& operator=(const RunningCommand&) = delete;
    ~RunningCommand() {
        if (!is_running_) return;
        ::kill(-process_, SIGKILL);
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    // Until `until`, or it has ended, or `output` (-1: none) takes octets or has no reader.
    void wait(Clock::time_point until, int output) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        const auto most = ended_.get() >= 0 ? left : std::min(left, kLook);
        std::array<pollfd, 2> watched{pollfd{ended_.get(), POLLIN, 0}, pollfd{output, POLLOUT, 0}};
        ::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(most.count(), 0)));
        if (::waitpid(process_, &status_, WNOHANG) == process_) is_running_ = false;
    }
    void wait_for_end(Clock::time_point until) {
        while (is_running_ && Clock::now() < until)
            wait(until, -1);
    }
    void signal(int number) const { ::kill(-process_, number); }
    bool is_running() const { return is_running_; }
    int status() const { return status_; }

 private:
    pid_t process_;
    Descriptor ended_;
    bool is_running_ = true;
    int status_ = 0;
};

// Until all is written, the command reads no more or has ended, or it is late.
Result<void> feed(RunningCommand& running, Descriptor& pipe, MessageSpool& input, Clock::time_point deadline) {
    std::uint64_t sent = 0;
    while (running.is_running() && sent < input.size() && Clock::now() < deadline) {
        const auto piece = input.read(sent);
        if (!piece) return tl::unexpected(piece.error());
        const ssize_t count = ::write(pipe.get(), piece->data(), piece->size());
        if (count > 0) {
            sent += static_cast<std::uint64_t>(count);
        } else if (errno == EAGAIN) {
            running.wait(deadline, pipe.get());
        } else if (errno != EINTR) {
            break;
        }
    }
    pipe.close();
    return {};
}

}  // namespace

Result<CommandEnd> run_piped(const std::string& command, const std::vector<std::string>& variables,
                             MessageSpool& input, std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "a pipe to the command");
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    pid_t process = 0;
    if (const int error = spawn(command, variables, reading.get(), process); error != 0)
        return fail_errno(error, "/bin/sh");
    reading.close();
    RunningCommand running(process);
    ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
    if (auto fed = feed(running, writing, input, deadline); !fed) return tl::unexpected(fed.error());
    running.wait_for_end(deadline);
    CommandEnd end;
    end.timed_out = running.is_running();
    if (end.timed_out) {
        running.signal(SIGTERM);
        running.wait_for_end(Clock::now() + kGrace);
        // What the shell has started may outlive it.
        running.signal(SIGKILL);
        running.wait_for_end(Clock::time_point::max());
    }
    end.signal = WIFSIGNALED(running.status()) ? WTERMSIG(running.status()) : 0;
    end.status = WIFEXITED(running.status()) ? WEXITSTATUS(running.status()) : -1;
    return end;
}

}  // namespace mailpipe::app
