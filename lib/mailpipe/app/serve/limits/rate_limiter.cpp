#include "mailpipe/app/serve/limits/rate_limiter.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace mailpipe::app::serve {

bool RateLimiter::take(const std::string& key, const Rate& rate, Clock::time_point now) {
    if (rate.count == 0) return true;
    const std::chrono::nanoseconds whole = rate.time;
    const std::lock_guard lock(mutex_);
    const auto found = free_at_.find(key);
    const auto base = found == free_at_.end() ? now : std::max(found->second, now);
    const auto next = base + whole / rate.count;
    if (next > now + whole) return false;
    if (found != free_at_.end()) {
        found->second = next;
        return true;
    }
    if (free_at_.size() >= kRateKeys) forget(now);
    free_at_.emplace(key, next);
    return true;
}

std::size_t RateLimiter::keys() const {
    const std::lock_guard lock(mutex_);
    return free_at_.size();
}

// Half of the table at once, so that a flood of keys does not make every call look through all of it.
void RateLimiter::forget(Clock::time_point now) {
    std::vector<Clock::time_point> moments;
    for (const auto& [key, moment] : free_at_)
        moments.push_back(moment);
    const auto middle = std::next(moments.begin(), static_cast<std::ptrdiff_t>(moments.size() / 2));
    std::nth_element(moments.begin(), middle, moments.end());
    const auto least = std::max(*middle, now);
    std::erase_if(free_at_, [least](const auto& row) { return row.second <= least; });
}

}  // namespace mailpipe::app::serve
