#include "mailpipe/app/serve/background.hpp"

namespace mailpipe::app::serve {

Background::~Background() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Background::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        while (threads_.size() < count_)
            threads_.emplace_back([this] { run(); });
        queue_.push_back(std::move(work));
    }
    changed_.notify_one();
}

std::size_t Background::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void Background::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const std::function<void()> work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace mailpipe::app::serve
