#include "mailpipe/app/send/mx_transport.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/send/mx_answers.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

dns::Families families_of(net::AddressFamily family) {
    return {family != net::AddressFamily::ipv6, family != net::AddressFamily::ipv4};
}

TlsMode mode_of(TlsLevel level) {
    if (level == TlsLevel::none) return TlsMode::none;
    return level == TlsLevel::may ? TlsMode::may : TlsMode::starttls;
}

}  // namespace

Result<dns::MailHosts> MxTransport::find_hosts() const {
    if (dns::parse_address_literal(domain_)) {
        dns::MailHosts hosts;
        hosts.domain = domain_;
        hosts.hosts.push_back({domain_, 0});
        return hosts;
    }
    auto found = dns::lookup_mx(*settings_->resolver, domain_);
    if (!found) return tl::unexpected(found.error());
    return dns::order_mail_hosts(domain_, *found, settings_->own_names, settings_->choice);
}

// Of all hosts of one preference, so that none of them is asked when one of them is this host.
std::vector<MxTransport::Place> MxTransport::find_places(const dns::MailHosts& hosts, std::uint16_t preference,
                                                         Answers& answers) const {
    std::vector<Place> places;
    const auto& own = settings_->own_addresses;
    for (const dns::MailHost& host : hosts.hosts) {
        if (host.preference != preference) continue;
        dns::Records<std::string> found;
        if (const auto literal = dns::parse_address_literal(host.name)) {
            found.records.push_back(*literal);
        } else {
            auto looked_up = dns::lookup_addresses(*settings_->resolver, host.name,
                                                   families_of(settings_->submitter.client.family));
            if (!looked_up) {
                answers.note(host.name, looked_up.error());
                continue;
            }
            found = std::move(*looked_up);
        }
        if (found.records.empty())
            answers.note(host.name, Error{Errc::no_host, "this mail host has no address"});
        auto demand = settings_->policy->decide({hosts, host, found.security});
        if (!demand) {
            answers.note(host.name, demand.error());
            continue;
        }
        for (const std::string& address : found.records) {
            if (std::find(own.begin(), own.end(), address) != own.end()) {
                dns::MailHosts better = hosts;
                const auto left = dns::leave_out_own(better, preference);
                answers.note("", left ? Error{Errc::temporary, "what is left of its mail hosts is this host"}
                                      : left.error());
                answers.stop();
                return {};
            }
            places.push_back({host, address, *demand});
        }
    }
    return places;
}

Result<smtp::Finished> MxTransport::submit(const smtp::Envelope& envelope, OutgoingText& text) {
    if (given_up_) return tl::unexpected(*given_up_);
    Answers answers(envelope);
    in_doubt_ = false;
    if (submitter_) offer(text, answers);
    if (!answers.over()) {
        auto hosts = find_hosts();
        if (hosts) {
            ask_hosts(std::move(*hosts), text, answers);
        } else {
            answers.note("", hosts.error());
        }
    }
    auto finished = answers.finish();
    if (!finished && !in_doubt_) given_up_ = finished.error();
    return finished;
}

void MxTransport::ask_hosts(dns::MailHosts hosts, OutgoingText& text, Answers& answers) {
    for (std::size_t next = 0; next < hosts.hosts.size() && !answers.over();) {
        const std::uint16_t preference = hosts.hosts[next].preference;
        while (next < hosts.hosts.size() && hosts.hosts[next].preference == preference)
            ++next;
        for (Place& place : find_places(hosts, preference, answers)) {
            if (answers.require_tls() && place.demand.level != TlsLevel::verify)
                place.demand = {TlsLevel::verify, {place.host.name}, "REQUIRETLS"};
            if (!answers.count_attempt()) answers.stop();
            if (answers.over()) return;
            ask(place, text, answers);
        }
    }
}

void MxTransport::ask(const Place& place, OutgoingText& text, Answers& answers) {
    connect(place, place.demand.level);
    const bool tls_failed = offer(text, answers);
    // RFC 7435 section 4: what may be in the clear does not fail for a TLS that is broken.
    if (!tls_failed || place.demand.level != TlsLevel::may || answers.over()) return;
    connect(place, TlsLevel::none);
    offer(text, answers);
}

void MxTransport::connect(const Place& place, TlsLevel level) {
    quit();
    Location location;
    location.scheme = Scheme::smtp;
    location.host = dns::parse_address_literal(place.host.name).value_or(place.host.name);
    location.port = settings_->port;
    SubmitterOptions options = settings_->submitter;
    options.client.tls = mode_of(level);
    options.client.verify = level == TlsLevel::verify;
    options.client.connect_address = place.address;
    options.client.other_names = place.demand.names;
    host_ = place.host.name;
    demanded_by_ = place.demand.reason;
    submitter_ = std::make_unique<Submitter>(std::move(options), std::move(location), progress_);
    // There is no login, and the name of this host was looked at before: nothing can be wrong.
    [[maybe_unused]] const auto prepared = submitter_->prepare();
}

bool MxTransport::offer(OutgoingText& text, Answers& answers) {
    auto finished = submitter_->submit(answers.remaining(), text);
    tls_info_ = submitter_->tls_info();
    times_ = submitter_->times();
    if (finished) {
        server_ = host_;
        answers.take(*finished);
        return false;
    }
    Error error = finished.error();
    in_doubt_ = submitter_->in_doubt();
    const bool tls_failed = submitter_->tls_failed();
    submitter_.reset();
    if ((tls_failed || error.kind == Errc::unsupported) && !demanded_by_.empty())
        error.message += " (" + demanded_by_ + ")";
    const bool is_ours = error.kind == Errc::io || error.kind == Errc::data || error.kind == Errc::config;
    if (in_doubt_ || stop_requested() || is_ours) answers.stop();
    answers.note(host_, std::move(error));
    return tls_failed;
}

void MxTransport::quit() {
    if (submitter_) submitter_->quit();
    submitter_.reset();
}

}  // namespace mailpipe::app
