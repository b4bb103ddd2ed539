#include "mailpipe/app/queue/judge.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::app {
namespace {

class Judge {
 public:
    Judge(const queue::Message& message, const AttemptResult& result, const queue::Schedule& schedule,
          std::uint64_t random)
        : message_(message), result_(result), schedule_(schedule), random_(random) {}

    std::vector<queue::Event> events() {
        for (std::size_t i = 0; i < result_.recipients.size(); ++i) {
            queue::Attempt attempt =
                result_.finished ? of_reply(*result_.finished, i) : of_error(result_.finished.error());
            attempt.time = result_.time;
            attempt.server = result_.server;
            attempt.tls = result_.tls;
            const std::uint32_t recipient = result_.recipients[i];
            if (attempt.outcome == queue::Outcome::deferred) {
                defer(attempt, recipient);
            } else if (attempt.outcome == queue::Outcome::delivered && ends_reports(recipient)) {
                attempt.outcome = queue::Outcome::relayed;
                attempt.in_mailbox = result_.finished->in_mailbox;
            }
            add(std::move(attempt), recipient);
        }
        return std::move(events_);
    }

 private:
    // No server was asked about any recipient.
    queue::Attempt of_error(const Error& error) const {
        queue::Attempt attempt;
        attempt.text = error.message;
        if (error.reply) {
            attempt.code = error.reply->code;
            attempt.enhanced = error.reply->enhanced;
            attempt.text = error.reply->text;
        }
        const bool is_final =
            error.kind == Errc::no_host || error.kind == Errc::permanent || error.kind == Errc::no_user;
        if (is_final && result_.by_domain) attempt.outcome = queue::Outcome::failed;
        // A text that cannot be sent is not mended by waiting.
        if (error.kind == Errc::data || error.kind == Errc::limit) attempt.outcome = queue::Outcome::failed;
        if (attempt.enhanced.empty()) {
            attempt.enhanced = attempt.outcome == queue::Outcome::deferred ? "4.4.1"
                               : error.kind == Errc::no_host               ? "5.1.2"
                                                                           : "5.4.4";
        }
        return attempt;
    }

    queue::Attempt of_reply(const smtp::Finished& finished, std::size_t index) const {
        const smtp::RecipientResult& recipient = finished.recipients[index];
        // A limit, or an extension that is missing: nothing was sent.
        if (recipient.reply.code == 0) {
            queue::Attempt attempt;
            if (!finished.error) return attempt;
            attempt.text = finished.error->message;
            const bool is_final =
                finished.error->kind != Errc::temporary && finished.error->kind != Errc::protocol;
            attempt.outcome = is_final ? queue::Outcome::failed : queue::Outcome::deferred;
            attempt.enhanced = !is_final                                   ? "4.4.2"
                               : finished.error->kind == Errc::unsupported ? "5.6.3"
                                                                           : "5.3.4";
            return attempt;
        }
        const ServerReply reply = smtp::to_server_reply(recipient.reply);
        queue::Attempt attempt;
        attempt.code = reply.code;
        attempt.enhanced = reply.enhanced;
        attempt.text = reply.text;
        attempt.outcome = recipient.accepted  ? queue::Outcome::delivered
                          : reply.code >= 500 ? queue::Outcome::failed
                                              : queue::Outcome::deferred;
        return attempt;
    }

    // The sender asked to be told of the delivery, and nobody else will (RFC 3461 sections 5.2.2 and 5.2.3).
    bool ends_reports(std::uint32_t recipient) const {
        const auto& options = message_.submission().envelope.recipient_options;
        const bool asked =
            recipient < options.size() && options[recipient].notify && options[recipient].notify->success;
        const auto& not_taken = result_.finished->not_taken;
        return asked && (result_.finished->in_mailbox ||
                         std::find(not_taken.begin(), not_taken.end(), "DSN") != not_taken.end());
    }

    void defer(queue::Attempt& attempt, std::uint32_t recipient) const {
        const queue::Submission& submission = message_.submission();
        std::uint64_t end = std::uint64_t{submission.arrived} + schedule_.lifetime;
        if (submission.envelope.by && submission.envelope.by->returned && submission.envelope.by->seconds > 0) {
            const std::uint64_t by =
                submission.arrived + static_cast<std::uint64_t>(submission.envelope.by->seconds);
            end = std::min(end, by);
        }
        if (attempt.time >= end) {
            attempt.outcome = queue::Outcome::failed;
            return;
        }
        const std::uint32_t attempts = message_.recipients()[recipient].attempts + 1;
        const std::uint64_t next =
            std::uint64_t{attempt.time} + queue::retry_delay(schedule_, attempts, random_);
        // The last attempt is at the end and not hours behind it.
        attempt.due = static_cast<std::uint32_t>(std::min(next, end));
    }

    void add(queue::Attempt attempt, std::uint32_t recipient) {
        const auto same = std::find_if(events_.begin(), events_.end(), [&attempt](const queue::Event& event) {
            return event.attempt == attempt;
        });
        if (same != events_.end()) return same->recipients.push_back(recipient);
        queue::Event event;
        event.time = attempt.time;
        event.recipients = {recipient};
        event.attempt = std::move(attempt);
        events_.push_back(std::move(event));
    }

    const queue::Message& message_;
    const AttemptResult& result_;
    const queue::Schedule& schedule_;
    std::uint64_t random_;
    std::vector<queue::Event> events_;
};

}  // namespace

std::vector<queue::Event> judge(const queue::Message& message, const AttemptResult& result,
                                const queue::Schedule& schedule, std::uint64_t random) {
    return Judge(message, result, schedule, random).events();
}

}  // namespace mailpipe::app
