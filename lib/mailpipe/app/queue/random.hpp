#pragma once

#include <cstdint>
#include <mutex>
#include <random>

namespace mailpipe::app {

// Any number, from any thread; nothing that must not be guessed.
class Random {
 public:
    std::uint64_t operator()() {
        const std::lock_guard lock(mutex_);
        return engine_();
    }

 private:
    std::mutex mutex_;
    std::mt19937_64 engine_{std::uint64_t{std::random_device()()} << 32U | std::random_device()()};
};

}  // namespace mailpipe::app
