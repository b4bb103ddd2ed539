#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace mailpipe::app::serve {

// When who logged in last, for LOGIN-DELAY (RFC 2449 section 6.5). Holds those of the last interval only. From any thread.
class LoginIntervals {
 public:
    using Clock = std::chrono::steady_clock;

    // Notes the login; false, and it does not count, when the user's last one is less than `interval` ago.
    bool log_in(const std::string& user, std::chrono::seconds interval, Clock::time_point now);

 private:
    std::mutex mutex_;
    std::unordered_map<std::string, Clock::time_point> last_;
    std::deque<std::pair<Clock::time_point, std::string>> order_;
};

}  // namespace mailpipe::app::serve
