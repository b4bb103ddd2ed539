#include "mailpipe/app/send/tls_policy.hpp"

#include "mailpipe/dns/name.hpp"

namespace mailpipe::app {

Result<TlsDemand> OptionsTlsPolicy::decide(const TlsSubject& subject) const {
    for (const std::string& pattern : required_) {
        if (!dns::matches_domain(subject.hosts.domain, pattern)) continue;
        return TlsDemand{TlsLevel::verify, {subject.host.name}, "--tls-required-for " + pattern};
    }
    if (mode_ == TlsMode::none) return TlsDemand{TlsLevel::none, {}, ""};
    if (mode_ == TlsMode::starttls) return TlsDemand{TlsLevel::verify, {subject.host.name}, "--tls starttls"};
    return TlsDemand{};
}

}  // namespace mailpipe::app
