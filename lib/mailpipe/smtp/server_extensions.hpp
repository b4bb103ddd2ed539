#pragma once

#include <cstdint>
#include <optional>
#include <string>

// What a server offers beside PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES and what its other options say.
namespace mailpipe::smtp {

struct ServerExtensions {
    bool chunking = true;                             // CHUNKING (RFC 3030)
    bool binary = true;                               // BINARYMIME (RFC 3030), with CHUNKING only
    bool utf8 = true;                                 // SMTPUTF8 (RFC 6531)
    bool dsn = false;                                 // DSN (RFC 3461)
    bool priority = false;                            // MT-PRIORITY (RFC 6710)
    bool xclient = false;                             // XCLIENT (Postfix), for a trusted proxy
    bool require_tls = false;                         // REQUIRETLS (RFC 8689), inside TLS only
    std::optional<std::uint64_t> deliver_by_minimum;  // DELIVERBY (RFC 2852): seconds, 0 for no minimum
    // FUTURERELEASE (RFC 4865), for who logs in; 0: not offered. Both limits are announced.
    std::uint64_t max_hold_for = 0;   // seconds
    std::int64_t max_hold_until = 0;  // seconds since 1970
};

}  // namespace mailpipe::smtp
