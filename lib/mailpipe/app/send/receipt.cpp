#include "mailpipe/app/send/receipt.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/json_writer.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUsualReceipt = 512;

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

void write_text(email::JsonWriter& json, std::string_view key, std::string_view value) {
    json.key(key);
    json.string(value);
}

// Nothing where the value is empty.
void write_if(email::JsonWriter& json, std::string_view key, std::string_view value) {
    if (!value.empty()) write_text(json, key, value);
}

void write_list(email::JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    json.key(key);
    json.begin_array();
    for (const std::string& value : values)
        json.string(value);
    json.end_array();
}

void write_details(email::JsonWriter& json, const Receipt& receipt) {
    if (receipt.tls_info) {
        const net::CertificateInfo& certificate = receipt.tls_info->certificate;
        write_text(json, "cipher", receipt.tls_info->cipher);
        json.key("certificate");
        json.begin_object();
        write_text(json, "subject", certificate.subject);
        write_text(json, "issuer", certificate.issuer);
        write_text(json, "notAfter", certificate.not_after);
        write_text(json, "sha256", certificate.sha256);
        json.end_object();
    }
    if (!receipt.times) return;
    json.key("stages");
    json.begin_object();
    for (std::size_t i = 0; i < StageTimes::kNames.size(); ++i) {
        const auto& taken = receipt.times->seconds()[i];
        if (!taken) continue;
        json.key(StageTimes::kNames[i]);
        json.real(std::round(taken->count() * 1e6) / 1e6);
    }
    json.end_object();
}

void write_recipient(email::JsonWriter& json, const Receipt& receipt, const RecipientReport& report,
                     const std::string& tls) {
    const smtp::RecipientResult& result = report.result;
    json.begin_object();
    write_text(json, "recipient", result.recipient.encode());
    json.key("accepted");
    json.boolean(result.accepted && !receipt.stopped_after);
    if (result.reply.code != 0) {
        json.key("code");
        json.number(static_cast<std::uint64_t>(result.reply.code));
        write_if(json, "enhanced", result.reply.enhanced);
        write_text(json, "text", smtp::to_server_reply(result.reply).text);
    }
    if (report.server != receipt.server) write_if(json, "server", report.server);
    if (tls.empty()) write_if(json, "tls", report.tls);
    write_if(json, "explanation", report.explanation);
    write_list(json, "notTaken", report.not_taken);
    const bool is_told = receipt.error && receipt.error->message == report.error;
    if (!is_told) write_if(json, "error", report.error);
    json.end_object();
}

// By hand, as a mass of messages has a mass of receipts.
std::string to_jsonl(const Receipt& receipt) {
    email::JsonWriter json;
    json.reserve(kUsualReceipt);
    json.begin_object();
    write_text(json, "event", event_name(receipt));
    if (receipt.stopped_after && !receipt.error)
        write_text(json, "stage", StageTimes::kNames.at(1 + static_cast<std::size_t>(*receipt.stopped_after)));
    write_text(json, "server", receipt.server);
    write_if(json, "ref", receipt.ref);
    if (receipt.message != nullptr) {
        write_list(json, "messageId", receipt.message->message_id());
        json.key("size");
        json.number(receipt.message->size());
    }
    json.key("recipients");
    json.begin_array();
    const std::string tls = common_tls(receipt);
    for (const RecipientReport& report : receipt.recipients)
        write_recipient(json, receipt, report, tls);
    json.end_array();
    write_if(json, "tls", tls);
    write_details(json, receipt);
    write_if(json, "copy", receipt.copy);
    write_if(json, "copyError", receipt.copy_error);
    if (receipt.error) write_text(json, "error", receipt.error->message);
    json.key("status");
    json.number(static_cast<std::uint64_t>(receipt.status));
    json.key("seconds");
    json.real(milliseconds(receipt.seconds));
    json.end_object();
    return json.take();
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

std::string ReceiptWriter::line(const Receipt& receipt) const {
    if (style_ == Style::none) return "";
    std::string line = style_ == Style::jsonl ? to_jsonl(receipt) : to_text(receipt);
    // What failed is told on stderr, which people see as well.
    if (!line.empty()) line += '\n';
    return line;
}

Result<void> ReceiptWriter::write(const std::string& line) {
    return write_all(STDOUT_FILENO, line, "stdout");
}

}  // namespace mailpipe::app
