#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/dns/lookup.hpp"

// The hosts that take mail for a domain (RFC 5321 section 5.1). Pure: what DNS says and chance come in as arguments.
namespace mailpipe::dns {

struct MailHost {
    std::string name;  // canonical
    std::uint16_t preference = 0;
    bool operator==(const MailHost&) const = default;
};

struct MailHosts {
    std::string domain;           // that was asked for
    std::vector<MailHost> hosts;  // in the order to try; never empty
    bool implicit = false;        // no MX: the domain itself
    Security security = Security::unknown;
};

// A number below its argument, which is not 0.
using Choice = std::function<std::size_t(std::size_t)>;

// By preference; hosts of the same one in an order by chance; a host that is named twice stands where it is better.
// Those that are as good as a host in `own_names` (canonical) or worse are left out, that one with them. Errors: no_host
// for a domain that does not exist; permanent for the null MX of RFC 7505, and when nothing is left but this host.
// What the enhanced status code is, stands in the error's reply, which has no code of its own.
Result<MailHosts> order_mail_hosts(const std::string& domain, const Records<Mx>& found,
                                   const std::vector<std::string>& own_names, const Choice& choice);

// For a host of `preference` that turned out to be this one: takes away what is as good or worse. The same error.
Result<void> leave_out_own(MailHosts& hosts, std::uint16_t preference);

// "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3) as the address; nullopt for what is none.
std::optional<std::string> parse_address_literal(std::string_view domain);

}  // namespace mailpipe::dns
