#pragma once

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/app/queue/queue_events.hpp"
#include "mailpipe/app/queue/queue_record.hpp"

namespace mailpipe::app {

// Whether stdout gets JSON Lines, or words for people.
bool writes_jsonl(const CommonOptions& options);

// Tells the events of a runner on stdout, nothing with --quiet, and what failed in the queue itself on stderr. After a
// stdout that cannot be written nothing more is told: mail goes on.
class QueueOutput : public QueueEvents {
 public:
    QueueOutput(const CommonOptions& options, Diagnostics& diagnostics)
        : jsonl_(writes_jsonl(options)), quiet_(options.quiet), diagnostics_(diagnostics) {}

    void attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) override;
    void reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                  const std::vector<std::uint32_t>& recipients, queue::Id report) override;
    void undeliverable(queue::Id id, const queue::Submission& submission) override;
    void failed(const Error& error) override;

 private:
    void write(const email::Json& json, const std::string& text);

    bool jsonl_;
    bool quiet_;
    bool broken_ = false;
    Diagnostics& diagnostics_;
};

}  // namespace mailpipe::app
