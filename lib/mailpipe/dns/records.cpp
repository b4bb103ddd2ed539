#include "mailpipe/dns/records.hpp"

#include <arpa/inet.h>

#include <array>
#include <optional>

#include "mailpipe/dns/name.hpp"

namespace mailpipe::dns {
namespace {

std::optional<std::uint16_t> take_number(std::string_view& octets) {
    if (octets.size() < 2) return std::nullopt;
    const auto high = static_cast<unsigned char>(octets[0]);
    const auto low = static_cast<unsigned char>(octets[1]);
    octets.remove_prefix(2);
    return static_cast<std::uint16_t>(high << 8U | low);
}

Fail malformed(Type type) {
    return fail(Errc::data, "a malformed " + std::string(type_name(type)) + " record");
}

Result<std::string> whole_name(std::string_view rdata, Type type) {
    auto name = take_wire_name(rdata);
    if (name && !rdata.empty()) return malformed(type);
    return name;
}

}  // namespace

std::string_view type_name(Type type) {
    switch (type) {
        case Type::a:
            return "A";
        case Type::cname:
            return "CNAME";
        case Type::mx:
            return "MX";
        case Type::txt:
            return "TXT";
        case Type::aaaa:
            return "AAAA";
        case Type::srv:
            return "SRV";
        case Type::tlsa:
            return "TLSA";
    }
    return "";
}

Result<Mx> parse_mx(std::string_view rdata) {
    const auto preference = take_number(rdata);
    if (!preference) return malformed(Type::mx);
    auto exchange = whole_name(rdata, Type::mx);
    if (!exchange) return tl::unexpected(exchange.error());
    return Mx{*preference, std::move(*exchange)};
}

Result<Srv> parse_srv(std::string_view rdata) {
    const auto priority = take_number(rdata);
    const auto weight = take_number(rdata);
    const auto port = take_number(rdata);
    if (!priority || !weight || !port) return malformed(Type::srv);
    auto target = whole_name(rdata, Type::srv);
    if (!target) return tl::unexpected(target.error());
    return Srv{*priority, *weight, *port, std::move(*target)};
}

Result<Tlsa> parse_tlsa(std::string_view rdata) {
    if (rdata.size() < 4) return malformed(Type::tlsa);
    return Tlsa{static_cast<std::uint8_t>(rdata[0]), static_cast<std::uint8_t>(rdata[1]),
                static_cast<std::uint8_t>(rdata[2]), std::string(rdata.substr(3))};
}

Result<std::string> parse_address(Type type, std::string_view rdata) {
    const bool is_v4 = type == Type::a;
    if (rdata.size() != (is_v4 ? sizeof(in_addr) : sizeof(in6_addr))) return malformed(type);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(is_v4 ? AF_INET : AF_INET6, rdata.data(), text.data(), text.size()) == nullptr)
        return malformed(type);
    return std::string(text.data());
}

Result<std::string> parse_name(std::string_view rdata) {
    return whole_name(rdata, Type::cname);
}

Result<std::string> parse_txt(std::string_view rdata) {
    std::string text;
    if (rdata.empty()) return malformed(Type::txt);
    while (!rdata.empty()) {
        const auto length = static_cast<unsigned char>(rdata.front());
        rdata.remove_prefix(1);
        if (rdata.size() < length) return malformed(Type::txt);
        text += rdata.substr(0, length);
        rdata.remove_prefix(length);
    }
    return text;
}

}  // namespace mailpipe::dns
