#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/dns/records.hpp"

// Questions to the Domain Name System. The name servers of resolv.conf do the recursion (libunbound as their stub);
// search lists and /etc/hosts are not looked at, since mail goes by what everybody sees.
namespace mailpipe::dns {

// DNSSEC. unknown: nothing was validated, as no trust anchor is set. insecure: proved to be unsigned.
enum class Security { unknown, insecure, secure, bogus };

struct Answer {
    // no_data: the name exists and has no such record. no_name: NXDOMAIN. bogus: the signatures are wrong, and nothing
    // that was answered may be believed.
    enum class Outcome { records, no_data, no_name, bogus };
    Outcome outcome = Outcome::no_data;
    Security security = Security::unknown;  // of the records or of their absence
    std::string name;                       // whose records they are, behind all CNAMEs; canonical
    std::vector<std::string> rdata;         // at most limits::kDnsRecords
    std::string problem;                    // bogus: why
};

class Resolver {
 public:
    virtual ~Resolver() = default;
    // `name` is canonical (dns/name.hpp). Safe to call from several threads; answers are kept as long as their TTL says.
    // Errors: temporary for SERVFAIL, REFUSED, no answer in time and "interrupted"; usage for what is no name; limit.
    virtual Result<Answer> query(const std::string& name, Type type) = 0;
};

struct ResolverOptions {
    std::string server;                         // "ADDRESS" or "ADDRESS@PORT"; empty: those of /etc/resolv.conf
    std::string trust_anchor_file;              // DS or DNSKEY records; empty: nothing is validated
    std::chrono::milliseconds timeout{30'000};  // of one question with all its repetitions
    std::function<bool()> stop_requested;       // looked at twice a second; may be empty
};

// Errors: usage for a server that is no address; config for a file that cannot be used.
Result<std::unique_ptr<Resolver>> make_resolver(ResolverOptions options);

}  // namespace mailpipe::dns
