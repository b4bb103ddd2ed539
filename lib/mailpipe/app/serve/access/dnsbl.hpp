#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mailpipe/dns/resolver.hpp"

namespace mailpipe::app::serve {

// Lists of addresses in the DNS that mail is not taken from (RFC 5782).
class Dnsbl {
 public:
    // `zones`: "zen.example.org". Errors: usage for what is no zone.
    static Result<std::unique_ptr<Dnsbl>> make(const std::vector<std::string>& zones,
                                               std::unique_ptr<dns::Resolver> resolver);

    // The first zone that lists the address; empty: none does. Blocks, but for no longer than the resolver's timeout for
    // each zone. A list that does not answer, or says 127.255.255.0/24 (that it will not), lists nobody.
    std::string listed_by(const std::string& address) const;

 private:
    Dnsbl(std::vector<std::string> zones, std::unique_ptr<dns::Resolver> resolver)
        : zones_(std::move(zones)), resolver_(std::move(resolver)) {}

    std::vector<std::string> zones_;
    std::unique_ptr<dns::Resolver> resolver_;
};

// The name under a zone: "7.2.0.192" and for IPv6 its 32 nibbles, the last first. Empty for what is no address.
std::string reversed_address(const std::string& address);

}  // namespace mailpipe::app::serve
