#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/asio.hpp"
#include "mailpipe/net/inherited_sockets.hpp"
#include "mailpipe/net/server_stream.hpp"
#include "mailpipe/net/socket.hpp"

// A listening socket.
namespace mailpipe::net {

struct Accepted {
    Descriptor socket;  // non-blocking
    Peer peer;
};

class Listener {
 public:
    // `host` is an address or a name (its first IPv4 address, else its first); empty or "*": all addresses.
    // Port 0: a free one. Errors: no_host, cannot_create (permission), temporary (in use), unavailable (no such
    // address), io.
    static Result<std::unique_ptr<Listener>> tcp(const asio::any_io_executor& executor, const std::string& host,
                                                 std::uint16_t port);

    // Binds a Unix socket with this mode. A socket file of a server that has ended is replaced; one that is
    // answered is an error temporary, a file that is no socket an error cannot_create. The destructor removes the
    // file when it is still ours. Errors: also cannot_create, usage (a path longer than 107 octets), io.
    static Result<std::unique_ptr<Listener>> unix_socket(const asio::any_io_executor& executor,
                                                         const std::string& path, mode_t mode = 0600);

    // One that is bound already, by whoever keeps it: a socket file is not removed.
    static std::unique_ptr<Listener> inherited(const asio::any_io_executor& executor, InheritedSocket socket);

    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // The next connection. Connections that ended before they were accepted are skipped, and a lack of
    // descriptors is waited out. Errors: temporary "shutting down" after close(), io.
    asio::awaitable<Result<Accepted>> accept();

    // Ends a pending accept; no connection is accepted afterwards.
    void close();

    std::uint16_t port() const;          // the port that was bound; 0 for a Unix socket
    const std::string& address() const;  // "127.0.0.1:40123", "[::1]:40123", or the path

 private:
    struct Impl;
    explicit Listener(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace mailpipe::net
