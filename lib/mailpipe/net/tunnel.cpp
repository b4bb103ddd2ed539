#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "mailpipe/net/shell_command.hpp"
#include "mailpipe/net/socket.hpp"
#include "mailpipe/net/socket_stream.hpp"
#include "mailpipe/net/stream.hpp"

namespace mailpipe::net {
namespace {

constexpr std::chrono::milliseconds kGrace{2000};
constexpr int kLook = 10;  // ms

// One direction: octets from `from` to `to`. false: it has ended.
class Pump {
 public:
    Pump(int from, int to) : from_(from), to_(to) {}

    bool has_more() const { return !ended_ || !octets_.empty(); }
    // What it waits for; -1: nothing.
    int waits_to_read() const { return octets_.empty() && !ended_ ? from_ : -1; }
    int waits_to_write() const { return octets_.empty() ? -1 : to_; }
    void read() {
        const ssize_t count = ::read(from_, buffer_.data(), buffer_.size());
        if (count > 0) {
            octets_ = std::string_view(buffer_.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            ended_ = true;
        }
    }
    void write() {
        const ssize_t count = ::write(to_, octets_.data(), octets_.size());
        if (count > 0) {
            octets_.remove_prefix(static_cast<std::size_t>(count));
        } else if (count < 0 && errno != EINTR && errno != EAGAIN) {
            octets_ = {};  // nobody takes them any more
            ended_ = true;
        }
    }

 private:
    int from_;
    int to_;
    bool ended_ = false;
    std::string_view octets_;  // of buffer_
    std::array<char, 64 * 1024> buffer_{};
};

// Owns the process and the thread that carries octets between our end, a socket, and its pipes: Dovecot's imap does
// not serve a socket ("must not be started from inetd"). Without its input the command is to end by itself; one that
// does not is ended.
class Tunnel {
 public:
    Tunnel(Descriptor ours, Descriptor theirs, Descriptor input, Descriptor output, pid_t process)
        : ours_(std::move(ours)), process_(process) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the thread that waits for the peer
        thread_ = std::thread([socket = std::move(theirs), input = std::move(input),
                               output = std::move(output)]() mutable { carry(socket, input, output); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;
    ~Tunnel() { close(); }

    int descriptor() const { return ours_.get(); }
    void close() {
        if (process_ <= 0) return;
        ours_.reset();
        for (const int signal : {0, SIGTERM, SIGKILL}) {
            if (signal != 0) ::kill(process_, signal);
            if (has_ended()) break;
        }
        process_ = 0;
        thread_.join();
    }

 private:
    bool has_ended() const {
        const auto until = std::chrono::steady_clock::now() + kGrace;
        while (::waitpid(process_, nullptr, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() >= until) return false;
            ::poll(nullptr, 0, kLook);
        }
        return true;
    }

    static void carry(Descriptor& socket, Descriptor& input, Descriptor& output) {
        for (const int end : {socket.get(), input.get(), output.get()})
            set_nonblocking(end);
        const auto up = std::make_unique<Pump>(socket.get(), input.get());
        const auto down = std::make_unique<Pump>(output.get(), socket.get());
        // What the command has said last is worth more than what it has not read.
        while (down->has_more()) {
            std::array<pollfd, 4> waiting{
                pollfd{up->waits_to_read(), POLLIN, 0}, pollfd{up->waits_to_write(), POLLOUT, 0},
                pollfd{down->waits_to_read(), POLLIN, 0}, pollfd{down->waits_to_write(), POLLOUT, 0}};
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[0].revents != 0) up->read();
            if (waiting[1].revents != 0) up->write();
            if (waiting[2].revents != 0) down->read();
            if (waiting[3].revents != 0) down->write();
            if (!up->has_more()) input.reset();
        }
    }

    Descriptor ours_;
    pid_t process_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Stream>> connect_command(const std::string& command, const ConnectOptions& options) {
    std::array<int, 2> socket{};
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket.data()) != 0)
        return fail_errno(errno, "--tunnel");
    Descriptor ours(socket[0]);
    Descriptor theirs(socket[1]);
    if (::pipe2(input.data(), O_CLOEXEC) != 0) return fail_errno(errno, "--tunnel");
    const Descriptor read_by_command(input[0]);
    Descriptor to_command(input[1]);
    if (::pipe2(output.data(), O_CLOEXEC) != 0) return fail_errno(errno, "--tunnel");
    Descriptor from_command(output[0]);
    const Descriptor written_by_command(output[1]);
    pid_t process = 0;
    const ShellCommand shell{command, read_by_command.get(), written_by_command.get(), {}, true, false};
    if (const int error = spawn(shell, process); error != 0) return fail_errno(error, "--tunnel");
    auto tunnel = std::make_shared<Tunnel>(std::move(ours), std::move(theirs), std::move(to_command),
                                           std::move(from_command), process);
    const int descriptor = tunnel->descriptor();
    return std::make_unique<SocketStream>(
        descriptor, [tunnel] { tunnel->close(); }, SocketPeer{"--tunnel", {}, true, 0}, options);
}

}  // namespace mailpipe::net
