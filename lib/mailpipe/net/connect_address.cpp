#include "mailpipe/net/connect_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>

#include "mailpipe/net/socket.hpp"
#include "mailpipe/net/socket_stream.hpp"

namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStopPoll{500};  // a signal between the test and poll() is noticed after this
constexpr int kKeepAlive = 60;          // seconds, as libcurl has it

struct Target {
    sockaddr_storage address{};
    socklen_t length = 0;
};

// inet_pton() knows no other spelling than the usual one, and no zone.
std::optional<Target> parse_target(const std::string& host, std::uint16_t port, AddressFamily family) {
    Target target;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (family != AddressFamily::ipv6 && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        target.length = sizeof v4;
        std::memcpy(&target.address, &v4, sizeof v4);
        return target;
    }
    if (family != AddressFamily::ipv4 && ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        target.length = sizeof v6;
        std::memcpy(&target.address, &v6, sizeof v6);
        return target;
    }
    return std::nullopt;
}

void keep_alive(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAlive, sizeof kKeepAlive);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAlive, sizeof kKeepAlive);
}

// Until the connect is done, whichever way.
Result<void> wait_for_connect(int descriptor, const std::string& where, const ConnectOptions& options) {
    const auto end = steady_clock::now() + options.timeout;
    while (true) {
        if (options.stop_requested && options.stop_requested()) return fail(Errc::temporary, "interrupted");
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        if (left <= milliseconds(0)) {
            return fail(Errc::temporary, fmt::format("timed out, no connection to {} within {}", where,
                                                     seconds_text(options.timeout)));
        }
        pollfd waiting{descriptor, POLLOUT, 0};
        const int count = ::poll(&waiting, 1, static_cast<int>(std::min(left, kStopPoll).count()));
        if (count > 0) return {};
        if (count < 0 && errno != EINTR) return fail_errno(errno, "poll");
    }
}

// errno, or 0 once it is connected.
Result<int> connect_within(int descriptor, const Target& target, const std::string& where,
                           const ConnectOptions& options) {
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&target.address), target.length) == 0) return 0;
    // One that a signal has interrupted goes on as well.
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    if (auto done = wait_for_connect(descriptor, where, options); !done) return tl::unexpected(done.error());
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace

Result<std::unique_ptr<Stream>> connect_address(const std::string& host, std::uint16_t port,
                                                const ConnectOptions& options) {
    if (!options.proxy.empty() || !options.source_addresses.empty()) return nullptr;
    const auto target = parse_target(host, port, options.family);
    if (!target) return nullptr;
    const auto begun = steady_clock::now();
    const std::string where = fmt::format("{} port {}", host, port);
    auto socket = std::make_shared<Descriptor>(
        ::socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    auto error =
        socket->get() < 0 ? Result<int>(errno) : connect_within(socket->get(), *target, where, options);
    if (!error) return tl::unexpected(error.error());
    if (*error != 0) {
        return fail(Errc::temporary,
                    fmt::format("cannot connect to {}: {}", where, std::generic_category().message(*error)));
    }
    keep_alive(socket->get());
    if (options.timed) {
        options.timed({}, std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begun));
    }
    SocketPeer peer = peer_of(socket->get());
    const int descriptor = socket->get();
    return std::make_unique<SocketStream>(
        descriptor, [socket] { socket->reset(); }, std::move(peer), options);
}

}  // namespace mailpipe::net
