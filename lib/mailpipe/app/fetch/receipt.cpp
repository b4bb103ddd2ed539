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
    ++messages_;
    octets_ += receipt.size;
    if (style_ != Style::jsonl) return {};
    return write_all(STDOUT_FILENO, encode_receipt(receipt), "stdout");
}

Result<void> FetchReceipts::end_source(const std::string& source, const std::string& destination) {
    const std::string line = std::to_string(messages_) + (messages_ == 1 ? " message (" : " messages (") +
                             readable_size(octets_) + ") from " + source + " to " + destination;
    messages_ = 0;
    octets_ = 0;
    if (style_ != Style::text) return {};
    return write_all(STDOUT_FILENO, terminal_text(line) + "\n", "stdout");
}

}  // namespace mailpipe::app
