#include "mailpipe/queue/message.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::queue {
namespace {

// kManyDomains unless all recipients are in one domain.
std::uint32_t group_of(const std::vector<smtp::Mailbox>& recipients) {
    const std::string& first = recipients.front().domain;
    const bool one = std::all_of(recipients.begin(), recipients.end(), [&first](const smtp::Mailbox& other) {
        return ascii::equals_ignore_case(other.domain, first);
    });
    return one ? group_of_domain(first) : kManyDomains;
}

}  // namespace

Message::Message(Submission submission, std::uint32_t due)
    : submission_(std::move(submission)),
      recipients_(submission_.envelope.recipients.size()),
      held_(submission_.report_of.has_value()) {
    for (RecipientState& recipient : recipients_)
        recipient.due = due;
}

void Message::apply(const Event& event) {
    switch (event.kind) {
        case Event::Kind::hold:
            held_ = true;
            return;
        case Event::Kind::release:
            held_ = false;
            released_ = true;
            return;
        case Event::Kind::retry:
            held_ = false;
            released_ = true;
            for (RecipientState& recipient : recipients_) {
                if (recipient.is_failed() && !recipient.final_reported) recipient.last.reset();
                if (recipient.is_pending()) recipient.due = event.time;
            }
            return;
        case Event::Kind::attempt:
        case Event::Kind::report:
            break;
    }
    if (event.kind == Event::Kind::report) ++reports_;
    for (const std::uint32_t index : event.recipients) {
        if (index >= recipients_.size()) continue;
        RecipientState& recipient = recipients_[index];
        if (event.kind == Event::Kind::report) {
            (event.report == ReportKind::delayed ? recipient.delay_reported : recipient.final_reported) = true;
        } else if (recipient.is_pending()) {
            recipient.last = event.attempt;
            recipient.due = event.attempt.due;
            ++recipient.attempts;
        }
    }
}

bool Message::wants(std::size_t recipient, ReportKind kind) const {
    const auto& options = submission_.envelope.recipient_options;
    smtp::Notify notify{false, true, true};
    if (recipient < options.size() && options[recipient].notify) notify = *options[recipient].notify;
    switch (kind) {
        case ReportKind::failed:
            return notify.failure;
        case ReportKind::delayed:
            return notify.delay;
        case ReportKind::delivered:
            return notify.success;
    }
    return false;
}

bool Message::is_unreportable() const {
    return submission_.envelope.reverse_path.is_null() || submission_.report_of || submission_.auto_submitted;
}

std::vector<std::uint32_t> Message::to_report(ReportKind kind, const Schedule& schedule) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t i = 0; i < recipients_.size(); ++i) {
        const RecipientState& recipient = recipients_[i];
        // Nobody is told of a delay before a server was asked: to be offline is no fault of anybody's.
        if (!recipient.last || !wants(i, kind)) continue;
        const Outcome outcome = recipient.last->outcome;
        bool is_due = false;
        switch (kind) {
            case ReportKind::failed:
                is_due = outcome == Outcome::failed && !recipient.final_reported;
                break;
            case ReportKind::delayed:
                is_due = outcome == Outcome::deferred && !recipient.delay_reported &&
                         recipient.last->time >= submission_.arrived + schedule.warn_after;
                break;
            case ReportKind::delivered:
                is_due = outcome == Outcome::relayed && !recipient.final_reported;
                break;
        }
        if (is_due) found.push_back(i);
    }
    return found;
}

bool Message::is_done() const {
    if (std::any_of(recipients_.begin(), recipients_.end(),
                    [](const RecipientState& recipient) { return recipient.is_pending(); })) {
        return false;
    }
    if (submission_.report_of) return true;
    return to_report(ReportKind::failed, {}).empty() && to_report(ReportKind::delivered, {}).empty();
}

std::uint32_t Message::due() const {
    std::uint32_t due = kNever;
    if (held_) return due;
    for (const RecipientState& recipient : recipients_) {
        if (recipient.is_pending()) due = std::min(due, recipient.due);
    }
    // What is done but for its report was interrupted there.
    return due == kNever && !is_done() && !is_unreportable() ? 0 : due;
}

std::vector<std::uint32_t> Message::due_recipients(std::uint32_t now) const {
    std::vector<std::uint32_t> found;
    if (held_) return found;
    for (std::uint32_t i = 0; i < recipients_.size(); ++i) {
        if (recipients_[i].is_pending() && recipients_[i].due <= now) found.push_back(i);
    }
    return found;
}

std::vector<std::uint32_t> Message::waiting_recipients(std::uint32_t now) const {
    std::vector<std::uint32_t> found;
    if (held_) return found;
    for (std::uint32_t i = 0; i < recipients_.size(); ++i) {
        const RecipientState& recipient = recipients_[i];
        if (recipient.is_pending() && (recipient.last || recipient.due <= now)) found.push_back(i);
    }
    return found;
}

Entry Message::entry(Id id) const {
    return {id, due(), static_cast<std::int8_t>(submission_.envelope.priority.value_or(0)),
            group_of(submission_.envelope.recipients)};
}

}  // namespace mailpipe::queue
