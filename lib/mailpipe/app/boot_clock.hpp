#pragma once

#include <chrono>
#include <ctime>

namespace mailpipe::app {

// Goes on while the machine sleeps, and is never set: what was due meanwhile is due when it wakes.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;

    static time_point now() {
        struct timespec now {};
        ::clock_gettime(CLOCK_BOOTTIME, &now);
        return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
    }
};

}  // namespace mailpipe::app
