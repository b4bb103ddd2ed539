#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/delivery/commit_worker.hpp"
#include "mailpipe/app/serve/delivery/spool.hpp"
#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/smtp/trace_fields.hpp"
#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::app::serve {

// One message on its way from MAIL to the replies. A user who is meant by several recipients gets it once.
class SmtpTransaction {
 public:
    smtp::Envelope envelope;  // of MAIL: without recipients
    std::chrono::steady_clock::time_point began{};

    // `forwarding_path`: the reverse-path of what goes elsewhere.
    void add_recipient(const smtp::Mailbox& mailbox, const smtp::RecipientOptions& options,
                       const Places& places, const smtp::Mailbox& forwarding_path);
    // Goes into the queue as it is.
    void add_relayed(const smtp::Mailbox& mailbox, const smtp::RecipientOptions& options);
    std::size_t recipients() const { return recipients_.size(); }
    const std::vector<std::string>& users_of(std::size_t recipient) const {
        return recipients_[recipient].places.users;
    }
    const smtp::Mailbox& recipient(std::size_t number) const { return recipients_[number].mailbox; }
    // One value a recipient: who has a reply does not get it, and answers() says that.
    void refuse_recipients(std::vector<std::optional<smtp::Reply>> refusals);

    void begin_body(const std::string& spool_directory, SpoolBudget& budget);
    void append(std::string_view crlf_text);  // an error is kept for verdict()
    std::uint64_t body_octets() const { return message_ ? message_->size() : 0; }
    // Why the message is refused as a whole: it loops (554 5.4.6), or it could not be kept.
    std::optional<smtp::Reply> verdict() const;
    const std::optional<Error>& error() const { return error_; }
    const std::shared_ptr<SpooledMessage>& message() const { return message_; }
    // What came as BINARYMIME, as lines.
    void replace(std::shared_ptr<SpooledMessage> lines);

    // One target a user, then one for each reverse-path with which it goes elsewhere. `fields` go before the message, behind
    // those of the delivery; `trace` holds all but the recipient, none: the message has been received before.
    struct Fields {
        std::optional<TraceInfo> trace = {};
        std::string added = {};
    };
    Delivery make_delivery(std::shared_ptr<const SpooledMessage> message, const Fields& fields,
                           const StoreLayout& store) const;
    // One reply a target; `id` is what those of users say, empty: nothing.
    std::vector<smtp::Reply> replies(const std::vector<Result<Delivered>>& results,
                                     const std::string& id) const;
    // What the peer is told: LMTP one a recipient, SMTP the worst, since a part of the recipients cannot be
    // refused.
    std::vector<smtp::Reply> answers(const std::vector<smtp::Reply>& replies, bool lmtp) const;

    // Whether it is one of those in the queue.
    bool is_relay(std::size_t target) const { return target >= targets_.size(); }
    const smtp::Envelope& relayed(std::size_t target) const { return relays_[target - targets_.size()]; }
    std::vector<std::string> user_names() const;
    const std::string& user(std::size_t target) const { return targets_[target].user; }
    void describe(std::size_t target, const smtp::Reply& reply, Json& event) const;
    std::string ref_of(std::size_t target, const Delivered& delivered, const StoreLayout& store) const;

 private:
    struct Recipient {
        smtp::Mailbox mailbox;
        smtp::RecipientOptions options;
        Places places;
        smtp::Mailbox forwarding_path;
        std::optional<smtp::Reply> refused = {};
        std::vector<std::size_t> users = {};   // into targets_
        std::vector<std::size_t> relays = {};  // into relays_
    };
    struct Target {
        std::string user;
        smtp::Mailbox mailbox;  // the first recipient that means the user
    };
    void place(Recipient& recipient);
    std::size_t target_of(const std::string& user, const smtp::Mailbox& mailbox);
    std::size_t relay_of(const smtp::Mailbox& reverse_path);
    void relay_to(std::size_t relay, const smtp::Mailbox& mailbox, const smtp::RecipientOptions& options);

    std::vector<Recipient> recipients_;
    std::vector<Target> targets_;
    std::vector<smtp::Envelope> relays_;
    std::shared_ptr<SpooledMessage> message_;
    std::optional<Error> error_;
    ReceivedCounter received_;
};

}  // namespace mailpipe::app::serve
