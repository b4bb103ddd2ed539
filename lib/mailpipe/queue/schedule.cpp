#include "mailpipe/queue/schedule.hpp"

#include <algorithm>

namespace mailpipe::queue {

std::uint32_t retry_delay(const Schedule& schedule, std::uint32_t attempts, std::uint64_t random) {
    constexpr std::uint32_t kMostDoublings = 20;
    const std::uint64_t doubled = static_cast<std::uint64_t>(schedule.first_retry)
                                  << std::min(attempts == 0 ? 0 : attempts - 1, kMostDoublings);
    const std::uint64_t wait = std::min<std::uint64_t>(doubled, schedule.longest_wait);
    // Those that failed together, because a host was down, must not come back together.
    return static_cast<std::uint32_t>(wait - wait / 10 + random % (wait / 5 + 1));
}

}  // namespace mailpipe::queue
