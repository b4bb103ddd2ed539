#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// What the data of a record says. Parsers of RDATA are pure; errors: data for what is truncated, too long or no name.
namespace mailpipe::dns {

enum class Type : std::uint16_t { a = 1, cname = 5, mx = 15, txt = 16, aaaa = 28, srv = 33, tlsa = 52 };
std::string_view type_name(Type type);  // "MX"

// RFC 1035 section 3.3.9. "." is the null MX of RFC 7505.
struct Mx {
    std::uint16_t preference = 0;
    std::string exchange;
    bool operator==(const Mx&) const = default;
};
Result<Mx> parse_mx(std::string_view rdata);

// RFC 2782. A target of "." says that the service is not there.
struct Srv {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;
    bool operator==(const Srv&) const = default;
};
Result<Srv> parse_srv(std::string_view rdata);

// RFC 6698 section 2.1; whether the numbers mean anything is for who uses it.
struct Tlsa {
    std::uint8_t usage = 0;
    std::uint8_t selector = 0;
    std::uint8_t matching = 0;
    std::string data;  // octets
    bool operator==(const Tlsa&) const = default;
};
Result<Tlsa> parse_tlsa(std::string_view rdata);

// "192.0.2.1", "2001:db8::1".
Result<std::string> parse_address(Type type, std::string_view rdata);
// The target of a CNAME.
Result<std::string> parse_name(std::string_view rdata);
// The character-strings of RFC 1035 section 3.3.14 joined without anything between (RFC 7208 section 3.3).
Result<std::string> parse_txt(std::string_view rdata);

}  // namespace mailpipe::dns
