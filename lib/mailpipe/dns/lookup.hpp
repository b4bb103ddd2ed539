#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailpipe/dns/resolver.hpp"

// Questions with their answers read. Errors: those of Resolver::query(); temporary "DNSSEC ..." for what is bogus;
// protocol when there are records and each of them is malformed (a malformed one among others is left out).
namespace mailpipe::dns {

template <class T>
struct Records {
    std::vector<T> records;  // empty: there are none
    bool no_name = false;    // since the name does not exist
    Security security = Security::unknown;
    std::string name;  // whose they are, behind all CNAMEs
};

Result<Records<Mx>> lookup_mx(Resolver& resolver, const std::string& domain);
Result<Records<Srv>> lookup_srv(Resolver& resolver, const std::string& name);
Result<Records<std::string>> lookup_txt(Resolver& resolver, const std::string& name);
// One that is malformed is an error: to leave it out could make of a host with DANE one without.
Result<Records<Tlsa>> lookup_tlsa(Resolver& resolver, const std::string& name);

struct Families {
    bool ipv4 = true;
    bool ipv6 = true;
};
// IPv6 and IPv4 by turns, so that a family that leads nowhere costs one attempt. An error of one family is none where
// the other has addresses. `security` is the worse of both.
Result<Records<std::string>> lookup_addresses(Resolver& resolver, const std::string& host, Families families);

}  // namespace mailpipe::dns
