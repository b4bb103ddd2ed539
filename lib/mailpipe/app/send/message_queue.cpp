#include "mailpipe/app/send/message_queue.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::app {
namespace {

// For so long after a message the queue is looked at from time to time: to be woken for each costs more.
constexpr std::chrono::milliseconds kWatch{100};

}  // namespace

std::unique_ptr<QueuedMessage> MessageQueue::blank() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return std::make_unique<QueuedMessage>();
    auto message = std::move(spare_.back());
    spare_.pop_back();
    message->error.reset();
    message->copy.reset();
    message->ref.clear();
    return message;
}

bool MessageQueue::put(std::unique_ptr<QueuedMessage> message) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return abandoned_ || waiting_.size() < capacity_; });
    if (abandoned_) return false;
    const auto now = Clock::now();
    message->since = now;
    last_put_ = now;
    waiting_.push_back(std::move(message));
    if (resting_.empty()) return true;
    if (working_ == 0 || is_overdue(now)) {
        call();
    } else if (std::exchange(watch_sleeps_, false)) {
        resting_.front()->wake.notify_one();
    }
    return true;
}

void MessageQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (waiting_.empty()) call_all();
}

std::unique_ptr<QueuedMessage> MessageQueue::take(std::unique_ptr<QueuedMessage> done) {
    std::unique_lock lock(mutex_);
    // Whoever has a connection goes on with it.
    bool is_wanted = done != nullptr;
    if (done) {
        spare_.push_back(std::move(done));
    } else {
        ++working_;
    }
    while (!abandoned_) {
        if (!waiting_.empty() && (is_wanted || working_ == 1)) return take_front();
        if (waiting_.empty() && closed_) break;
        rest(lock);
        is_wanted = true;
    }
    return nullptr;
}

// Until it is called. Nobody else may come by when a message has waited too long, so the one who has rested longest watches.
void MessageQueue::rest(std::unique_lock<std::mutex>& lock) {
    Place place;
    resting_.push_back(&place);
    --working_;
    const bool watches = resting_.front() == &place;
    while (!place.called) {
        const bool is_busy = !waiting_.empty() || Clock::now() - last_put_ < kWatch;
        if (watches && is_busy && working_ > 0) {
            place.wake.wait_for(lock, kPatience);
            if (!place.called && is_overdue(Clock::now())) call();
        } else {
            watch_sleeps_ = watch_sleeps_ || watches;
            place.wake.wait(lock);
        }
    }
}

void MessageQueue::call() {
    Place* const place = resting_.back();
    resting_.pop_back();
    ++working_;
    last_call_ = Clock::now();
    place->called = true;
    place->wake.notify_one();
}

void MessageQueue::call_all() {
    while (!resting_.empty())
        call();
}

bool MessageQueue::is_overdue(Clock::time_point now) const {
    return !waiting_.empty() && now - std::max(waiting_.front()->since, last_call_) >= kPatience;
}

std::unique_ptr<QueuedMessage> MessageQueue::take_if_ready() {
    const std::lock_guard lock(mutex_);
    return take_front();
}

std::unique_ptr<QueuedMessage> MessageQueue::take_front() {
    if (abandoned_ || waiting_.empty()) return nullptr;
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    // To wake the reader for each message would cost more than to read it.
    if (waiting_.size() <= capacity_ / 2) has_room_.notify_one();
    if (closed_ && waiting_.empty()) call_all();
    return message;
}

bool MessageQueue::is_at_end() const {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting_.empty();
}

void MessageQueue::give_back(std::unique_ptr<QueuedMessage> message) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(message));
}

void MessageQueue::abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    has_room_.notify_all();
    call_all();
}

}  // namespace mailpipe::app
