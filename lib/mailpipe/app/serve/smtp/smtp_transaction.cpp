#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"

#include <algorithm>
#include <cstdint>

#include "mailpipe/app/location.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kRelay = SIZE_MAX;  // the target behind all of the users, however many there will be

}  // namespace

void SmtpTransaction::add_recipient(const smtp::Mailbox& mailbox, std::string user) {
    const auto known = std::find_if(targets_.begin(), targets_.end(),
                                    [&user](const Target& target) { return target.user == user; });
    recipients_.push_back({mailbox, static_cast<std::size_t>(known - targets_.begin())});
    if (known == targets_.end()) targets_.push_back({std::move(user), mailbox});
}

void SmtpTransaction::add_relayed(const smtp::Mailbox& mailbox) {
    recipients_.push_back({mailbox, kRelay});
    if (std::find(relayed_.begin(), relayed_.end(), mailbox) == relayed_.end()) relayed_.push_back(mailbox);
}

void SmtpTransaction::begin_body(const std::string& spool_directory, SpoolBudget& budget) {
    message_ = std::make_shared<SpooledMessage>(spool_directory, budget);
}

void SmtpTransaction::append(std::string_view crlf_text) {
    received_.append(crlf_text);
    if (error_) return;
    if (auto kept = message_->append(crlf_text); !kept) error_ = kept.error();
}

std::optional<smtp::Reply> SmtpTransaction::verdict() const {
    if (received_.count() > limits::kReceivedFields) {
        return smtp::Reply{
            554, "5.4.6", {"Message loops: it has more than kReceivedFields (50) Received fields"}};
    }
    if (error_) return smtp::reply_for(*error_);
    return std::nullopt;
}

Delivery SmtpTransaction::make_delivery(TraceInfo info, const StoreLayout& store) const {
    Delivery delivery;
    delivery.message = message_;
    for (const auto& target : targets_) {
        info.recipient = target.mailbox;
        delivery.targets.push_back({store.path_of(target.user), trace_fields(info)});
    }
    if (relayed_.empty()) return delivery;
    RelayTarget relay;
    relay.envelope = envelope;
    relay.envelope.recipients = relayed_;
    relay.envelope.recipient_options.resize(relayed_.size());
    relay.fields = received_field(info);
    relay.envelope.size = relay.fields.size() + message_->size();
    delivery.relay = std::move(relay);
    return delivery;
}

std::vector<smtp::Reply> SmtpTransaction::replies(const std::vector<Result<Delivered>>& results,
                                                  const std::string& id) const {
    std::vector<smtp::Reply> replies;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const std::string done = is_relay(i) ? "Queued, id " : "Delivered, id ";
        replies.push_back(results[i] ? smtp::Reply{250, "2.0.0", {done + (is_relay(i) ? results[i]->id : id)}}
                                     : smtp::reply_for(results[i].error()));
    }
    return replies;
}

std::vector<smtp::Reply> SmtpTransaction::answers(const std::vector<smtp::Reply>& replies, bool lmtp) const {
    std::vector<smtp::Reply> answers;
    if (lmtp) {
        for (const auto& recipient : recipients_)
            answers.push_back(replies[std::min(recipient.target, targets_.size())]);
        return answers;
    }
    // A temporary refusal beats a final one: the sender tries again, and whoever has got the message gets it
    // twice.
    const auto rank = [](const smtp::Reply& reply) { return reply.code < 400 ? 0 : reply.code < 500 ? 2 : 1; };
    answers.push_back(*std::max_element(replies.begin(), replies.end(),
                                        [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); }));
    return answers;
}

void SmtpTransaction::describe(std::size_t target, const smtp::Reply& reply, Json& event) const {
    event["from"] = envelope.reverse_path.encode();
    event["to"] = targets_[target].mailbox.encode();
    event["user"] = targets_[target].user;
    event["reply"] = json_of(reply);
}

std::string SmtpTransaction::ref_of(std::size_t target, const Delivered& delivered,
                                    const StoreLayout& store) const {
    Location ref;
    ref.scheme = Scheme::maildir;
    ref.path = store.path_of(targets_[target].user);
    ref.id = delivered.id;
    return encode(ref);
}

}  // namespace mailpipe::app::serve
