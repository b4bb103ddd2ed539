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

    struct Recipient {
        smtp::Mailbox mailbox;
        std::size_t target = 0;
    };
    void add_recipient(const smtp::Mailbox& mailbox, std::string user);
    void add_relayed(const smtp::Mailbox& mailbox);  // one elsewhere: all of them are one target, the last
    const std::vector<Recipient>& recipients() const { return recipients_; }

    void begin_body(const std::string& spool_directory, SpoolBudget& budget);
    void append(std::string_view crlf_text);  // an error is kept for verdict()
    std::uint64_t body_octets() const { return message_ ? message_->size() : 0; }
    // Why the message is refused as a whole: it loops (554 5.4.6), or it could not be kept.
    std::optional<smtp::Reply> verdict() const;
    const std::optional<Error>& error() const { return error_; }

    // One target a user, and one for those elsewhere. `info` holds all but the recipient.
    Delivery make_delivery(TraceInfo info, const StoreLayout& store) const;
    // One reply a target.
    std::vector<smtp::Reply> replies(const std::vector<Result<Delivered>>& results,
                                     const std::string& id) const;
    // What the peer is told: LMTP one a recipient, SMTP the worst, since a part of the recipients cannot be
    // refused.
    std::vector<smtp::Reply> answers(const std::vector<smtp::Reply>& replies, bool lmtp) const;

    // Whether it is that of the recipients elsewhere.
    bool is_relay(std::size_t target) const { return target == targets_.size(); }
    const std::vector<smtp::Mailbox>& relayed() const { return relayed_; }
    const std::string& user(std::size_t target) const { return targets_[target].user; }
    void describe(std::size_t target, const smtp::Reply& reply, Json& event) const;
    std::string ref_of(std::size_t target, const Delivered& delivered, const StoreLayout& store) const;

 private:
    struct Target {
        std::string user;
        smtp::Mailbox mailbox;  // the first recipient that means the user
    };
    std::vector<Recipient> recipients_;
    std::vector<Target> targets_;
    std::vector<smtp::Mailbox> relayed_;
    std::shared_ptr<SpooledMessage> message_;
    std::optional<Error> error_;
    ReceivedCounter received_;
};

}  // namespace mailpipe::app::serve
