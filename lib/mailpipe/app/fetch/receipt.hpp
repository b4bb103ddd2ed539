#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/error.hpp"

// What mail-fetch --to writes to stdout: a receipt for each message, when it is durable at its destination. As
// JSONL (when asked for, or when stdout is no terminal), one object a line:
//
//   ref      string, ref of the message at its source; absent when the server has no UIDL for it
//   to       string, ref of the message there: "maildir:/abs/box;ID=..." or "mbox:/abs/file;OFFSET=n"
//   size     integer, CRLF octets
//   tls      string, "TLSv1.3"; absent without TLS, and for what an interrupted run had received
//   seconds  number, from the first octet until it was durable; absent for what an interrupted run had received
//
// On a terminal, a line for people for each source instead.
namespace mailpipe::app {

struct FetchReceipt {
    std::string ref;
    std::string to;
    std::uint64_t size = 0;
    std::string tls;
    double seconds = -1;  // negative: not known
};

// What --dry-run says of a message: {"action":"fetch"} with ref and size, or "delete".
struct FetchPlanRecord {
    bool is_deletion = false;
    std::string ref;  // empty: none
    std::uint32_t number = 0;
    std::optional<std::uint64_t> size;
};

struct FetchTotals {
    std::string source;
    std::string destination;
    std::uint64_t messages = 0;
    std::uint64_t octets = 0;
    std::uint64_t deleted = 0;
    std::uint64_t routed = 0;  // of `messages`: to another destination
};

std::string encode_receipt(const FetchReceipt& receipt);  // one line, with its end

class FetchReceipts {
 public:
    FetchReceipts(const CommonOptions& options, bool to_store);
    // Flushed when it returns. Error io.
    Result<void> write(const FetchReceipt& receipt);
    Result<void> write(const FetchPlanRecord& record);
    // "3 messages (1.2 MB) from SOURCE to DEST, 1 of them by --route, 2 deleted there", for people.
    Result<void> end_source(const FetchTotals& totals);

 private:
    enum class Style { none, text, jsonl };
    Style style_ = Style::none;
};

}  // namespace mailpipe::app
