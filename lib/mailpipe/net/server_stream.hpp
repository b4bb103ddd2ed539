#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/asio.hpp"
#include "mailpipe/net/tls.hpp"

// The server's end of one connection, over TCP or a Unix socket, before and after TLS, for coroutines.
namespace mailpipe::net {

struct Peer {
    std::string name;       // "192.0.2.7:40123", "[2001:db8::1]:40123", "unix"
    std::string address;    // "192.0.2.7", "2001:db8::1", "" for a Unix socket
    bool loopback = false;  // 127/8, ::1, ::ffff:127/104, and every Unix socket
};

// The least that a peer must send or take on average, once its timeout is used up (Postfix: 500).
inline constexpr std::uint64_t kOctetsPerSecond = 500;

// All members run on the thread of the io_context. One operation at a time. An instance may be destroyed while
// no operation is pending; that closes the socket without close_notify. g++ 12 destroys temporaries of a
// co_await expression twice in some places: pass named variables, and store a Result before testing it.
class ServerStream {
 public:
    // Takes the descriptor of a connected socket, which may be a blocking one: nothing here waits in a call.
    ServerStream(const asio::any_io_executor& executor, int descriptor, Peer peer);
    ~ServerStream();
    ServerStream(const ServerStream&) = delete;
    ServerStream& operator=(const ServerStream&) = delete;

    // At least one octet, up to 64 KiB, or an empty view at the end of the stream; valid until the next call.
    // Errors: temporary "timed out, no octet for 300 s", and "shutting down" after cancel(); io; tls, also for
    // an end without close_notify. No buffer is held while it waits.
    asio::awaitable<Result<std::string_view>> read(std::chrono::milliseconds timeout);
    // The same before TLS, `most` octets at most: for what stands before a protocol begins.
    asio::awaitable<Result<std::string_view>> read_some(std::size_t most, std::chrono::milliseconds timeout);

    // read() and write() for who holds no coroutine while the peer is silent. What has come by now, or the end of the stream:
    // as read() says it; nullopt: nothing yet, or unsent() is to be written first.
    Result<std::optional<std::string_view>> read_now();
    // Calls `done` once, later: with nothing where there may be something to read, or else as read() fails that waits. No
    // buffer is held meanwhile.
    void await_input(std::chrono::milliseconds timeout, std::function<void(Result<void>)> done);
    // Writes what goes at once. The rest is unsent(), for write_unsent(). Errors: io, tls.
    Result<void> write_now(std::string_view octets);
    bool unsent() const;
    asio::awaitable<Result<void>> write_unsent(std::chrono::milliseconds timeout);

    // Writes all; `octets` must stay valid until it returns. The timeout counts anew whenever the peer takes
    // octets, but who takes fewer than kOctetsPerSecond on average uses it up. Errors: temporary, io, tls.
    asio::awaitable<Result<void>> write(std::string_view octets, std::chrono::milliseconds timeout);

    // The handshake, within `timeout` as a whole. The session has checked that nothing followed the command;
    // what arrives before the handshake and is no TLS is an error tls. Errors: temporary (also after cancel()),
    // tls, io.
    asio::awaitable<Result<TlsInfo>> start_tls(std::shared_ptr<TlsContext> context,
                                               std::chrono::milliseconds timeout);

    // Sends close_notify where TLS is on, then the end of the stream, and discards what the peer still sends
    // for at most 1 s so that the kernel does not reset the connection under our last reply. Ends the
    // descriptor.
    asio::awaitable<void> close();

    // For the end of the server: a pending or later read or handshake fails with temporary "shutting down";
    // writes still work, so that a 421 can be sent. Safe at any time.
    void cancel();
    bool cancelled() const;

    // A pending read fails with temporary "interrupted", once: there is something to say to the peer. Without one, nothing.
    void interrupt();

    // Ends the pending operation, whichever it is, with an error io; nothing works afterwards.
    void abort();

    // The same, and the peer gets a TCP reset.
    void reset();

    const Peer& peer() const;
    asio::any_io_executor executor() const;
    void set_peer(Peer peer);  // who is behind a proxy
    bool tls_active() const;

 private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace mailpipe::net
