#include "mailpipe/app/send/receipt.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {
namespace {

std::size_t accepted_count(const Receipt& receipt) {
    return static_cast<std::size_t>(std::count_if(receipt.recipients.begin(), receipt.recipients.end(),
                                                  [](const RecipientReport& r) { return r.result.accepted; }));
}

// Of all recipients, else empty.
std::string common_tls(const Receipt& receipt) {
    const auto& all = receipt.recipients;
    if (all.empty()) return "";
    const bool same = std::all_of(all.begin(), all.end(),
                                  [&](const RecipientReport& report) { return report.tls == all.front().tls; });
    return same ? all.front().tls : "";
}

std::string_view event_name(const Receipt& receipt) {
    if (receipt.stopped_after && !receipt.error) return "stopped";
    const std::size_t accepted = accepted_count(receipt);
    if (accepted == 0) return "failed";
    return accepted == receipt.recipients.size() ? "sent" : "partial";
}

double milliseconds(std::chrono::duration<double> seconds) {
    return std::round(seconds.count() * 1000) / 1000;
}

void add_details(const Receipt& receipt, email::Json& json) {
    if (receipt.tls_info) {
        const net::CertificateInfo& certificate = receipt.tls_info->certificate;
        json["cipher"] = receipt.tls_info->cipher;
        json["certificate"] = {{"subject", certificate.subject},
                               {"issuer", certificate.issuer},
                               {"notAfter", certificate.not_after},
                               {"sha256", certificate.sha256}};
    }
    if (!receipt.times) return;
    json["stages"] = email::Json::object();
    for (std::size_t i = 0; i < StageTimes::kNames.size(); ++i) {
        if (const auto& taken = receipt.times->seconds()[i])
            json["stages"][std::string(StageTimes::kNames[i])] = std::round(taken->count() * 1e6) / 1e6;
    }
}

std::string to_jsonl(const Receipt& receipt) {
    email::Json json;
    json["event"] = event_name(receipt);
    if (receipt.stopped_after && !receipt.error)
        json["stage"] = StageTimes::kNames.at(1 + static_cast<std::size_t>(*receipt.stopped_after));
    json["server"] = receipt.server;
    if (!receipt.ref.empty()) json["ref"] = receipt.ref;
    if (receipt.message != nullptr) {
        if (!receipt.message->message_id().empty()) json["messageId"] = receipt.message->message_id();
        json["size"] = receipt.message->size();
    }
    json["recipients"] = email::Json::array();
    const std::string tls = common_tls(receipt);
    for (const RecipientReport& report : receipt.recipients) {
        const smtp::RecipientResult& result = report.result;
        email::Json entry;
        entry["recipient"] = result.recipient.encode();
        entry["accepted"] = result.accepted && !receipt.stopped_after;
        if (result.reply.code != 0) {
            const ServerReply reply = smtp::to_server_reply(result.reply);
            entry["code"] = reply.code;
            if (!reply.enhanced.empty()) entry["enhanced"] = reply.enhanced;
            entry["text"] = reply.text;
        }
        if (!report.server.empty() && report.server != receipt.server) entry["server"] = report.server;
        if (!report.tls.empty() && tls.empty()) entry["tls"] = report.tls;
        if (!report.explanation.empty()) entry["explanation"] = report.explanation;
        if (!report.not_taken.empty()) entry["notTaken"] = report.not_taken;
        const bool is_told = receipt.error && receipt.error->message == report.error;
        if (!report.error.empty() && !is_told) entry["error"] = report.error;
        json["recipients"].push_back(std::move(entry));
    }
    if (!tls.empty()) json["tls"] = tls;
    add_details(receipt, json);
    if (receipt.error) json["error"] = receipt.error->message;
    json["status"] = receipt.status;
    json["seconds"] = milliseconds(receipt.seconds);
    return email::dump(json);
}

std::string to_text(const Receipt& receipt) {
    std::string text;
    if (receipt.stopped_after && !receipt.error) {
        return "stopped after " +
               std::string(StageTimes::kNames.at(1 + static_cast<std::size_t>(*receipt.stopped_after)));
    }
    for (const RecipientReport& report : receipt.recipients) {
        if (!report.result.accepted) continue;
        text += text.empty() ? "sent to " : ", ";
        text += report.result.recipient.encode();
    }
    if (text.empty()) return "";
    const auto accepted = std::find_if(receipt.recipients.begin(), receipt.recipients.end(),
                                       [](const RecipientReport& r) { return r.result.accepted; });
    text += ": " + smtp::to_server_reply(accepted->result.reply).text;
    return terminal_text(text);
}

}  // namespace

ReceiptWriter::ReceiptWriter(const CommonOptions& options) {
    const bool jsonl = options.output == OutputStyle::jsonl ||
                       (options.output == OutputStyle::automatic && isatty(STDOUT_FILENO) == 0);
    style_ = options.quiet ? Style::none : jsonl ? Style::jsonl : Style::text;
}

Result<void> ReceiptWriter::write(const Receipt& receipt) {
    if (style_ == Style::none) return {};
    const std::string line = style_ == Style::jsonl ? to_jsonl(receipt) : to_text(receipt);
    // What failed is told on stderr, which people see as well.
    if (line.empty()) return {};
    return write_all(STDOUT_FILENO, line + "\n", "stdout");
}

}  // namespace mailpipe::app
