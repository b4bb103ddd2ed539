#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/location.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app::serve {
namespace {

// A temporary refusal beats a final one: the sender tries again, and whoever has got the message gets it
// twice.
const smtp::Reply& worse(const smtp::Reply& a, const smtp::Reply& b) {
    const auto rank = [](const smtp::Reply& reply) { return reply.code < 400 ? 0 : reply.code < 500 ? 2 : 1; };
    return rank(a) < rank(b) ? b : a;
}

std::string recipient_fields(const TraceInfo& trace, const smtp::Mailbox& mailbox) {
    TraceInfo info = trace;
    info.recipient = mailbox;
    return trace_fields(info);
}

}  // namespace

std::size_t SmtpTransaction::target_of(const std::string& user, const smtp::Mailbox& mailbox) {
    const auto known = std::find_if(targets_.begin(), targets_.end(),
                                    [&user](const Target& target) { return target.user == user; });
    const auto index = static_cast<std::size_t>(known - targets_.begin());
    if (known == targets_.end()) targets_.push_back({user, mailbox});
    return index;
}

std::size_t SmtpTransaction::relay_of(const smtp::Mailbox& reverse_path) {
    const auto known = std::find_if(relays_.begin(), relays_.end(), [&](const smtp::Envelope& relay) {
        return relay.reverse_path == reverse_path;
    });
    const auto index = static_cast<std::size_t>(known - relays_.begin());
    if (known == relays_.end()) {
        relays_.push_back(envelope);
        relays_.back().reverse_path = reverse_path;
    }
    return index;
}

void SmtpTransaction::relay_to(std::size_t relay, const smtp::Mailbox& mailbox,
                               const smtp::RecipientOptions& options) {
    smtp::Envelope& to = relays_[relay];
    if (std::find(to.recipients.begin(), to.recipients.end(), mailbox) != to.recipients.end()) return;
    to.recipients.push_back(mailbox);
    to.recipient_options.push_back(options);
}

void SmtpTransaction::place(Recipient& recipient) {
    for (const std::string& user : recipient.places.users)
        recipient.users.push_back(target_of(user, recipient.mailbox));
    if (recipient.places.elsewhere.empty()) return;
    recipient.relays.push_back(relay_of(recipient.forwarding_path));
    for (const smtp::Mailbox& one : recipient.places.elsewhere)
        relay_to(recipient.relays.back(), one, recipient.options);
}

void SmtpTransaction::add_recipient(const smtp::Mailbox& mailbox, const smtp::RecipientOptions& options,
                                    const Places& places, const smtp::Mailbox& forwarding_path) {
    recipients_.push_back({mailbox, options, places, forwarding_path});
    place(recipients_.back());
}

void SmtpTransaction::add_relayed(const smtp::Mailbox& mailbox, const smtp::RecipientOptions& options) {
    add_recipient(mailbox, options, Places{{}, {mailbox}, false}, envelope.reverse_path);
}

void SmtpTransaction::refuse_recipients(std::vector<std::optional<smtp::Reply>> refusals) {
    targets_.clear();
    relays_.clear();
    for (std::size_t i = 0; i < recipients_.size(); ++i) {
        Recipient& recipient = recipients_[i];
        recipient.users.clear();
        recipient.relays.clear();
        recipient.refused = std::move(refusals.at(i));
        if (!recipient.refused) place(recipient);
    }
}

void SmtpTransaction::begin_body(const std::string& spool_directory, SpoolBudget& budget) {
    message_ = std::make_shared<SpooledMessage>(spool_directory, budget);
}

void SmtpTransaction::append(std::string_view crlf_text) {
    received_.append(crlf_text);
    if (error_) return;
    if (auto kept = message_->append(crlf_text); !kept) error_ = kept.error();
}

void SmtpTransaction::replace(std::shared_ptr<SpooledMessage> lines) {
    message_ = std::move(lines);
    envelope.body = smtp::Body::eight_bit;
    for (smtp::Envelope& relay : relays_)
        relay.body = envelope.body;
}

std::optional<smtp::Reply> SmtpTransaction::verdict() const {
    if (received_.count() > limits::kReceivedFields) {
        return smtp::Reply{
            554, "5.4.6", {"Message loops: it has more than kReceivedFields (50) Received fields"}};
    }
    if (error_) return smtp::reply_for(*error_);
    return std::nullopt;
}

std::vector<std::string> SmtpTransaction::user_names() const {
    std::vector<std::string> names;
    for (const Target& target : targets_)
        names.push_back(target.user);
    return names;
}

Delivery SmtpTransaction::make_delivery(std::shared_ptr<const SpooledMessage> message, const Fields& fields,
                                        const StoreLayout& store) const {
    Delivery delivery;
    delivery.message = std::move(message);
    delivery.reverse_path = envelope.reverse_path;
    delivery.received = (fields.trace ? received_field(*fields.trace) : "") + fields.added;
    for (const auto& target : targets_) {
        const std::string before = fields.trace ? recipient_fields(*fields.trace, target.mailbox)
                                                : "Return-Path: <" + envelope.reverse_path.encode() +
                                                      ">\r\nDelivered-To: " + target.mailbox.encode() + "\r\n";
        delivery.targets.push_back(
            {store.path_of(target.user), before + fields.added, target.user, target.mailbox});
    }
    for (const smtp::Envelope& relayed : relays_) {
        RelayTarget relay;
        relay.envelope = relayed;
        relay.fields = delivery.received;
        relay.envelope.size = relay.fields.size() + delivery.message->size();
        delivery.relays.push_back(std::move(relay));
    }
    return delivery;
}

std::vector<smtp::Reply> SmtpTransaction::replies(const std::vector<Result<Delivered>>& results,
                                                  const std::string& id) const {
    std::vector<smtp::Reply> replies;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = results[i];
        const std::string done = is_relay(i)  ? "Queued, id " + (result ? result->id : "")
                                 : id.empty() ? "Delivered"
                                              : "Delivered, id " + id;
        replies.push_back(result ? smtp::Reply{250, "2.0.0", {done}} : smtp::reply_for(result.error()));
    }
    return replies;
}

std::vector<smtp::Reply> SmtpTransaction::answers(const std::vector<smtp::Reply>& replies, bool lmtp) const {
    std::vector<smtp::Reply> answers;
    for (const auto& recipient : recipients_) {
        std::optional<smtp::Reply> answer = recipient.refused;
        const auto take = [&](std::size_t target) {
            answer = answer ? worse(*answer, replies[target]) : replies[target];
        };
        for (const std::size_t user : recipient.users)
            take(user);
        for (const std::size_t relay : recipient.relays)
            take(targets_.size() + relay);
        if (!answer) answer = smtp::Reply{451, "4.3.0", {"Not delivered"}};
        if (lmtp || answers.empty()) {
            answers.push_back(std::move(*answer));
        } else {
            answers.front() = worse(answers.front(), *answer);
        }
    }
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
    ref.scheme = store.format == store::Format::mbox ? Scheme::mbox : Scheme::maildir;
    ref.path = store.path_of(targets_[target].user);
    if (ref.scheme == Scheme::mbox) {
        ref.mbox_offset = ascii::parse_number(delivered.id);
    } else {
        ref.id = delivered.id;
    }
    return encode(ref);
}

}  // namespace mailpipe::app::serve
