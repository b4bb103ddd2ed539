#include "mailpipe/app/send/outcome_log.hpp"

#include <algorithm>

#include "mailpipe/app/send/explanation.hpp"
#include "mailpipe/base/exit_status.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kNamedRecipients = 3;

// "a@x, b@x, c@x and 7 more"
std::string name_recipients(const std::vector<const smtp::RecipientResult*>& results) {
    std::string text;
    for (std::size_t i = 0; i < results.size() && i < kNamedRecipients; ++i) {
        if (i > 0) text += ", ";
        text += results[i]->recipient.encode();
    }
    if (results.size() > kNamedRecipients) {
        text += " and " + std::to_string(results.size() - kNamedRecipients) + " more";
    }
    return text;
}

// The first message is usually the only one: only the others are counted.
std::string prefix_of(const QueuedMessage& message) {
    return message.number > 1 ? "message " + std::to_string(message.number) + ": " : "";
}

std::string why(const Share& share) {
    return (share.tried ? "" : "not tried: ") + share.finished.error().message;
}

bool nothing_accepted(const Receipt& receipt) {
    return std::none_of(receipt.recipients.begin(), receipt.recipients.end(),
                        [](const RecipientReport& report) { return report.result.accepted; });
}

void fill(const Share& share, const smtp::Envelope& envelope, Receipt& receipt) {
    for (std::size_t i = 0; i < share.recipients.size(); ++i) {
        const std::size_t index = share.recipients[i];
        RecipientReport& report = receipt.recipients[index];
        report.server = share.server;
        report.tls = share.tls;
        if (share.finished) {
            report.result = share.finished->recipients[i];
            report.not_taken = share.finished->not_taken;
        } else {
            report.result = {envelope.recipients[index], smtp::Reply{0, "", {""}}, false};
        }
        if (report.result.accepted || report.result.reply.code != 0) continue;
        if (!share.finished) report.error = why(share);
        if (share.finished && share.finished->error) report.error = share.finished->error->message;
    }
}

void add_explanations(Receipt& receipt) {
    for (RecipientReport& report : receipt.recipients) {
        if (report.result.accepted) continue;
        const smtp::Reply& reply = report.result.reply;
        if (reply.code >= 400)
            report.explanation =
                explain(Error{smtp::reply_kind(reply), "refused", smtp::to_server_reply(reply)});
        else if (receipt.error)
            report.explanation = explain(*receipt.error);
    }
}

}  // namespace

OutcomeLog::OutcomeLog(const SendOptions& options, std::string server, Diagnostics& diagnostics,
                       Progress& progress)
    : options_(options),
      server_(std::move(server)),
      diagnostics_(diagnostics),
      progress_(progress),
      receipts_(options.common) {}

bool OutcomeLog::record(const QueuedMessage& message, const std::vector<Share>& shares,
                        std::chrono::duration<double> seconds) {
    ++recorded_;
    progress_.end_message();
    Receipt receipt;
    receipt.server = server_;
    receipt.ref = message.ref;
    receipt.message = &message.message;
    receipt.seconds = seconds;
    receipt.stopped_after = options_.stop_after;
    receipt.recipients.resize(message.message.envelope().recipients.size());
    for (const Share& share : shares)
        fill(share, message.message.envelope(), receipt);
    if (!shares.empty() && (options_.common.trace || options_.stop_after)) {
        receipt.tls_info = shares.back().tls_info;
        receipt.times = shares.back().times;
    }
    for (const Share& share : shares)
        judge(share, message, receipt);
    if (options_.explain) add_explanations(receipt);
    if (message.copy) {
        receipt.copy = message.copy->location;
        if (message.copy->error) {
            receipt.copy_error = message.copy->error->message;
            receipt.status = worse_exit_status(receipt.status, exit_status(message.copy->error->kind));
            diagnostics_.error(receipt.copy, Error{message.copy->error->kind,
                                                   prefix_of(message) + message.copy->error->message});
        }
    }
    return write(receipt);
}

bool OutcomeLog::record_failed(const QueuedMessage& message, std::string_view where) {
    ++recorded_;
    Receipt receipt;
    receipt.server = server_;
    receipt.ref = message.ref;
    report(message.ref.empty() ? where : message.ref, *message.error, message, receipt);
    return write(receipt);
}

void OutcomeLog::error(std::string_view where, const Error& error) {
    const std::lock_guard lock(mutex_);
    diagnostics_.error(where, error);
}

void OutcomeLog::report_not_tried() {
    const std::lock_guard lock(mutex_);
    for (const auto& [server, number] : not_tried_) {
        diagnostics_.error(server, Error{Errc::temporary, std::to_string(number) + " more message" +
                                                              (number == 1 ? "" : "s") + " not tried"});
    }
}

void OutcomeLog::judge(const Share& share, const QueuedMessage& message, Receipt& receipt) {
    if (share.finished) return judge_replies(*share.finished, share.server, message, receipt);
    if (share.tried) return report(share.server, share.finished.error(), message, receipt);
    const Error error{share.finished.error().kind, why(share)};
    receipt.status = worse_exit_status(receipt.status, exit_status(error.kind));
    if (!receipt.error && nothing_accepted(receipt)) receipt.error = error;
    const std::lock_guard lock(mutex_);
    not_tried_[share.server] += 1;
}

// One line for all recipients that were refused with the same reply.
void OutcomeLog::judge_replies(const smtp::Finished& finished, const std::string& server,
                               const QueuedMessage& message, Receipt& receipt) {
    std::vector<std::vector<const smtp::RecipientResult*>> refused;
    std::map<std::pair<int, std::string>, std::size_t> groups;
    for (const smtp::RecipientResult& result : finished.recipients) {
        // Where the run stops early, nothing that was not refused went wrong.
        if (result.accepted || (options_.stop_after && result.reply.code < 400 && !finished.error)) continue;
        const auto key = std::pair(result.reply.code, smtp::to_server_reply(result.reply).text);
        const auto [group, is_first] = groups.try_emplace(key, refused.size());
        if (is_first) refused.emplace_back();
        refused[group->second].push_back(&result);
    }
    std::optional<Error> error = finished.error;
    if (error && !receipt.error && nothing_accepted(receipt)) receipt.error = error;
    if (error && refused.size() <= 1) {
        if (!refused.empty() && refused[0][0]->reply.code != 0) {
            error->message = name_recipients(refused[0]) + ": " + error->message;
        }
        return report(server, *error, message, receipt);
    }
    for (const auto& group : refused) {
        const smtp::Reply& reply = group[0]->reply;
        if (reply.code == 0) {
            const Errc kind = error ? error->kind : Errc::temporary;
            report(server, Error{kind, name_recipients(group) + ": " + reply.lines[0]}, message, receipt);
            continue;
        }
        report(
            server,
            Error{smtp::reply_kind(reply), name_recipients(group) + " refused", smtp::to_server_reply(reply)},
            message, receipt);
    }
}

void OutcomeLog::report(std::string_view where, Error error, const QueuedMessage& message, Receipt& receipt) {
    receipt.status = worse_exit_status(receipt.status, exit_status(error.kind));
    if (!receipt.error && nothing_accepted(receipt)) receipt.error = error;
    error.message = prefix_of(message) + error.message;
    const std::lock_guard lock(mutex_);
    diagnostics_.error(where, error);
    if (!options_.explain) return;
    if (const std::string advice = explain(error); !advice.empty()) diagnostics_.note("", advice);
}

// All threads meet here: what takes time is done before.
bool OutcomeLog::write(const Receipt& receipt) {
    const std::string line = receipts_.line(receipt);
    const std::lock_guard lock(mutex_);
    progress_.clear();
    auto written = receipts_.write(line);
    if (!written) diagnostics_.error("", written.error());
    return written.has_value();
}

}  // namespace mailpipe::app
