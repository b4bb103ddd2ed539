#pragma once

#include <cstdint>

// When a message that could not be delivered is tried again (RFC 5321 section 4.5.4.1). Times are seconds since 1970,
// spans seconds.
namespace mailpipe::queue {

struct Schedule {
    std::uint32_t first_retry = 5 * 60;      // after the first attempt; twice as long after each further one,
    std::uint32_t longest_wait = 4 * 3600;   // up to this; each a tenth longer or shorter at most
    std::uint32_t warn_after = 4 * 3600;     // the sender is told of the delay, once
    std::uint32_t lifetime = 5 * 24 * 3600;  // then the sender is told that it failed
};

// How long to wait after so many attempts (1 and more) that failed. `random` is any number.
std::uint32_t retry_delay(const Schedule& schedule, std::uint32_t attempts, std::uint64_t random);

}  // namespace mailpipe::queue
