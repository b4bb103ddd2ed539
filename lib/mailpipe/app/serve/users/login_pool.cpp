#include "mailpipe/app/serve/users/login_pool.hpp"

#include <utility>

namespace mailpipe::app::serve {
namespace {

// Of so many one is suspicious, where both wait: a user who has mistyped once gets on under load, too.
constexpr std::size_t kSuspiciousTurn = 8;

}  // namespace

void LoginPool::Line::push(const std::string& address, std::function<void()> work) {
    auto& waiting = by_address[address];
    if (waiting.empty()) turns.push_back(address);
    waiting.push_back(std::move(work));
    ++size;
}

std::function<void()> LoginPool::Line::pop() {
    const std::string address = std::move(turns.front());
    turns.pop_front();
    const auto waiting = by_address.find(address);
    std::function<void()> work = std::move(waiting->second.front());
    waiting->second.pop_front();
    if (waiting->second.empty()) {
        by_address.erase(waiting);
    } else {
        turns.push_back(address);
    }
    --size;
    return work;
}

LoginPool::~LoginPool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

bool LoginPool::post(const std::string& address, bool suspicious, std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    Line& line = lines_[suspicious ? 1 : 0];
    if (line.size >= kWaiting) return false;
    line.push(address, std::move(work));
    if (idle_ == 0 && threads_.size() < most_threads_) threads_.emplace_back([this] { run(); });
    changed_.notify_one();
    return true;
}

LoginPool::Line& LoginPool::next_line() {
    if (lines_[0].size == 0) return lines_[1];
    const bool suspicious = lines_[1].size > 0 && ++served_ % kSuspiciousTurn == 0;
    return lines_[suspicious ? 1 : 0];
}

void LoginPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        changed_.wait(lock, [this] { return ending_ || lines_[0].size + lines_[1].size > 0; });
        --idle_;
        if (lines_[0].size + lines_[1].size == 0) return;
        const std::function<void()> work = next_line().pop();
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace mailpipe::app::serve
