#include "mailpipe/net/network.hpp"

#include <ifaddrs.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailpipe::net {
namespace {

bool is_network(const ifaddrs& interface) {
    constexpr unsigned int kRunning = IFF_UP | IFF_RUNNING;
    if ((interface.ifa_flags & kRunning) != kRunning || (interface.ifa_flags & IFF_LOOPBACK) != 0) return false;
    if (interface.ifa_addr == nullptr) return false;
    if (interface.ifa_addr->sa_family == AF_INET) return true;
    if (interface.ifa_addr->sa_family != AF_INET6) return false;
    // Every interface has one of these, whether it leads anywhere or not.
    return !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr)->sin6_addr);
}

}  // namespace

bool has_network() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return true;
    bool found = false;
    for (const ifaddrs* one = all; one != nullptr && !found; one = one->ifa_next)
        found = is_network(*one);
    ::freeifaddrs(all);
    return found;
}

int open_network_watch() {
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
}

}  // namespace mailpipe::net
