#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace mailpipe::app::serve {

// Failed logins by address and by user, and how long the answer to the next one is held back. Only refusals wait: whoever
// knows the password is never made to pay for others who guess it. From any thread.
class LoginThrottle {
 public:
    using Clock = std::chrono::steady_clock;

    // `first`: for the first failure; doubles with each up to kMostDoublings. 0: nothing waits.
    explicit LoginThrottle(std::chrono::milliseconds first) : first_(first) {}

    // Notes the failure. How long after its beginning a refusal is answered, whatever was wrong.
    std::chrono::milliseconds failed(std::string_view address, std::string_view user, Clock::time_point now);
    // Whether a login from there has failed lately.
    bool is_suspicious(std::string_view address, Clock::time_point now) const;

    static constexpr unsigned kMostDoublings = 5;
    static constexpr std::size_t kTracked = 20'000;      // addresses, and users; then the oldest are forgotten
    static constexpr std::chrono::minutes kForgiven{1};  // one failure each

 private:
    struct Failures {
        unsigned count = 0;
        Clock::time_point last;
        std::list<std::string>::iterator age;
    };
    struct Table {
        std::map<std::string, Failures, std::less<>> failures;
        std::list<std::string> oldest_first;

        unsigned add(std::string_view key, Clock::time_point now);
        unsigned count(std::string_view key, Clock::time_point now) const;
    };

    std::chrono::milliseconds first_;
    mutable std::mutex mutex_;
    Table addresses_;
    Table users_;
};

// IPv4 as it is, IPv6 by its /64, which is what one peer gets; "" (a Unix socket) too.
std::string throttled_address(std::string_view address);

}  // namespace mailpipe::app::serve
