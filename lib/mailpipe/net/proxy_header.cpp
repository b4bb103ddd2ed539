#include "mailpipe/net/proxy_header.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::net {
namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kShortestText = 15;  // PROXY UNKNOWN CRLF
constexpr std::size_t kBinaryStart = 16;   // with version, family and length
constexpr std::size_t kTcp4 = 12;          // two addresses, two ports
constexpr std::size_t kTcp6 = 36;

Fail bad(const std::string& why) {
    return fail(Errc::protocol, "PROXY header: " + why);
}

// The address as it is usually written, or nothing.
std::string usual(int family, const void* octets) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, octets, text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string read_address(int family, std::string_view text) {
    std::array<unsigned char, 16> octets{};
    const std::string whole(text);
    // A zone or an embedded NUL is no address.
    if (whole.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) return "";
    return inet_pton(family, whole.c_str(), octets.data()) == 1 ? usual(family, octets.data()) : "";
}

// 0 to 65535 without a leading zero.
std::optional<std::uint16_t> read_port(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number > 65535 || text.size() > 5 || (text.size() > 1 && text[0] == '0'))
        return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

// "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP source-port SP destination-port CRLF / "PROXY UNKNOWN" ... CRLF
Result<ProxyHeader> parse_text(std::string_view received) {
    ProxyHeader header;
    if (received.size() < kShortestText) {
        header.wants = kShortestText - received.size();
        return header;
    }
    if (!received.ends_with("\r\n")) {
        if (received.size() >= kProxyHeaderV1) return bad("longer than 107 octets");
        if (received.find('\n') != std::string_view::npos) return bad("a bare LF");
        header.wants = received.back() == '\r' ? 1 : 2;
        header.wants = std::min(header.wants, kProxyHeaderV1 - received.size());
        return header;
    }
    const std::string_view line = received.substr(0, received.size() - 2);
    if (line.find_first_of("\r\n") != std::string_view::npos) return bad("a bare CR or LF");
    const auto words = ascii::split(line, ' ');
    if (words[1] == "UNKNOWN") return header;
    const int family = words[1] == "TCP4" ? AF_INET : words[1] == "TCP6" ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC || words.size() != 6) return bad("not TCP4, TCP6 or UNKNOWN as it should be");
    header.address = read_address(family, words[2]);
    const auto port = read_port(words[4]);
    if (header.address.empty() || read_address(family, words[3]).empty()) return bad("not an address");
    if (!port || !read_port(words[5])) return bad("not a port");
    header.port = *port;
    header.proxied = true;
    return header;
}

std::size_t number16(std::string_view octets) {
    return static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U |
           static_cast<unsigned char>(octets[1]);
}

Result<ProxyHeader> parse_binary(std::string_view received) {
    ProxyHeader header;
    if (received.size() < kBinaryStart) {
        header.wants = kBinaryStart - received.size();
        return header;
    }
    const auto version_command = static_cast<unsigned char>(received[12]);
    const auto family_protocol = static_cast<unsigned char>(received[13]);
    const std::size_t length = number16(received.substr(14));
    if (version_command != 0x20 && version_command != 0x21) return bad("not version 2, or not a command of it");
    if (kBinaryStart + length > kProxyHeaderV2) return bad("longer than 4096 octets");
    if (received.size() < kBinaryStart + length) {
        header.wants = kBinaryStart + length - received.size();
        return header;
    }
    if (received.size() > kBinaryStart + length) return bad("more octets than it says");
    // LOCAL: whatever the rest says is to be ignored.
    if (version_command == 0x20) return header;
    const bool v6 = family_protocol == 0x21;
    if (!v6 && family_protocol != 0x11) return bad("neither TCP over IPv4 nor over IPv6");
    if (length < (v6 ? kTcp6 : kTcp4)) return bad("shorter than its addresses");
    const std::string_view addresses = received.substr(kBinaryStart);
    header.address = usual(v6 ? AF_INET6 : AF_INET, addresses.data());
    header.port = static_cast<std::uint16_t>(number16(addresses.substr(v6 ? 32 : 8)));
    header.proxied = true;
    return header;
}

}  // namespace

Result<ProxyHeader> parse_proxy_header(std::string_view received) {
    const auto begins = [received](std::string_view mark) {
        return received.substr(0, mark.size()) == mark.substr(0, received.size());
    };
    if (begins(kText)) return parse_text(received);
    if (begins(kBinary)) return parse_binary(received);
    return bad("none where it is required");
}

}  // namespace mailpipe::net
