#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mailpipe::app::serve {

// A bounded number of threads for what a login costs, fair between addresses: each gets its turn after the others, and
// those from where no login has failed lately come first, so that a flood of guesses delays nobody else by more than what
// is being computed.
class LoginPool {
 public:
    explicit LoginPool(std::size_t threads) : most_threads_(threads) {}
    ~LoginPool();  // finishes what is queued
    LoginPool(const LoginPool&) = delete;
    LoginPool& operator=(const LoginPool&) = delete;

    // false: kWaiting of the same kind wait already.
    bool post(const std::string& address, bool suspicious, std::function<void()> work);

    static constexpr std::size_t kWaiting = 1000;

 private:
    struct Line {
        std::map<std::string, std::deque<std::function<void()>>> by_address;
        std::deque<std::string> turns;  // addresses that have something waiting
        std::size_t size = 0;

        void push(const std::string& address, std::function<void()> work);
        std::function<void()> pop();
    };
    void run();
    Line& next_line();

    std::size_t most_threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Line, 2> lines_;  // the suspicious behind
    std::size_t served_ = 0;
    std::size_t idle_ = 0;
    bool ending_ = false;
    std::vector<std::thread> threads_;  // made as they are needed
};

}  // namespace mailpipe::app::serve
