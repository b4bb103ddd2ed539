#include "mailpipe/app/piped_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "mailpipe/base/exit_status.hpp"
#include "mailpipe/net/shell_command.hpp"
#include "mailpipe/store/file.hpp"

extern char** environ;

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNotExecutable = 126;  // of sh(1)
constexpr int kNoSuchCommand = 127;

// What a command says of the message by a status of sysexits(3).
Errc kind_of_status(int status) {
    for (const Errc kind :
         {Errc::usage, Errc::data, Errc::not_found, Errc::no_user, Errc::no_host, Errc::cannot_create, Errc::io,
          Errc::temporary, Errc::protocol, Errc::auth, Errc::config}) {
        if (exit_status(kind) == status) return kind;
    }
    return Errc::permanent;
}

constexpr std::chrono::seconds kGrace{2};
constexpr std::chrono::milliseconds kLook{20};  // without a pidfd

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
    store::Fd ended_;
    bool is_running_ = true;
    int status_ = 0;
};

// Until all is written, the command reads no more or has ended, or it is late.
Result<void> feed(RunningCommand& running, store::Fd& pipe, MessageSpool& input, Clock::time_point deadline) {
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
    pipe.reset();
    return {};
}

}  // namespace

Result<CommandEnd> run_piped(const std::string& command, const std::vector<std::string>& variables,
                             MessageSpool& input, std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "a pipe to the command");
    store::Fd reading(ends[0]);
    store::Fd writing(ends[1]);
    pid_t process = 0;
    // stdout is for receipts. Apart, so that a Ctrl-C lets it finish the message and a deadline ends all of it.
    const net::ShellCommand shell{command, reading.get(), STDERR_FILENO, environment_with(variables),
                                  true,    true};
    if (const int error = net::spawn(shell, process); error != 0) return fail_errno(error, "/bin/sh");
    reading.reset();
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

bool cannot_run(const CommandEnd& end) {
    return end.status == kNotExecutable || end.status == kNoSuchCommand;
}

Error command_error(const CommandEnd& end, std::chrono::milliseconds timeout, const std::string& option) {
    if (end.timed_out) {
        return Error{Errc::temporary, "the command was not done after " +
                                          std::to_string(timeout.count() / 1000) + " s" +
                                          (option.empty() ? "" : " (" + option + ")") + " and was ended"};
    }
    if (end.signal != 0)
        return Error{Errc::temporary, "the command was ended by signal " + std::to_string(end.signal)};
    return Error{kind_of_status(end.status), "the command ended with status " + std::to_string(end.status)};
}

}  // namespace mailpipe::app
