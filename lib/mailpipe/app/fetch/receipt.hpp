#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "mailpipe/app/fetch/fetch.hpp"
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
// On a terminal, a line for people for each source instead. With --summary also, at the end of each source and of the
// run,
//
//   source   string, URL of the source; or, of all,
//   sources  integer, how many there were, and
//   failed   integer, how many of them had errors
//   messages integer, delivered
//   size     integer, their octets
//   skipped  integer, not to be had or not taken, now or earlier, and not tried again yet
//   deleted  integer, from the server
//   seconds  number, that it took
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

struct FetchCounts {
    std::uint64_t messages = 0;
    std::uint64_t octets = 0;
    std::uint64_t routed = 0;  // of `messages`: to another destination
    std::uint64_t skipped = 0;
    std::uint64_t deleted = 0;
    double seconds = 0;

    bool any_news() const { return messages > 0 || deleted > 0; }
};

struct FetchTotals : FetchCounts {
    std::string source;
    std::string destination;
};

struct FetchRunTotals : FetchCounts {
    std::size_t sources = 0;
    std::size_t failed = 0;  // of them

    void add(const FetchTotals& source);
};

std::string encode_receipt(const FetchReceipt& receipt);  // one line, with its end

std::string encode_summary(const FetchTotals& totals);
std::string encode_summary(const FetchRunTotals& totals);
// "3 messages (1.2 MB) from SOURCE to DEST, 1 of them by --route, 1 skipped, 2 deleted there", and of all "3 messages
// (1.2 MB) from 4 sources (1 with errors), ..."; with `time` also ", in 0.5 s". Without a line end.
std::string describe_summary(const FetchTotals& totals, bool time);
std::string describe_summary(const FetchRunTotals& totals, bool time);

class FetchReceipts {
 public:
    // `to_store`: stdout is for receipts.
    FetchReceipts(const CommonOptions& options, Summary summary, bool to_store);
    // Flushed when it returns. Error io.
    Result<void> write(const FetchReceipt& receipt);
    Result<void> write(const FetchPlanRecord& record);
    Result<void> end_source(const FetchTotals& totals);
    Result<void> end_run(const FetchRunTotals& totals);

 private:
    enum class Style { none, text, jsonl };
    template <class Totals>
    Result<void> summarize(const Totals& totals);

    Style style_ = Style::none;
    Style summary_ = Style::none;
    bool only_news_ = false;
    bool asked_ = false;  // by --summary
};

}  // namespace mailpipe::app
