#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/queue/queued_file.hpp"

namespace mailpipe::app {

// What one transaction has brought.
struct Attempted {
    std::string server;
    std::string tls;
    std::vector<queue::Event> events;
    std::chrono::duration<double> seconds{0};
};

// A queued message that is being delivered: locked against other processes as long as it lives. It may go to several
// destinations at the same time.
struct ActiveMessage {
    ActiveMessage(queue::QueuedFile queued, std::uint32_t in_group)
        : file(std::move(queued)), group(in_group) {}

    queue::QueuedFile file;
    const std::uint32_t group;

    std::mutex mutex;  // of what follows, and of `file`, while transactions run
    std::vector<Attempted> attempted;
    bool removed = false;       // nothing was left to be done
    bool offline = false;       // no network: it was not tried at all
    bool unsaved = false;       // an outcome could not be recorded
    std::size_t open_jobs = 0;  // of the pool's mutex
};

// A transaction: recipients of a message with the same destination.
struct Job {
    std::shared_ptr<ActiveMessage> message;
    std::vector<std::uint32_t> recipients;
};

}  // namespace mailpipe::app
