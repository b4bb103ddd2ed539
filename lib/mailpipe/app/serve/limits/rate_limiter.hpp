#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "mailpipe/app/serve/limits/limits_options.hpp"

namespace mailpipe::app::serve {

// Counts by key against a rate (the generic cell rate algorithm: one moment a key). From any thread.
class RateLimiter {
 public:
    using Clock = std::chrono::steady_clock;

    // false: it is one too many, and does not count.
    bool take(const std::string& key, const Rate& rate, Clock::time_point now);
    std::size_t keys() const;

 private:
    void forget(Clock::time_point now);

    mutable std::mutex mutex_;
    // When the key would have used up nothing: ahead of now by what it has used.
    std::map<std::string, Clock::time_point, std::less<>> free_at_;
};

// Keys held; beyond that those are forgotten who have used least.
inline constexpr std::size_t kRateKeys = 50'000;

}  // namespace mailpipe::app::serve
