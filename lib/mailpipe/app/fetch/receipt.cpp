#include "mailpipe/app/fetch/receipt.hpp"

#include <unistd.h>

#include <cmath>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

std::string encode_receipt(const FetchReceipt& receipt) {
    email::Json json = email::Json::object();
    if (!receipt.ref.empty()) json["ref"] = receipt.ref;
    json["to"] = receipt.to;
    json["size"] = receipt.size;
    if (!receipt.tls.empty()) json["tls"] = receipt.tls;
    if (receipt.seconds >= 0) json["seconds"] = std::round(receipt.seconds * 1000) / 1000;
    return email::dump(json) + "\n";
}

FetchReceipts::FetchReceipts(const CommonOptions& options, bool to_store) {
    if (!to_store || options.quiet) return;
    const bool jsonl = options.output == OutputStyle::jsonl ||
                       (options.output == OutputStyle::automatic && ::isatty(STDOUT_FILENO) == 0);
    style_ = jsonl ? Style::jsonl : Style::text;
}

Result<void> FetchReceipts::write(const FetchReceipt& receipt) {
    if (style_ != Style::jsonl) return {};
    return write_all(STDOUT_FILENO, encode_receipt(receipt), "stdout");
}

Result<void> FetchReceipts::write(const FetchPlanRecord& record) {
    if (style_ == Style::none) return {};
    if (style_ == Style::jsonl) {
        email::Json json = email::Json::object();
        if (record.ref.empty()) {
            json["number"] = record.number;
        } else {
            json["ref"] = record.ref;
        }
        json["action"] = record.is_deletion ? "delete" : "fetch";
        if (record.size) json["size"] = *record.size;
        return write_all(STDOUT_FILENO, email::dump(json) + "\n", "stdout");
    }
    std::string line = record.is_deletion ? "would delete " : "would fetch ";
    line += record.ref.empty() ? "message " + std::to_string(record.number) : record.ref;
    if (record.size) line += " (" + readable_size(*record.size) + ")";
    return write_all(STDOUT_FILENO, terminal_text(line) + "\n", "stdout");
}

Result<void> FetchReceipts::end_source(const FetchTotals& totals) {
    if (style_ != Style::text) return {};
    std::string line = std::to_string(totals.messages) + (totals.messages == 1 ? " message (" : " messages (") +
                       readable_size(totals.octets) + ") from " + totals.source + " to " + totals.destination;
    if (totals.routed > 0) line += ", " + std::to_string(totals.routed) + " of them by --route";
    if (totals.deleted > 0) line += ", " + std::to_string(totals.deleted) + " deleted there";
    return write_all(STDOUT_FILENO, terminal_text(line) + "\n", "stdout");
}

}  // namespace mailpipe::app
