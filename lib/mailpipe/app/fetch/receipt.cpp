#include "mailpipe/app/fetch/receipt.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <utility>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {
namespace {

double rounded(double seconds) {
    return std::round(seconds * 1000) / 1000;
}

std::string encode_counts(email::Json json, const FetchCounts& counts) {
    json["messages"] = counts.messages;
    json["size"] = counts.octets;
    json["skipped"] = counts.skipped;
    json["deleted"] = counts.deleted;
    json["seconds"] = rounded(counts.seconds);
    return email::dump(json) + "\n";
}

std::string describe_counts(const FetchCounts& counts, const std::string& from, bool time) {
    std::string line = std::to_string(counts.messages) + (counts.messages == 1 ? " message (" : " messages (") +
                       readable_size(counts.octets) + ") from " + from;
    if (counts.routed > 0) line += ", " + std::to_string(counts.routed) + " of them by --route";
    if (counts.skipped > 0) line += ", " + std::to_string(counts.skipped) + " skipped";
    if (counts.deleted > 0) line += ", " + std::to_string(counts.deleted) + " deleted there";
    if (time) line += fmt::format(", in {:.1f} s", counts.seconds);
    return line;
}

}  // namespace

std::string encode_receipt(const FetchReceipt& receipt) {
    email::Json json = email::Json::object();
    if (!receipt.ref.empty()) json["ref"] = receipt.ref;
    json["to"] = receipt.to;
    json["size"] = receipt.size;
    if (!receipt.tls.empty()) json["tls"] = receipt.tls;
    if (receipt.seconds >= 0) json["seconds"] = rounded(receipt.seconds);
    return email::dump(json) + "\n";
}

void FetchRunTotals::add(const FetchTotals& source) {
    messages += source.messages;
    octets += source.octets;
    routed += source.routed;
    skipped += source.skipped;
    deleted += source.deleted;
}

std::string encode_summary(const FetchTotals& totals) {
    email::Json json = email::Json::object();
    json["source"] = totals.source;
    return encode_counts(std::move(json), totals);
}

std::string encode_summary(const FetchRunTotals& totals) {
    email::Json json = email::Json::object();
    json["sources"] = totals.sources;
    json["failed"] = totals.failed;
    return encode_counts(std::move(json), totals);
}

std::string describe_summary(const FetchTotals& totals, bool time) {
    return describe_counts(totals, totals.source + " to " + totals.destination, time);
}

std::string describe_summary(const FetchRunTotals& totals, bool time) {
    std::string sources = std::to_string(totals.sources) + (totals.sources == 1 ? " source" : " sources");
    if (totals.failed > 0) sources += " (" + std::to_string(totals.failed) + " with errors)";
    return describe_counts(totals, sources, time);
}

FetchReceipts::FetchReceipts(const CommonOptions& options, Summary summary, bool to_store) {
    if (!to_store) return;
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    const bool jsonl =
        options.output == OutputStyle::jsonl || (options.output == OutputStyle::automatic && !terminal);
    const Style style = jsonl ? Style::jsonl : Style::text;
    if (!options.quiet) style_ = style;
    asked_ = summary == Summary::news || summary == Summary::always;
    // A reader of receipts has not asked for records of another kind, and cron sends by mail what is printed.
    if (asked_ || (summary == Summary::automatic && style_ == Style::text)) summary_ = style;
    only_news_ = summary == Summary::news || (summary == Summary::automatic && !terminal);
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

template <class Totals>
Result<void> FetchReceipts::summarize(const Totals& totals) {
    if (summary_ == Style::none || (only_news_ && !totals.any_news())) return {};
    const std::string text = summary_ == Style::jsonl ? encode_summary(totals)
                                                      : terminal_text(describe_summary(totals, asked_)) + "\n";
    return write_all(STDOUT_FILENO, text, "stdout");
}

Result<void> FetchReceipts::end_source(const FetchTotals& totals) {
    return summarize(totals);
}

Result<void> FetchReceipts::end_run(const FetchRunTotals& totals) {
    // One source has said it all.
    if (!asked_ || (summary_ == Style::text && totals.sources == 1)) return {};
    return summarize(totals);
}

}  // namespace mailpipe::app
