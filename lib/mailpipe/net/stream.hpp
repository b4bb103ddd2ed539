#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/tls.hpp"

// A client's byte stream over TCP or a Unix socket, before and after TLS, blocking with a deadline on each
// wait.
namespace mailpipe::net {

enum class AddressFamily { any, ipv4, ipv6 };

struct ConnectOptions {
    AddressFamily family = AddressFamily::any;
    std::chrono::milliseconds timeout{60'000};  // of the connect and then of each read, write and handshake
    std::vector<std::string> source_addresses;  // the first one of the peer's family is bound to
    std::string proxy;                          // as CURLOPT_PROXY; empty: none, whatever the environment says
    // Once it returns true, a wait that lasts longer than 2 s fails with temporary "interrupted". May be empty.
    std::function<bool()> stop_requested;
    // Told by connect_tcp() how long the look-up of the name took, and then the connect. May be empty.
    std::function<void(std::chrono::microseconds look_up, std::chrono::microseconds connect)> timed = {};
};

class Stream {
 public:
    virtual ~Stream() = default;

    // At least one octet, or an empty view at the end of the stream; valid until the next call. Errors:
    // temporary "timed out, no reply for 60 s" and "connection lost" (reset), io, tls (a TLS end without
    // close_notify is an error tls "truncated").
    virtual Result<std::string_view> read() = 0;
    // The same without a wait; nullopt: there is nothing to return yet.
    virtual Result<std::optional<std::string_view>> try_read() = 0;

    // Writes all. While the peer does not take the octets it reads ahead what the peer sends (at most 1 MiB),
    // so that two sides that both write cannot block each other. When the peer has closed and has left octets
    // to read (a last "421 ..." or "-ERR"), the first write succeeds, so that they are seen. Errors: as read().
    virtual Result<void> write(std::string_view octets) = 0;

    // The handshake, within the timeout as a whole. Error protocol when octets behind the STARTTLS reply are
    // already there (curl CVE-2021-22947); error tls when the server greets in plain text where TLS was to
    // begin at once. After an error nothing is read or written any more.
    virtual Result<TlsInfo> start_tls(const TlsClientOptions& options) = 0;

    virtual bool peer_is_loopback() const = 0;  // true for Unix sockets, false behind a proxy
    virtual std::string peer_name() const = 0;  // "127.0.0.1:25", "/run/lmtp"
    virtual void close() = 0;                   // sends close_notify where TLS is on
};

// Connects, by libcurl where there is a name to look up (Happy Eyeballs) or a proxy to pass, and owns the socket. Errors:
// no_host for a name that does not exist, temporary for refused, timeout, and a resolver failure, usage for what is no
// host name or proxy.
Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, std::uint16_t port,
                                            const ConnectOptions& options);
// Errors: not_found, io, temporary (refused, timeout), usage (a path longer than 107 octets).
Result<std::unique_ptr<Stream>> connect_unix(const std::string& path, const ConnectOptions& options);
// The stdin and stdout of a command, which /bin/sh runs. It ends with the stream: its input is closed, and it is
// killed when it goes on for more than 4 s. Errors: io. A command that cannot be run is a stream that ends at once.
Result<std::unique_ptr<Stream>> connect_command(const std::string& command, const ConnectOptions& options);

}  // namespace mailpipe::net
