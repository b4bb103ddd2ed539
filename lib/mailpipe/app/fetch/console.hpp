#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "mailpipe/app/boot_clock.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/fetch/receipt.hpp"
#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {

// What a run says: errors and progress on stderr, receipts on stdout. Any thread may speak.
class FetchConsole {
 public:
    // `to_store`: stdout is for receipts.
    FetchConsole(const CommonOptions& options, Summary summary, bool to_store);

    void error(std::string_view where, const Error& error);
    // The same error of the same place is said once, until recovered(place). For --watch.
    void say_errors_once() { once_ = true; }
    void recovered(std::string_view place);
    void note(std::string_view where, std::string_view text);
    // Flushed when it returns. Error io.
    Result<void> receipt(const FetchReceipt& receipt);
    // Of --dry-run. Errors as of receipt().
    Result<void> plan(const FetchPlanRecord& record);
    // What was fetched from a source; `failed`: something went wrong. Errors as of receipt().
    Result<void> end_source(const FetchTotals& totals, bool failed);
    // A source of which there is no more to say than its error.
    void count_failed_source();
    // What was fetched from all of them. Errors as of receipt().
    Result<void> end_run();

    // A source has so many messages to come.
    void begin_source(const std::string& where, std::uint64_t messages);
    void add_octets(std::uint64_t octets);
    void end_message();
    void clear_progress();

    // When messages have come, or a source began.
    BootClock::time_point last_activity() const { return BootClock::time_point(activity_.load()); }

    int exit_status() const;
    // nullptr without --trace.
    Trace* trace() { return trace_ ? &stderr_trace_ : nullptr; }

 private:
    mutable std::mutex mutex_;  // of all below
    Diagnostics diagnostics_;
    FetchReceipts receipts_;
    FetchRunTotals totals_;
    BootClock::time_point began_ = BootClock::now();
    Progress progress_;
    StderrTrace stderr_trace_;
    bool trace_;
    std::atomic<BootClock::duration> activity_ = BootClock::now().time_since_epoch();
    bool once_ = false;
    std::map<std::string, std::string, std::less<>> said_;  // the last error by place
};

}  // namespace mailpipe::app
