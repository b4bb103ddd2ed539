#include "mailpipe/app/serve/access/dnsbl.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mailpipe/dns/name.hpp"

namespace mailpipe::app::serve {
namespace {

// 127.0.0.0/8 is an answer of a list; anything else is a name server that makes answers up.
bool lists(const std::string& rdata) {
    return rdata.size() == 4 && rdata[0] == 127 && rdata.substr(1, 2) != "\xFF\xFF";
}

}  // namespace

std::string reversed_address(const std::string& address) {
    std::array<unsigned char, 16> octets{};
    if (inet_pton(AF_INET, address.c_str(), octets.data()) == 1)
        return fmt::format("{}.{}.{}.{}", octets[3], octets[2], octets[1], octets[0]);
    if (inet_pton(AF_INET6, address.c_str(), octets.data()) != 1) return "";
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(kMapped.begin(), kMapped.end(), octets.begin()))
        return fmt::format("{}.{}.{}.{}", octets[15], octets[14], octets[13], octets[12]);
    std::string name;
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet)
        name += fmt::format("{}{:x}.{:x}", name.empty() ? "" : ".", *octet & 0xFU, *octet >> 4U);
    return name;
}

Result<std::unique_ptr<Dnsbl>> Dnsbl::make(const std::vector<std::string>& zones,
                                           std::unique_ptr<dns::Resolver> resolver) {
    std::vector<std::string> names;
    for (const auto& zone : zones) {
        auto name = dns::canonical_name(zone);
        if (!name) return fail(Errc::usage, "--dnsbl " + zone + ": not a domain name");
        names.push_back(std::move(*name));
    }
    return std::unique_ptr<Dnsbl>(new Dnsbl(std::move(names), std::move(resolver)));
}

std::string Dnsbl::listed_by(const std::string& address) const {
    const std::string reversed = reversed_address(address);
    if (reversed.empty()) return "";
    for (const auto& zone : zones_) {
        const auto answer = resolver_->query(reversed + "." + zone, dns::Type::a);
        if (answer && answer->outcome == dns::Answer::Outcome::records &&
            std::any_of(answer->rdata.begin(), answer->rdata.end(), lists))
            return zone;
    }
    return "";
}

}  // namespace mailpipe::app::serve
