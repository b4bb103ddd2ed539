#include "mailpipe/app/serve/limits/admission.hpp"

#include <arpa/inet.h>

#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kPerAddress = 100;

tl::unexpected<smtp::Reply> refuse(int code, std::string enhanced, std::string text) {
    return tl::unexpected<smtp::Reply>(smtp::Reply{code, std::move(enhanced), {std::move(text)}});
}

// A Unix socket's peers are programs of this host, and all the same.
bool counts(const net::Peer& peer) {
    return !peer.address.empty();
}

}  // namespace

std::string network_of(const std::string& address) {
    std::array<char, 16> octets{};
    if (inet_pton(AF_INET6, address.c_str(), octets.data()) != 1) return address;
    constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
    const std::string_view view(octets.data(), octets.size());
    if (view.starts_with(kMapped)) {
        std::array<char, INET_ADDRSTRLEN> text{};
        inet_ntop(AF_INET, octets.data() + kMapped.size(), text.data(), text.size());
        return text.data();
    }
    return std::string(view.substr(0, 8));
}

Admission::Verdict Admission::connection(const net::Peer& peer, const ServeLimitsOptions& limits,
                                         Clock::time_point now, Admitted& admitted) {
    if (!counts(peer)) return {};
    const std::string network = network_of(peer.address);
    const std::size_t most = limits.max_connections_per_address.value_or(peer.loopback ? 0 : kPerAddress);
    if (!addresses_.take(network, most, admitted.address))
        return refuse(421, "4.7.0", "Too many connections from your address; try again later");
    if (!connections_.take(network, limits.connections_per_address, now))
        return refuse(421, "4.7.0", "Your address connects too often; try again later");
    return {};
}

Admission::Verdict Admission::login(const std::string& user, const ServeLimitsOptions& limits,
                                    Admitted& admitted) {
    if (users_.take(user, limits.max_connections_per_user, admitted.user)) return {};
    return refuse(454, "4.7.0", "Too many connections of this user; try again later");
}

Admission::Verdict Admission::message(const net::Peer& peer, const std::string& user,
                                      const std::string& reverse_path, const ServeLimitsOptions& limits,
                                      Clock::time_point now) {
    if (counts(peer) && !messages_.take(network_of(peer.address), limits.messages_per_address, now))
        return refuse(450, "4.7.1", "Your address sends too many messages; try again later");
    // No user's name has a control character, so that no reverse-path uses up what is a user's.
    const std::string sender = user.empty() ? "\n" + ascii::to_lower(reverse_path) : user;
    if (user.empty() && reverse_path.empty()) return {};
    if (!senders_.take(sender, limits.messages_per_sender, now))
        return refuse(450, "4.7.1", "This sender sends too many messages; try again later");
    return {};
}

}  // namespace mailpipe::app::serve
