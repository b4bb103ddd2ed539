#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mailpipe/app/queue/active_message.hpp"
#include "mailpipe/app/queue/queue_events.hpp"
#include "mailpipe/queue/report.hpp"
#include "mailpipe/queue/spool.hpp"

namespace mailpipe::app {

struct FinisherSettings {
    queue::Schedule schedule;
    std::string host_name;  // who sends the reports
    std::function<std::uint32_t()> now;
    std::function<std::uint64_t()> random;
};

// Ends a round of attempts, for all messages whose round ended at about the same time: makes the reports that are due,
// removes what is done, gives the rest its next time, with few syncs for all. A report is in the queue before its message
// says so, and is sent only afterwards: killed in between, the next runner finds out by recover() which of the two it was.
class Finisher {
 public:
    // All outlive this.
    Finisher(queue::Spool& spool, FinisherSettings settings, QueueEvents& events)
        : spool_(spool), settings_(std::move(settings)), events_(events) {}

    // What is to be tried again, with the time.
    using Again = std::function<void(const queue::Entry& entry, std::uint32_t when)>;
    void finish(const std::vector<std::shared_ptr<ActiveMessage>>& messages, const Again& again);
    // Outcomes that could not be recorded are kept in memory, and their messages locked, until that succeeds.
    void save_what_is_not(const Again& again);
    bool has_unsaved() const { return !unsaved_.empty(); }

    // Of a message that waits for people by its name or by what is in it: gives it another name where that was forgotten, and
    // releases or removes a report that is still held. Error io.
    Result<void> recover(queue::QueuedFile file, const Again& again);

 private:
    struct Made {
        ActiveMessage* about = nullptr;
        queue::Event event;
        queue::QueuedFile report;
    };
    bool save(ActiveMessage& message);
    void make_reports(ActiveMessage& message, std::vector<Made>& made);
    Result<queue::QueuedFile> make_report(ActiveMessage& message, const queue::Event& event,
                                          std::uint32_t number);
    std::vector<Made> make_reports(const std::vector<std::shared_ptr<ActiveMessage>>& messages);
    void settle(ActiveMessage& message);
    void tell(const std::vector<std::shared_ptr<ActiveMessage>>& messages, const std::vector<Made>& made);
    void schedule(ActiveMessage& message, const Again& again);
    void release(Made& made, const Again& again);

    queue::Spool& spool_;
    FinisherSettings settings_;
    QueueEvents& events_;
    std::vector<std::shared_ptr<ActiveMessage>> unsaved_;
};

}  // namespace mailpipe::app
