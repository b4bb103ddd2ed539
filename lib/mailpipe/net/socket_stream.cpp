#include "mailpipe/net/socket_stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "mailpipe/net/pollable.hpp"

namespace mailpipe::net {
namespace {

constexpr std::size_t kChunk = 64U << 10;
constexpr std::size_t kReadAhead = 1U << 20;

bool would_block(int error_number) {
    return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

bool peer_is_gone(int error_number) {
    return error_number == EPIPE || error_number == ECONNRESET;
}

}  // namespace

SocketStream::SocketStream(int descriptor, std::function<void()> close_socket, SocketPeer peer,
                           ConnectOptions options)
    : descriptor_(descriptor),
      close_socket_(std::move(close_socket)),
      peer_(std::move(peer)),
      options_(std::move(options)),
      buffer_(kChunk) {
    set_nonblocking(descriptor_);
    set_no_delay(descriptor_);
}

SocketStream::~SocketStream() {
    SocketStream::close();
}

void SocketStream::close() {
    if (descriptor_ < 0) return;
    if (tls_) {
        tls_->shut_down();
        const std::string octets = tls_->take_ciphertext();
        // One attempt: nobody waits for a peer that no longer reads.
        if (!octets.empty())
            (void)::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close_socket_();
    descriptor_ = -1;
}

Result<SocketStream::Received> SocketStream::receive() {
    while (true) {
        const ssize_t count = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
        if (count > 0) {
            fresh_ = std::string_view(buffer_.data(), static_cast<std::size_t>(count));
            return Received::octets;
        }
        if (count == 0) {
            end_ = true;
            return Received::end;
        }
        if (would_block(errno)) return Received::nothing_yet;
        if (errno != EINTR) return fail_network(errno, "connection lost");
    }
}

// Moves what was received through TLS into ahead_.
Result<void> SocketStream::decrypt() {
    if (end_) tls_->put_eof();
    tls_->put_ciphertext(std::exchange(fresh_, {}));
    auto more = tls_->read(ahead_);
    // The octets before a truncation are handed out first, then the truncation.
    if (end_ && more && *more) more = tls_->read(ahead_);
    if (!more) {
        read_error_ = more.error();
        if (ahead_.empty()) return tl::unexpected(more.error());
    } else if (!*more) {
        end_ = true;
    }
    return {};
}

Result<std::string_view> SocketStream::read() {
    Deadline deadline(options_.timeout, options_.stop_requested);
    while (true) {
        auto octets = try_read();
        if (!octets) return tl::unexpected(octets.error());
        if (*octets) return **octets;
        if (auto ready = deadline.wait(descriptor_, POLLIN); !ready) return tl::unexpected(ready.error());
    }
}

Result<std::optional<std::string_view>> SocketStream::try_read() {
    used_ = true;
    if (tls_failure_) return tl::unexpected(*tls_failure_);
    while (true) {
        if (!ahead_.empty()) {
            current_.swap(ahead_);
            ahead_.clear();
            return std::string_view(current_);
        }
        if (read_error_) return tl::unexpected(*read_error_);
        if (descriptor_ < 0) return fail(Errc::io, "the connection is closed");
        if (end_) return std::string_view();
        auto received = receive();
        if (!received) return tl::unexpected(received.error());
        if (*received == Received::nothing_yet) return std::nullopt;
        if (!tls_) return std::exchange(fresh_, {});
        if (auto decrypted = decrypt(); !decrypted) return tl::unexpected(decrypted.error());
        // Answers of TLS itself, such as a key update.
        if (auto sent = send_ciphertext(false); !sent) return tl::unexpected(sent.error());
    }
}

// Into ahead_, without waiting; errors are left for the next read().
void SocketStream::take_what_is_there() {
    while (!end_ && !read_error_ && ahead_.size() < kReadAhead) {
        auto received = receive();
        if (!received) {
            read_error_ = received.error();
            return;
        }
        if (*received == Received::nothing_yet) return;
        if (!tls_) {
            ahead_.append(std::exchange(fresh_, {}));
        } else if (auto decrypted = decrypt(); !decrypted) {
            read_error_ = decrypted.error();
        }
    }
}

Result<void> SocketStream::wait_to_send(Deadline& deadline) {
    const bool may_read = !end_ && !read_error_ && ahead_.size() < kReadAhead;
    auto ready = deadline.wait(descriptor_, static_cast<short>(may_read ? POLLIN | POLLOUT : POLLOUT));
    if (!ready) return tl::unexpected(ready.error());
    if (may_read && (*ready & POLLIN) != 0) take_what_is_there();
    return {};
}

bool SocketStream::peer_left_octets() {
    take_what_is_there();
    return !ahead_.empty();
}

Result<void> SocketStream::send_all(std::string_view octets) {
    Deadline deadline(options_.timeout, options_.stop_requested);
    while (!octets.empty()) {
        const ssize_t count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            octets.remove_prefix(static_cast<std::size_t>(count));
            deadline = Deadline(options_.timeout, options_.stop_requested);
        } else if (would_block(errno)) {
            if (auto ready = wait_to_send(deadline); !ready) return ready;
        } else if (errno != EINTR) {
            const int error_number = errno;
            const bool again = std::exchange(write_broken_, true);
            if (!again && peer_is_gone(error_number) && peer_left_octets()) return {};
            return fail_network(error_number, "connection lost");
        }
    }
    return {};
}

Result<void> SocketStream::send_ciphertext(bool wait) {
    const std::string octets = tls_->take_ciphertext();
    if (octets.empty() || wait || !end_) return send_all(octets);
    return {};
}

Result<void> SocketStream::write(std::string_view octets) {
    used_ = true;
    if (tls_failure_) return tl::unexpected(*tls_failure_);
    if (descriptor_ < 0) return fail(Errc::io, "the connection is closed");
    if (!tls_) return send_all(octets);
    while (!octets.empty()) {
        const std::string_view part = octets.substr(0, kChunk);
        if (auto encrypted = tls_->write(part); !encrypted) return encrypted;
        if (auto sent = send_ciphertext(true); !sent) return sent;
        octets.remove_prefix(part.size());
    }
    return {};
}

Result<void> SocketStream::shake_hands(TlsEngine& engine) {
    Deadline deadline(options_.timeout, options_.stop_requested);
    while (true) {
        auto done = engine.handshake();
        // An alert that says why belongs to the peer's log even when we give up.
        std::string octets = engine.take_ciphertext();
        std::string_view rest = octets;
        while (!rest.empty()) {
            const ssize_t count = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (count >= 0) {
                rest.remove_prefix(static_cast<std::size_t>(count));
            } else if (!done || (!would_block(errno) && errno != EINTR)) {
                break;
            } else if (auto ready = deadline.wait(descriptor_, POLLOUT); !ready) {
                return tl::unexpected(ready.error());
            }
        }
        if (!done) return tl::unexpected(done.error());
        if (*done) return {};
        auto received = receive();
        if (!received) return tl::unexpected(received.error());
        if (*received == Received::nothing_yet) {
            if (auto ready = deadline.wait(descriptor_, POLLIN); !ready) {
                return fail(ready.error().kind, "TLS handshake: " + ready.error().message);
            }
        } else if (*received == Received::end) {
            engine.put_eof();
        }
        engine.put_ciphertext(std::exchange(fresh_, {}));
    }
}

Result<TlsInfo> SocketStream::start_tls(const TlsClientOptions& options) {
    if (tls_failure_) return tl::unexpected(*tls_failure_);
    auto info = begin_tls(options);
    // Nothing passes in plain text after TLS was asked for.
    if (!info) tls_failure_ = info.error();
    return info;
}

Result<TlsInfo> SocketStream::begin_tls(const TlsClientOptions& options) {
    if (descriptor_ < 0) return fail(Errc::io, "the connection is closed");
    if (tls_) return fail(Errc::protocol, "TLS is already active");
    char octet = 0;
    if (!ahead_.empty() || ::recv(descriptor_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
        if (used_) return fail(Errc::protocol, "the server sent octets behind its STARTTLS reply");
        return fail(Errc::tls, "the server does not begin with TLS here, it greets in plain text");
    }
    auto context = make_client_context(options);
    if (!context) return tl::unexpected(context.error());
    auto engine = TlsEngine::client(*context, options);
    if (!engine) return tl::unexpected(engine.error());
    if (auto done = shake_hands(**engine); !done) return tl::unexpected(done.error());
    tls_ = std::move(*engine);
    // Data may have come in one piece with the end of the handshake.
    if (auto decrypted = decrypt(); !decrypted) return tl::unexpected(decrypted.error());
    return tls_->info();
}

// There is no other kind of stream.
int descriptor_of(const Stream& stream) {
    return static_cast<const SocketStream&>(stream).descriptor();
}
bool has_read_ahead(const Stream& stream) {
    return static_cast<const SocketStream&>(stream).has_read_ahead();
}

}  // namespace mailpipe::net
