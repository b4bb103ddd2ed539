#pragma once

#include <chrono>
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
    std::chrono::steady_clock::time_point since;  // it waits in the queue
};

// A few messages that have been read and wait for a connection. One thread puts, several take: the first takes all for as
// long as no message waits longer than kPatience, and only then another one, the one that has rested least, is given one as
// well. Where the server is quick a few connections do as much as many, at half the cost for both sides.
class MessageQueue {
 public:
    explicit MessageQueue(std::size_t capacity) : capacity_(capacity) {}

    // One to fill; those that were given back are used again.
    std::unique_ptr<QueuedMessage> blank();
    // Waits for room. false: nothing is taken any more.
    bool put(std::unique_ptr<QueuedMessage> message);
    // There will be no more.
    void close();

    static constexpr std::chrono::milliseconds kPatience{1};

    // Waits for one, and gives back the one that the same thread has taken before; nullptr at the end.
    std::unique_ptr<QueuedMessage> take(std::unique_ptr<QueuedMessage> done = nullptr);
    // One more, for a thread that is not done with the last one; nullptr where none is there now.
    std::unique_ptr<QueuedMessage> take_if_ready();
    bool is_at_end() const;  // closed, and all were taken
    void give_back(std::unique_ptr<QueuedMessage> message);
    // Nothing is taken any more: what waits is dropped.
    void abandon();

 private:
    using Clock = std::chrono::steady_clock;
    struct Place {
        std::condition_variable wake;
        bool called = false;
    };

    std::unique_ptr<QueuedMessage> take_front();
    void rest(std::unique_lock<std::mutex>& lock);
    void call();
    void call_all();
    bool is_overdue(Clock::time_point now) const;

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable has_room_;
    std::deque<std::unique_ptr<QueuedMessage>> waiting_;
    std::vector<std::unique_ptr<QueuedMessage>> spare_;
    std::vector<Place*> resting_;  // in take(); the last came last, and is called first
    std::size_t working_ = 0;      // threads that take, and do not rest
    bool watch_sleeps_ = false;    // the first of resting_ does not look at the queue from time to time
    Clock::time_point last_put_;
    Clock::time_point last_call_;
    bool closed_ = false;
    bool abandoned_ = false;
};

}  // namespace mailpipe::app
