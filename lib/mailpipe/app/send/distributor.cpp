#include "mailpipe/app/send/distributor.hpp"

#include <algorithm>

#include "mailpipe/app/send/envelope_part.hpp"

namespace mailpipe::app {
namespace {

// A list of people at a thousand domains must not hold a thousand connections.
constexpr std::size_t kOpenTransports = 32;

}  // namespace

Result<Transport*> Distributor::find(const std::string& destination) {
    const auto known = std::find_if(opened_.begin(), opened_.end(),
                                    [&](const Opened& opened) { return opened.destination == destination; });
    if (known != opened_.end()) {
        opened_.splice(opened_.begin(), opened_, known);
        return opened_.front().transport.get();
    }
    auto transport = transports_.open(destination);
    if (!transport) return tl::unexpected(transport.error());
    if (opened_.size() >= kOpenTransports) {
        opened_.back().transport->quit();
        opened_.pop_back();
    }
    opened_.push_front({destination, std::move(*transport)});
    return opened_.front().transport.get();
}

Result<void> Distributor::open(const std::string& destination) {
    if (auto transport = find(destination); !transport) return tl::unexpected(transport.error());
    return {};
}

std::vector<Share> Distributor::submit(const smtp::Envelope& envelope, OutgoingText& text) {
    std::vector<std::string> destinations;
    std::vector<Share> shares;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const std::string destination = transports_.destination(envelope.recipients[i]);
        const auto known = std::find(destinations.begin(), destinations.end(), destination);
        const auto index = static_cast<std::size_t>(known - destinations.begin());
        if (known == destinations.end()) {
            destinations.push_back(destination);
            shares.emplace_back();
        }
        shares[index].recipients.push_back(i);
    }
    for (std::size_t i = 0; i < shares.size(); ++i) {
        is_last_share_ = i + 1 == shares.size();
        if (shares.size() == 1) {
            run(envelope, text, destinations[i], shares[i]);
        } else {
            run(envelope_part(envelope, shares[i].recipients), text, destinations[i], shares[i]);
        }
    }
    return shares;
}

void Distributor::run(const smtp::Envelope& envelope, OutgoingText& text, const std::string& destination,
                      Share& share) {
    share.server = destination;
    auto transport = find(destination);
    if (!transport) {
        share.finished = tl::unexpected(transport.error());
        return;
    }
    share.tried = !(*transport)->given_up();
    (*transport)->look_ahead([this, &destination] { return ahead_for(destination); });
    share.finished = (*transport)->submit(envelope, text);
    note(**transport, share);
}

// How it was sent.
void Distributor::note(const Transport& transport, Share& share) {
    if (std::string server = transport.server(); !server.empty()) share.server = std::move(server);
    share.tls = transport.tls_version();
    share.tls_info = transport.tls_info();
    share.times = transport.times();
}

bool Distributor::is_ready_for(const smtp::Envelope& envelope) const {
    if (opened_.empty()) return false;
    const Opened& last = opened_.front();
    return last.transport->is_ready_for(envelope) && is_all_for(envelope, last.destination);
}

SubmitState Distributor::begin(const smtp::Envelope& envelope, OutgoingText& text) {
    begun_ = {};
    begun_.server = opened_.front().destination;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i)
        begun_.recipients.push_back(i);
    is_last_share_ = true;
    Transport& transport = *opened_.front().transport;
    transport.look_ahead([this] { return ahead_for(begun_.server); });
    return transport.begin(envelope, text);
}

std::vector<Share> Distributor::finish() {
    Transport& transport = *opened_.front().transport;
    begun_.finished = transport.finish();
    note(transport, begun_);
    std::vector<Share> shares;
    shares.push_back(std::move(begun_));
    return shares;
}

bool Distributor::is_all_for(const smtp::Envelope& envelope, const std::string& destination) const {
    const auto& recipients = envelope.recipients;
    return std::all_of(recipients.begin(), recipients.end(), [&](const smtp::Mailbox& recipient) {
        return transports_.destination(recipient) == destination;
    });
}

// What is announced to one destination must be the next thing that goes there, and whole.
Ahead Distributor::ahead_for(const std::string& destination) const {
    if (!ahead_ || !is_last_share_) return {};
    const Ahead ahead = ahead_();
    return ahead.envelope == nullptr || is_all_for(*ahead.envelope, destination) ? ahead : Ahead{};
}

void Distributor::quit() {
    for (const Opened& opened : opened_)
        opened.transport->quit();
    opened_.clear();
}

}  // namespace mailpipe::app
