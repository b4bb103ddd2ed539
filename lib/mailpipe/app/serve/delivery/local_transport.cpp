#include "mailpipe/app/serve/delivery/local_transport.hpp"

#include <future>
#include <utility>

namespace mailpipe::app::serve {
namespace {

// No domain, and no location either.
constexpr std::string_view kHere = "here/";

}  // namespace

Result<smtp::Finished> LocalTransport::submit(const smtp::Envelope& envelope, OutgoingText& text) {
    const std::shared_ptr<const Config> config = delivery_.config.get();
    auto message = std::make_shared<SpooledMessage>(config->store.root, delivery_.budget);
    text.rewind();
    while (true) {
        auto piece = text.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        if (auto kept = message->append(*piece); !kept) return tl::unexpected(kept.error());
    }
    smtp::Finished finished;
    std::vector<std::size_t> targets;  // the recipient of each
    Delivery delivery;
    for (const smtp::Mailbox& recipient : envelope.recipients) {
        auto user = config->recipients.user_of(recipient, true);
        finished.recipients.push_back({recipient, user ? smtp::Reply{} : user.error(), false});
        if (!user) continue;
        targets.push_back(finished.recipients.size() - 1);
        delivery.targets.push_back(
            {config->store.path_of(*user), "Return-Path: <" + envelope.reverse_path.encode() +
                                               ">\r\nDelivered-To: " + recipient.encode() + "\r\n"});
    }
    if (targets.empty()) return finished;
    delivery.message = std::move(message);
    std::promise<std::vector<Result<Delivered>>> done;
    delivery.done = [&done](std::vector<Result<Delivered>> results) { done.set_value(std::move(results)); };
    delivery_.commits.submit(std::move(delivery));
    const auto results = done.get_future().get();
    for (std::size_t i = 0; i < targets.size(); ++i) {
        smtp::RecipientResult& recipient = finished.recipients[targets[i]];
        recipient.accepted = results[i].has_value();
        recipient.reply =
            results[i] ? smtp::Reply{250, "2.0.0", {"Delivered"}} : smtp::reply_for(results[i].error());
    }
    return finished;
}

std::string LocalTransports::destination(const smtp::Mailbox& recipient) const {
    return delivery_.config.get()->recipients.is_local(recipient) ? std::string(kHere)
                                                                  : others_.destination(recipient);
}

Result<std::unique_ptr<Transport>> LocalTransports::open(const std::string& destination) const {
    if (destination == kHere) return std::make_unique<LocalTransport>(delivery_);
    return others_.open(destination);
}

}  // namespace mailpipe::app::serve
