#include "mailpipe/app/serve/delivery/local_transport.hpp"

#include <ctime>
#include <future>
#include <utility>

#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"

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
    SmtpTransaction transaction;
    smtp::Finished finished;
    finished.in_mailbox = true;
    std::vector<std::size_t> resolved;  // indices into `finished`
    transaction.envelope = envelope;
    transaction.envelope.recipients.clear();
    const std::time_t now = std::time(nullptr);
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const smtp::Mailbox& recipient = envelope.recipients[i];
        auto places = config->recipients.resolve(recipient, true, now);
        finished.recipients.push_back({recipient, places ? smtp::Reply{} : places.error(), false});
        if (!places) continue;
        const bool counts = config->delivery.quota != 0 && config->delivery.deliver.empty();
        if (counts) {
            if (auto refused = quota_refusal(delivery_.quota, *config, places->users, message->size())) {
                finished.recipients.back().reply = std::move(*refused);
                continue;
            }
        }
        resolved.push_back(i);
        // Whether it was delivered is said of this message: not again of one that is forwarded.
        smtp::RecipientOptions options;
        if (!envelope.recipient_options.empty()) options = envelope.recipient_options[i];
        if (options.notify) options.notify->success = false;
        transaction.add_recipient(recipient, options, *places,
                                  places->returns
                                      ? envelope.reverse_path
                                      : config->recipients.forwarding_path(envelope.reverse_path, now));
    }
    if (resolved.empty()) return finished;
    Delivery delivery = transaction.make_delivery(std::move(message), {}, config->store);
    std::promise<std::vector<Result<Delivered>>> done;
    delivery.done = [&done](std::vector<Result<Delivered>> results) { done.set_value(std::move(results)); };
    delivery_.deliverer.submit(std::move(delivery));
    const auto replies = transaction.replies(done.get_future().get(), "");
    const auto answers = transaction.answers(replies, true);
    for (std::size_t i = 0; i < resolved.size(); ++i) {
        smtp::RecipientResult& recipient = finished.recipients[resolved[i]];
        recipient.accepted = answers[i].code < 400;
        recipient.reply = answers[i];
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
