#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "mailpipe/net/asio.hpp"
// Behind the configuration.
#include <asio/post.hpp>

namespace mailpipe::app::serve {

// Threads for what takes long: password hashes, opening and emptying maildrops. They start with the first work: what a
// process gives up for good, it gives up while it has one thread (sandbox/).
class Background {
 public:
    explicit Background(std::size_t threads) : count_(threads) {}
    ~Background();  // finishes what is queued
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void post(std::function<void()> work);
    std::size_t waiting() const;

 private:
    void run();

    const std::size_t count_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

// One value that another thread produces and one coroutine waits for. The io_context must outlive that thread.
template <class T>
class Completion : public std::enable_shared_from_this<Completion<T>> {
 public:
    explicit Completion(const asio::any_io_executor& executor)
        : executor_(executor), timer_(executor, asio::steady_timer::time_point::max()) {}

    // From any thread, once.
    void complete(T value) {
        auto holder = std::make_shared<T>(std::move(value));
        asio::post(executor_, [self = this->shared_from_this(), holder] {
            self->value_.emplace(std::move(*holder));
            self->timer_.cancel();
        });
    }

    asio::steady_timer& timer() { return timer_; }
    std::optional<T>& value() { return value_; }

 private:
    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    std::optional<T> value_;
};

MAILPIPE_COROUTINES_BEGIN

template <class T>
asio::awaitable<T> await_completion(std::shared_ptr<Completion<T>> completion) {
    while (!completion->value()) {
        asio::error_code ignored;
        co_await completion->timer().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return std::move(*completion->value());
}

// Runs `work` on a thread of `background` and resumes on the loop with what it returns.
template <class T>
asio::awaitable<T> in_background(Background& background, std::function<T()> work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto completion = std::make_shared<Completion<T>>(executor);
    background.post([completion, work] { completion->complete(work()); });
    co_return co_await await_completion<T>(completion);
}

MAILPIPE_COROUTINES_END

}  // namespace mailpipe::app::serve
