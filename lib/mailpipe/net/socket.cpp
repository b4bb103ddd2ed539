#include "mailpipe/net/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStopGrace{2'000};
constexpr milliseconds kStopPoll{500};  // a signal between the test and poll() is noticed after this

bool is_loopback(const in_addr& address) {
    return (ntohl(address.s_addr) >> 24) == 127;
}

bool is_loopback(const in6_addr& address) {
    if (!IN6_IS_ADDR_V4MAPPED(&address)) return IN6_IS_ADDR_LOOPBACK(&address);
    return address.s6_addr[12] == 127;
}

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

SocketPeer end_of(int descriptor, NameFunction name) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (name(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
    return describe(address);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        number_ = other.release();
    }
    return *this;
}

int Descriptor::release() {
    return std::exchange(number_, -1);
}

void Descriptor::reset() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

SocketPeer describe(const sockaddr_storage& address) {
    SocketPeer peer;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        peer.address = inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        peer.port = ntohs(v4.sin_port);
        peer.loopback = is_loopback(v4.sin_addr);
        peer.name = fmt::format("{}:{}", peer.address, peer.port);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        peer.address = inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        peer.port = ntohs(v6.sin6_port);
        peer.loopback = is_loopback(v6.sin6_addr);
        peer.name = fmt::format("[{}]:{}", peer.address, peer.port);
    } else if (address.ss_family == AF_UNIX) {
        peer.name = "unix";
        peer.loopback = true;
    }
    return peer;
}

SocketPeer peer_of(int descriptor) {
    return end_of(descriptor, ::getpeername);
}

SocketPeer local_end_of(int descriptor) {
    return end_of(descriptor, ::getsockname);
}

void set_nonblocking(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

void set_no_delay(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Result<sockaddr_storage> unix_address(const std::string& path, socklen_t& length) {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos) {
        return fail(Errc::usage,
                    fmt::format("{}: a socket path has 1 to {} octets", path, sizeof address.sun_path - 1));
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    return storage;
}

Deadline::Deadline(milliseconds timeout, const std::function<bool()>& stop_requested)
    : timeout_(timeout), end_(steady_clock::now() + timeout), stop_requested_(&stop_requested) {}

Result<short> Deadline::wait(int descriptor, short events) {
    while (true) {
        const auto now = steady_clock::now();
        const bool can_stop = static_cast<bool>(*stop_requested_);
        if (can_stop && !stopping_ && (*stop_requested_)()) {
            stopping_ = true;
            end_ = std::min(end_, now + kStopGrace);
        }
        if (now >= end_) {
            if (stopping_) return fail(Errc::temporary, "interrupted");
            return fail(Errc::temporary, "timed out, no reply for " + seconds_text(timeout_));
        }
        auto left = std::chrono::ceil<milliseconds>(end_ - now);
        if (can_stop && !stopping_) left = std::min(left, kStopPoll);
        pollfd waiting{descriptor, events, 0};
        const int count = ::poll(&waiting, 1, static_cast<int>(std::min<long>(left.count(), 1'000'000)));
        if (count > 0) return waiting.revents;
        if (count < 0 && errno != EINTR) return fail_errno(errno, "poll");
    }
}

Fail fail_network(int error_number, const std::string& what) {
    switch (error_number) {
        case ECONNRESET:
        case EPIPE:
        case ECONNABORTED:
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case EHOSTDOWN:
        case ENETUNREACH:
        case ENETDOWN:
        case ENETRESET:
        case ECONNREFUSED:
            return fail(Errc::temporary, what + ": " + std::generic_category().message(error_number));
        default:
            return fail(Errc::io, what + ": " + std::generic_category().message(error_number));
    }
}

std::string seconds_text(milliseconds time) {
    return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000);
}

}  // namespace mailpipe::net
