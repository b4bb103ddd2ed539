#include "mailpipe/app/queue/queue_add.hpp"

#include <unistd.h>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/queue/queue_output.hpp"

namespace mailpipe::app {

QueueAdd::QueueAdd(const CommonOptions& common, std::unique_ptr<queue::Spool> spool)
    : jsonl_(writes_jsonl(common)),
      quiet_(common.quiet),
      spool_(std::move(spool)),
      enqueuer_(*spool_, [this](const queue::QueuedFile* file, const Error* error) { tell(file, error); }) {}

Result<std::unique_ptr<QueueAdd>> QueueAdd::open(const CommonOptions& common, const QueueOptions& options) {
    auto spool = open_spool(options);
    if (!spool) return tl::unexpected(spool.error());
    return std::unique_ptr<QueueAdd>(new QueueAdd(common, std::move(*spool)));
}

Result<void> QueueAdd::add(Outgoing& message, const std::string& server) {
    return enqueuer_.add(message, server);
}

void QueueAdd::tell(const queue::QueuedFile* file, const Error* error) {
    if (file == nullptr) {
        errors_.push_back(*error);
    } else if (!quiet_) {
        const std::string text = jsonl_ ? email::dump(queued_record(*file)) + '\n' : queued_text(*file);
        // The message is in the queue all the same.
        if (auto written = write_all(STDOUT_FILENO, text, "stdout"); !written && errors_.empty())
            errors_.push_back(written.error());
    }
}

void QueueAdd::finish(Diagnostics& diagnostics) {
    enqueuer_.finish();
    for (const Error& error : errors_)
        diagnostics.error("", error);
    errors_.clear();
}

}  // namespace mailpipe::app
