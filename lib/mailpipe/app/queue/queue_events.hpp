#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/queue/active_message.hpp"
#include "mailpipe/queue/message.hpp"

namespace mailpipe::app {

// What happens in a queue, told after it is on disk. All on the runner's thread.
class QueueEvents {
 public:
    virtual ~QueueEvents() = default;
    virtual void attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) = 0;
    // The sender will be told of these recipients, by the message `report`.
    virtual void reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                          const std::vector<std::uint32_t>& recipients, queue::Id report) = 0;
    // It has failed, and there is nobody to be told: it stays in the queue.
    virtual void undeliverable(queue::Id id, const queue::Submission& submission) = 0;
    virtual void failed(const Error& error) = 0;  // of the queue itself
};

}  // namespace mailpipe::app
