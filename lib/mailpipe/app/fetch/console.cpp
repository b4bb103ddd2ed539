#include "mailpipe/app/fetch/console.hpp"

namespace mailpipe::app {

FetchConsole::FetchConsole(const CommonOptions& options, Summary summary, bool to_store)
    : diagnostics_("mail-fetch", options),
      receipts_(options, summary, to_store),
      progress_(options),
      trace_(options.trace) {
    diagnostics_.set_progress(&progress_);
}

void FetchConsole::error(std::string_view where, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (once_) {
        std::string& said = said_[std::string(where)];
        if (said == error.message) return;
        said = error.message;
    }
    diagnostics_.error(where, error);
}

void FetchConsole::recovered(std::string_view place) {
    const std::lock_guard lock(mutex_);
    const auto said = said_.find(place);
    if (said == said_.end()) return;
    said_.erase(said);
    diagnostics_.note(place, "works again");
}

void FetchConsole::note(std::string_view where, std::string_view text) {
    const std::lock_guard lock(mutex_);
    diagnostics_.note(where, text);
}

Result<void> FetchConsole::receipt(const FetchReceipt& receipt) {
    const std::lock_guard lock(mutex_);
    return receipts_.write(receipt);
}

Result<void> FetchConsole::plan(const FetchPlanRecord& record) {
    const std::lock_guard lock(mutex_);
    return receipts_.write(record);
}

Result<void> FetchConsole::end_source(const FetchTotals& totals, bool failed) {
    const std::lock_guard lock(mutex_);
    progress_.clear();
    ++totals_.sources;
    if (failed) ++totals_.failed;
    totals_.add(totals);
    return receipts_.end_source(totals);
}

void FetchConsole::count_failed_source() {
    const std::lock_guard lock(mutex_);
    ++totals_.sources;
    ++totals_.failed;
}

Result<void> FetchConsole::end_run() {
    const std::lock_guard lock(mutex_);
    totals_.seconds = std::chrono::duration<double>(BootClock::now() - began_).count();
    return receipts_.end_run(totals_);
}

void FetchConsole::begin_source(const std::string& where, std::uint64_t messages) {
    activity_ = BootClock::now().time_since_epoch();
    const std::lock_guard lock(mutex_);
    progress_.add_source(where, messages);
}

void FetchConsole::add_octets(std::uint64_t octets) {
    activity_ = BootClock::now().time_since_epoch();
    const std::lock_guard lock(mutex_);
    progress_.add_octets(octets);
}

void FetchConsole::end_message() {
    activity_ = BootClock::now().time_since_epoch();
    const std::lock_guard lock(mutex_);
    progress_.end_message();
}

void FetchConsole::clear_progress() {
    const std::lock_guard lock(mutex_);
    progress_.clear();
}

int FetchConsole::exit_status() const {
    const std::lock_guard lock(mutex_);
    return diagnostics_.exit_status();
}

}  // namespace mailpipe::app
