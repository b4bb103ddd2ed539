#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/queue/queue_options.hpp"
#include "mailpipe/queue/spool.hpp"

namespace mailpipe::app {

// Errors: config when its place is not known.
Result<std::string> queue_directory(const QueueOptions& options);
queue::Schedule schedule_of(const QueueOptions& options);

// The queue, made where it is missing.
Result<std::unique_ptr<queue::Spool>> open_spool(const QueueOptions& options);
// nullptr: there is none, and so nothing in it.
Result<std::unique_ptr<queue::Spool>> find_spool(const QueueOptions& options);

}  // namespace mailpipe::app
