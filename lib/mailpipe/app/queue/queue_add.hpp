#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/queue/enqueuer.hpp"
#include "mailpipe/app/queue/queue_options.hpp"

namespace mailpipe::app {

// mail-send --queue: the messages go into the queue, and a record of each to stdout once it is durable there.
class QueueAdd {
 public:
    // Errors: those of open_spool().
    static Result<std::unique_ptr<QueueAdd>> open(const CommonOptions& common, const QueueOptions& options);
    // `server` is the one it is for, or empty. Errors: those of Spool::add().
    Result<void> add(Outgoing& message, const std::string& server);
    // More may come, and the record of what was added must not wait for it.
    void expect_more() { enqueuer_.start(); }
    // Ends what is being made durable, and tells what failed.
    void finish(Diagnostics& diagnostics);

 private:
    QueueAdd(const CommonOptions& common, std::unique_ptr<queue::Spool> spool);
    void tell(const queue::QueuedFile* file, const Error* error);

    bool jsonl_;
    bool quiet_;
    std::unique_ptr<queue::Spool> spool_;
    std::vector<Error> errors_;  // of the enqueuer until finish()
    Enqueuer enqueuer_;
};

}  // namespace mailpipe::app
