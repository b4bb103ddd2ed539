#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/fetch/receipt.hpp"
#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {

// What a run says: errors and progress on stderr, receipts on stdout. Any thread may speak.
class FetchConsole {
 public:
    // `to_store`: stdout is for receipts.
    FetchConsole(const CommonOptions& options, bool to_store);

    void error(std::string_view where, const Error& error);
    void note(std::string_view where, std::string_view text);
    // Flushed when it returns. Error io.
    Result<void> receipt(const FetchReceipt& receipt);
    // Of --dry-run. Errors as of receipt().
    Result<void> plan(const FetchPlanRecord& record);
    // "3 messages (1.2 MB) from SOURCE to DEST". Errors as of receipt().
    Result<void> end_source(const FetchTotals& totals);

    // A source has so many messages to come.
    void begin_source(const std::string& where, std::uint64_t messages);
    void add_octets(std::uint64_t octets);
    void end_message();
    void clear_progress();

    int exit_status() const;
    // nullptr without --trace.
    Trace* trace() { return trace_ ? &stderr_trace_ : nullptr; }
    Diagnostics& diagnostics() { return diagnostics_; }  // of one thread only

 private:
    mutable std::mutex mutex_;  // of all below
    Diagnostics diagnostics_;
    FetchReceipts receipts_;
    Progress progress_;
    StderrTrace stderr_trace_;
    bool trace_;
};

}  // namespace mailpipe::app
