#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/dns/mail_hosts.hpp"

// What TLS must be like between this host and the hosts that take a domain's mail. Each source of such a demand (the
// command line; what the domain publishes) is one TlsPolicy.
namespace mailpipe::app {

enum class TlsLevel {
    none,     // none, though it be offered
    may,      // where it is offered and works; nobody's certificate is looked at (RFC 7435)
    encrypt,  // always; the certificate is not looked at
    verify,   // always, with a certificate for one of the names
};

struct TlsDemand {
    TlsLevel level = TlsLevel::may;
    std::vector<std::string> names;  // of verify; the first is the one of SNI
    std::string reason;              // whose demand it is, for the error: "--tls-required-for example.org"
};

// One host that is about to be asked, with how far DNS can be believed.
struct TlsSubject {
    const dns::MailHosts& hosts;  // of the domain; the security is that of its MX records
    const dns::MailHost& host;
    dns::Security addresses = dns::Security::unknown;
};

class TlsPolicy {
 public:
    virtual ~TlsPolicy() = default;
    // Safe to call from several threads. The error says why this host may not be used at all; the next one is asked.
    virtual Result<TlsDemand> decide(const TlsSubject& subject) const = 0;
};

// By the command line: `mode` is that of --tls (nullopt: may); `required` are domains, or ".DOMAIN" for what is below
// one, for which the MX host must prove its name.
class OptionsTlsPolicy : public TlsPolicy {
 public:
    OptionsTlsPolicy(std::optional<TlsMode> mode, std::vector<std::string> required)
        : mode_(mode), required_(std::move(required)) {}
    Result<TlsDemand> decide(const TlsSubject& subject) const override;

 private:
    std::optional<TlsMode> mode_;
    std::vector<std::string> required_;
};

}  // namespace mailpipe::app
