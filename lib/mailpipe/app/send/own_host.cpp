#include "mailpipe/app/send/own_host.hpp"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>

#include "mailpipe/dns/name.hpp"
#include "mailpipe/net/socket.hpp"

namespace mailpipe::app {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return dns::canonical_name(name.data()).value_or("");
}

// As hostname(1) --fqdn: what /etc/hosts or DNS say of the short name.
std::string full_name(const std::string& name) {
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (name.empty() || ::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return name;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    if (list->ai_canonname == nullptr) return name;
    return dns::canonical_name(list->ai_canonname).value_or(name);
}

bool has_domain(const std::string& name) {
    return name.find('.') != std::string::npos;
}

}  // namespace

Result<std::string> qualified_host_name() {
    std::string name = host_name();
    if (!has_domain(name)) name = full_name(name);
    if (has_domain(name) && !name.starts_with("localhost.")) return name;
    return fail(Errc::config,
                "this host has no name with a domain, which mail hosts want in EHLO; say one with --helo");
}

std::vector<std::string> own_host_names() {
    std::vector<std::string> names;
    const std::string name = host_name();
    if (name.empty()) return names;
    names.push_back(name);
    if (const std::string full = full_name(name); full != name) names.push_back(full);
    return names;
}

std::vector<std::string> own_addresses() {
    std::vector<std::string> addresses;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return addresses;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        const int family = one->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        sockaddr_storage storage{};
        std::memcpy(&storage, one->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        const net::SocketPeer own = net::describe(storage);
        if (!own.loopback && !own.address.starts_with("fe80:")) addresses.push_back(own.address);
    }
    return addresses;
}

}  // namespace mailpipe::app
