#include "mailpipe/app/send/message_queue.hpp"

#include <utility>

namespace mailpipe::app {

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
    waiting_.push_back(std::move(message));
    has_message_.notify_one();
    return true;
}

void MessageQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    has_message_.notify_all();
}

std::unique_ptr<QueuedMessage> MessageQueue::take() {
    std::unique_lock lock(mutex_);
    has_message_.wait(lock, [this] { return abandoned_ || closed_ || !waiting_.empty(); });
    return take_front();
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
    has_message_.notify_all();
}

}  // namespace mailpipe::app
