#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/send/copy_maker.hpp"
#include "mailpipe/app/send/outgoing.hpp"

namespace mailpipe::app {

// A message between the thread that reads and the one that sends it.
struct QueuedMessage {
    std::size_t number = 0;  // from 1
    std::string ref;         // where it was read, when it came by --refs
    Outgoing message;
    std::optional<Error> error;  // it could not be read, or not be sent as it is
    std::optional<CopyOutcome> copy;
};

// A few messages that have been read and wait for a connection. One thread puts, several take.
class MessageQueue {
 public:
    explicit MessageQueue(std::size_t capacity) : capacity_(capacity) {}

    // One to fill; those that were given back are used again.
    std::unique_ptr<QueuedMessage> blank();
    // Waits for room. false: nothing is taken any more.
    bool put(std::unique_ptr<QueuedMessage> message);
    // There will be no more.
    void close();

    // Waits for one; nullptr at the end.
    std::unique_ptr<QueuedMessage> take();
    // nullptr where none is there now.
    std::unique_ptr<QueuedMessage> take_if_ready();
    bool is_at_end() const;  // closed, and all were taken
    void give_back(std::unique_ptr<QueuedMessage> message);
    // Nothing is taken any more: what waits is dropped.
    void abandon();

 private:
    std::unique_ptr<QueuedMessage> take_front();

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable has_room_;
    std::condition_variable has_message_;
    std::deque<std::unique_ptr<QueuedMessage>> waiting_;
    std::vector<std::unique_ptr<QueuedMessage>> spare_;
    bool closed_ = false;
    bool abandoned_ = false;
};

}  // namespace mailpipe::app
