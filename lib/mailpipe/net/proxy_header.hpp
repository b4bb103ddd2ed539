#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt): who is behind a proxy. No I/O.
namespace mailpipe::net {

struct ProxyHeader {
    // Octets that belong to the header for sure and are still to come; 0: it is whole, and the rest is valid. Who reads so
    // many and asks again never takes an octet of what follows.
    std::size_t wants = 0;
    bool proxied = false;  // false: LOCAL or UNKNOWN, the proxy speaks for itself
    std::string address;   // of the client: "192.0.2.7", "2001:db8::1"
    std::uint16_t port = 0;
};

inline constexpr std::size_t kProxyHeaderV1 = 107;   // octets, with CRLF
inline constexpr std::size_t kProxyHeaderV2 = 4096;  // with TLVs, which are passed over

// `received` is all that came so far. Error protocol: it is none, or one of a limit passed.
Result<ProxyHeader> parse_proxy_header(std::string_view received);

}  // namespace mailpipe::net
