#include "mailpipe/app/queue/queue_output.hpp"

#include <unistd.h>

#include "mailpipe/app/message_output.hpp"

namespace mailpipe::app {

bool writes_jsonl(const CommonOptions& options) {
    return options.output == OutputStyle::jsonl ||
           (options.output == OutputStyle::automatic && ::isatty(STDOUT_FILENO) == 0);
}

void QueueOutput::write(const email::Json& json, const std::string& text) {
    if (quiet_ || broken_) return;
    auto written = write_all(STDOUT_FILENO, jsonl_ ? email::dump(json) + '\n' : text, "stdout");
    if (written) return;
    broken_ = true;
    diagnostics_.error("", written.error());
}

void QueueOutput::attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) {
    write(attempt_record(id, submission, attempted), attempt_text(id, submission, attempted));
}

void QueueOutput::reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                           const std::vector<std::uint32_t>& recipients, queue::Id report) {
    write(report_record(id, submission, kind, recipients, report), report_text(id, submission, kind, report));
}

void QueueOutput::undeliverable(queue::Id id, const queue::Submission& submission) {
    write(undeliverable_record(id, submission),
          queue::encode_id(id) + " is undeliverable, and there is nobody to be told: it stays in the queue\n");
}

void QueueOutput::failed(const Error& error) {
    diagnostics_.error("", error);
}

}  // namespace mailpipe::app
