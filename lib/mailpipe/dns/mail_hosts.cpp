#include "mailpipe/dns/mail_hosts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::dns {
namespace {

Fail no_mail(Errc kind, std::string message, std::string enhanced) {
    return fail(kind, std::move(message), ServerReply{0, std::move(enhanced), ""});
}

void shuffle(std::vector<MailHost>& hosts, std::size_t begin, std::size_t end, const Choice& choice) {
    for (std::size_t count = end - begin; count > 1; --count)
        std::swap(hosts[begin + count - 1], hosts[begin + choice(count)]);
}

void arrange(std::vector<MailHost>& hosts, const Choice& choice) {
    const auto better = [](const MailHost& a, const MailHost& b) { return a.preference < b.preference; };
    std::stable_sort(hosts.begin(), hosts.end(), better);
    std::vector<MailHost> once;
    for (MailHost& host : hosts) {
        const bool known = std::any_of(once.begin(), once.end(),
                                       [&](const MailHost& other) { return other.name == host.name; });
        if (!known) once.push_back(std::move(host));
    }
    hosts = std::move(once);
    for (std::size_t begin = 0; begin < hosts.size();) {
        std::size_t end = begin;
        while (end < hosts.size() && hosts[end].preference == hosts[begin].preference)
            ++end;
        shuffle(hosts, begin, end, choice);
        begin = end;
    }
}

}  // namespace

Result<MailHosts> order_mail_hosts(const std::string& domain, const Records<Mx>& found,
                                   const std::vector<std::string>& own_names, const Choice& choice) {
    if (found.no_name) return no_mail(Errc::no_host, "no such domain: " + domain, "5.1.2");
    MailHosts result;
    result.domain = domain;
    result.security = found.security;
    result.implicit = found.records.empty();
    if (result.implicit) {
        // RFC 5321 section 5.1: as if it had an MX of preference 0 that names the domain, behind its CNAME.
        result.hosts.push_back({found.name.empty() ? domain : found.name, 0});
    }
    for (const Mx& record : found.records) {
        if (record.exchange != ".") result.hosts.push_back({record.exchange, record.preference});
    }
    if (result.hosts.empty()) {
        return no_mail(Errc::permanent, domain + " takes no mail, says its null MX (RFC 7505)", "5.1.10");
    }
    arrange(result.hosts, choice);
    for (const MailHost& host : result.hosts) {
        if (std::find(own_names.begin(), own_names.end(), host.name) == own_names.end()) continue;
        if (auto left = leave_out_own(result, host.preference); !left) return tl::unexpected(left.error());
        break;
    }
    return result;
}

Result<void> leave_out_own(MailHosts& hosts, std::uint16_t preference) {
    std::erase_if(hosts.hosts, [&](const MailHost& host) { return host.preference >= preference; });
    if (!hosts.hosts.empty()) return {};
    return no_mail(
        Errc::permanent,
        "mail for " + hosts.domain + " loops back to this host, which is its best MX; name a server for it",
        "5.4.6");
}

std::optional<std::string> parse_address_literal(std::string_view domain) {
    if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
    std::string_view inner = domain.substr(1, domain.size() - 2);
    constexpr std::string_view kTag = "IPv6:";
    int family = AF_INET;
    if (ascii::starts_with_ignore_case(inner, kTag)) {
        inner.remove_prefix(kTag.size());
        family = AF_INET6;
    }
    const std::string address(inner);
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    if (address.find('\0') != std::string::npos || inet_pton(family, address.c_str(), octets.data()) != 1)
        return std::nullopt;
    return ascii::to_lower(address);
}

}  // namespace mailpipe::dns
