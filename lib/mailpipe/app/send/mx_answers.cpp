#include "mailpipe/app/send/mx_answers.hpp"

#include <algorithm>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

bool is_settled(const std::optional<smtp::RecipientResult>& result) {
    if (!result) return false;
    return result->accepted || result->reply.code < 400 || result->reply.code >= 500;
}

}  // namespace

bool MxTransport::Answers::settled() const {
    return std::all_of(results_.begin(), results_.end(), is_settled);
}

smtp::Envelope MxTransport::Answers::remaining() const {
    smtp::Envelope part = envelope_;
    part.recipients.clear();
    part.recipient_options.clear();
    for (std::size_t i = 0; i < results_.size(); ++i) {
        if (is_settled(results_[i])) continue;
        part.recipients.push_back(envelope_.recipients[i]);
        if (!envelope_.recipient_options.empty())
            part.recipient_options.push_back(envelope_.recipient_options[i]);
    }
    return part;
}

void MxTransport::Answers::take(const smtp::Finished& finished) {
    answered_ = true;
    refusal_ = finished.error;
    not_taken_ = finished.not_taken;
    std::size_t next = 0;
    for (auto& result : results_) {
        if (!is_settled(result) && next < finished.recipients.size()) result = finished.recipients[next++];
    }
}

void MxTransport::Answers::note(const std::string& host, Error error) {
    switch (error.kind) {
        case Errc::tls:
        case Errc::protocol:
        case Errc::unsupported:
        case Errc::limit:
            error.kind = Errc::temporary;
            break;
        default:
            break;
    }
    temporary_ = temporary_ || error.kind == Errc::temporary;
    failures_ += 1;
    if (!host.empty()) error.message = host + ": " + error.message;
    if (!first_) first_ = std::move(error);
}

bool MxTransport::Answers::count_attempt() {
    attempts_ += 1;
    if (attempts_ <= limits::kMxAddresses) return true;
    note("", Error{Errc::temporary, "more addresses than kMxAddresses (20) were not asked"});
    return false;
}

Error MxTransport::Answers::failure() const {
    Error error = first_.value_or(Error{Errc::temporary, "no host was asked"});
    if (temporary_) error.kind = Errc::temporary;
    if (failures_ > 1) {
        error.message +=
            " (and " + std::to_string(failures_ - 1) + " more of its mail hosts' addresses failed)";
    }
    return error;
}

Result<smtp::Finished> MxTransport::Answers::finish() const {
    if (!answered_) return tl::unexpected(failure());
    smtp::Finished finished;
    bool any = false;
    for (std::size_t i = 0; i < results_.size(); ++i) {
        const std::string why = results_[i] ? "" : failure().message;
        finished.recipients.push_back(results_[i].value_or(
            smtp::RecipientResult{envelope_.recipients[i], smtp::Reply{0, "", {why}}, false}));
        any = any || finished.recipients.back().accepted;
    }
    finished.not_taken = not_taken_;
    if (!any) finished.error = refusal_ ? *refusal_ : failure();
    return finished;
}

}  // namespace mailpipe::app
