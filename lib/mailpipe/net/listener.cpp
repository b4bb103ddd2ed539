#include "mailpipe/net/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/net/socket.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel has a limit of its own
constexpr std::chrono::milliseconds kDescriptorsPause{100};

Fail bind_error(int error_number, const std::string& where) {
    const std::string words = where + ": " + std::generic_category().message(error_number);
    switch (error_number) {
        case EADDRINUSE:
            return fail(Errc::temporary, "cannot listen on " + words);
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
            return fail(Errc::unavailable, "cannot listen on " + words);
        case EACCES:
        case EPERM:
        case EROFS:
        case ENOENT:
        case ENOTDIR:
            return fail(Errc::cannot_create, "cannot listen on " + words);
        default:
            return fail(Errc::io, "cannot listen on " + words);
    }
}

Result<Descriptor> bind_tcp(const addrinfo& address, bool all_addresses, const std::string& where) {
    Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return bind_error(errno, where);
    const int on = 1;
    const int v6_only = all_addresses ? 0 : 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.ai_family == AF_INET6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    }
    if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
        ::listen(socket.get(), kBacklog) != 0) {
        return bind_error(errno, where);
    }
    return socket;
}

struct AddressListDeleter {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

const addrinfo* first_of(const addrinfo* list, int family) {
    while (list != nullptr && list->ai_family != family)
        list = list->ai_next;
    return list;
}

// A socket file that nobody answers is a leftover of a server that was killed.
Result<void> remove_stale_socket(const std::string& path, const sockaddr_storage& address, socklen_t length) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return bind_error(errno, path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail(Errc::cannot_create, "cannot listen on " + path + ": a file that is no socket is there");
    }
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (probe.get() < 0) return bind_error(errno, path);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 || errno == EAGAIN) {
        return fail(Errc::temporary, "cannot listen on " + path + ": in use, another server answers there");
    }
    if (errno != ECONNREFUSED) return bind_error(errno, path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return bind_error(errno, path);
    return {};
}

}  // namespace

struct Listener::Impl {
    Impl(const asio::any_io_executor& executor, int number, std::string where)
        : descriptor(executor, number), pause(executor), address(std::move(where)) {}
    ~Impl() {
        struct stat status {};
        if (inode == 0 || ::lstat(path.c_str(), &status) != 0) return;
        if (status.st_dev == device && status.st_ino == inode) ::unlink(path.c_str());
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    asio::posix::stream_descriptor descriptor;
    asio::steady_timer pause;
    std::string address;
    std::uint16_t port = 0;
    bool closed = false;
    std::string path;  // of a Unix socket
    dev_t device = 0;
    ino_t inode = 0;
};

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
    close();
}

Result<std::unique_ptr<Listener>> Listener::tcp(const asio::any_io_executor& executor, const std::string& host,
                                                std::uint16_t port) {
    const bool all = host.empty() || host == "*";
    const std::string where = fmt::format("{} port {}", all ? "all addresses" : terminal_text(host), port);
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(all ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, AddressListDeleter> list(found);
    if (code != 0) {
        return fail(code == EAI_AGAIN ? Errc::temporary : Errc::no_host,
                    fmt::format("cannot listen on {}: {}", where, ::gai_strerror(code)));
    }
    const addrinfo* v4 = first_of(list.get(), AF_INET);
    const addrinfo* v6 = first_of(list.get(), AF_INET6);
    const addrinfo* chosen = all && v6 != nullptr ? v6 : v4 != nullptr ? v4 : list.get();
    auto socket = bind_tcp(*chosen, all, where);
    // A host without IPv6.
    if (!socket && all && v4 != nullptr && chosen != v4) socket = bind_tcp(*v4, all, where);
    if (!socket) return tl::unexpected(socket.error());
    const SocketPeer local = local_end_of(socket->get());
    auto impl = std::make_shared<Impl>(executor, socket->release(), local.name);
    impl->port = local.port;
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Result<std::unique_ptr<Listener>> Listener::unix_socket(const asio::any_io_executor& executor,
                                                        const std::string& path, mode_t mode) {
    socklen_t length = 0;
    auto address = unix_address(path, length);
    if (!address) return tl::unexpected(address.error());
    std::filesystem::path directory = std::filesystem::path(path).parent_path();
    if (directory.empty()) directory = ".";
    // Of two servers that start at once, one would remove the other's fresh socket file.
    const Descriptor lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.get() < 0) return bind_error(errno, path);
    while (::flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return bind_error(errno, path);
    }
    if (auto removed = remove_stale_socket(path, *address, length); !removed)
        return tl::unexpected(removed.error());
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    struct stat status {};
    // Nobody can connect before listen(), so the mode is right from the first connection on.
    if (socket.get() < 0 || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), length) != 0) {
        return bind_error(errno, path);
    }
    if (::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &status) != 0 ||
        ::listen(socket.get(), kBacklog) != 0) {
        const int error_number = errno;
        ::unlink(path.c_str());
        return bind_error(error_number, path);
    }
    auto impl = std::make_shared<Impl>(executor, socket.release(), path);
    impl->path = path;
    impl->device = status.st_dev;
    impl->inode = status.st_ino;
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::unique_ptr<Listener> Listener::inherited(const asio::any_io_executor& executor, InheritedSocket socket) {
    auto impl = std::make_shared<Impl>(executor, socket.socket.release(),
                                       socket.path.empty() ? socket.local.name : socket.path);
    impl->port = socket.local.port;
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

asio::awaitable<Result<Accepted>> Listener::accept() {
    const std::shared_ptr<Impl> state = impl_;
    while (!state->closed) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        const int accepted = ::accept4(state->descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address),
                                       &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) {
            SocketPeer peer = describe(address);
            Accepted result;
            result.socket = Descriptor(accepted);
            result.peer.name = std::move(peer.name);
            result.peer.address = std::move(peer.address);
            result.peer.loopback = peer.loopback;
            co_return result;
        }
        asio::error_code error;
        switch (errno) {
            case EAGAIN:
                co_await state->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                                      asio::redirect_error(asio::use_awaitable, error));
                break;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                state->pause.expires_after(kDescriptorsPause);
                co_await state->pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
                break;
            case EBADF:
            case EINVAL:
            case ENOTSOCK:
                co_return fail_errno(errno, "accept on " + state->address);
            default:
                // accept(2): errors of the connection itself (ECONNABORTED, EPROTO, ENETDOWN) are skipped.
                break;
        }
    }
    co_return fail(Errc::temporary, "shutting down");
}

void Listener::close() {
    if (std::exchange(impl_->closed, true)) return;
    asio::error_code ignored;
    impl_->descriptor.close(ignored);
    impl_->pause.cancel();
}

std::uint16_t Listener::port() const {
    return impl_->port;
}

const std::string& Listener::address() const {
    return impl_->address;
}

}  // namespace mailpipe::net
MAILPIPE_COROUTINES_END
