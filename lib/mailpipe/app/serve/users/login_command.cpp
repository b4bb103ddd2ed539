#include "mailpipe/app/serve/users/login_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/net/shell_command.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{20};  // without a pidfd

struct Pipe {
    store::Fd reading;
    store::Fd writing;
};

std::optional<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    return Pipe{store::Fd(ends[0]), store::Fd(ends[1])};
}

// What the command prints, until it has ended; nullopt: it is late.
class Watch {
 public:
    Watch(pid_t process, int output)
        : process_(process), output_(output), ended_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {
        ::fcntl(output, F_SETFL, O_NONBLOCK);
    }
    ~Watch() {
        if (reaped_) return;
        ::kill(-process_, SIGKILL);
        reap(0);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    std::optional<int> status_by(Clock::time_point deadline) {
        while (!reap(WNOHANG)) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
            if (left.count() <= 0) return std::nullopt;
            std::array<pollfd, 2> watched{pollfd{ended_.get(), POLLIN, 0},
                                          pollfd{read_all_ ? -1 : output_, POLLIN, 0}};
            const auto most = ended_ ? left : std::min(left, kLook);
            ::poll(watched.data(), watched.size(), static_cast<int>(most.count()));
            drain();
        }
        drain();
        return status_;
    }
    const std::string& text() const { return text_; }

 private:
    bool reap(int flags) {
        pid_t done = 0;
        do {
            done = ::waitpid(process_, &status_, flags);
        } while (done < 0 && errno == EINTR);
        reaped_ = reaped_ || done != 0;
        return reaped_;
    }

    // All is read, so that nobody is kept from ending by a full pipe; the beginning is kept.
    void drain() {
        std::array<char, 1024> piece{};
        ssize_t count = 0;
        while (!read_all_ && (count = ::read(output_, piece.data(), piece.size())) > 0) {
            const std::size_t room = kLoginCommandLine - std::min(text_.size(), kLoginCommandLine);
            text_.append(piece.data(), std::min(room, static_cast<std::size_t>(count)));
        }
        read_all_ = read_all_ || count == 0;
    }

    pid_t process_;
    int output_;
    store::Fd ended_;
    int status_ = 0;
    bool reaped_ = false;
    bool read_all_ = false;
    std::string text_;
};

}  // namespace

Result<LoginAnswer> run_login_command(const std::string& command, const Secret& input,
                                      std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    auto in = make_pipe();
    auto out = make_pipe();
    if (!in || !out) return fail_errno(errno, "a pipe to the login command");
    pid_t process = 0;
    const net::ShellCommand shell{command, in->reading.get(), out->writing.get(), {}, true, true};
    if (const int error = net::spawn(shell, process); error != 0) return fail_errno(error, "/bin/sh");
    in->reading.reset();
    out->writing.reset();
    Watch watch(process, out->reading.get());
    // An empty pipe takes more than a login is long; a command that does not read it knows why.
    ::fcntl(in->writing.get(), F_SETFL, O_NONBLOCK);
    const ssize_t written = ::write(in->writing.get(), input.reveal().data(), input.reveal().size());
    if (written >= 0 && static_cast<std::size_t>(written) < input.reveal().size())
        return fail(Errc::temporary, "the login is too long for the login command");
    in->writing.reset();
    const auto status = watch.status_by(deadline);
    if (!status) return fail(Errc::temporary, "the login command was not done in time and was killed");
    if (WIFSIGNALED(*status))
        return fail(Errc::temporary,
                    "the login command was ended by signal " + std::to_string(WTERMSIG(*status)));
    const int code = WEXITSTATUS(*status);
    if (code == 1) return LoginAnswer{};
    if (code != 0) return fail(Errc::temporary, "the login command ended with status " + std::to_string(code));
    const std::string_view line = std::string_view(watch.text()).substr(0, watch.text().find('\n'));
    return LoginAnswer{true, std::string(ascii::trim(line))};
}

}  // namespace mailpipe::app::serve
