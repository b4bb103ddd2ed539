#pragma once

#include <chrono>
#include <cstdint>

namespace mailpipe::app {

// How long to wait after so many failures in a row (1 and more): 1 s, 2, 4 and so on up to 5 minutes, each made a
// quarter longer or shorter at most, so that the clients of a server that comes back do not come all at once.
// `random` is any number.
inline std::chrono::milliseconds backoff(std::uint32_t failures, std::uint64_t random) {
    constexpr std::int64_t kLongest = 300'000;
    constexpr std::uint32_t kDoublings = 9;
    const std::int64_t whole = failures > kDoublings ? kLongest : 1000LL << (failures == 0 ? 0 : failures - 1);
    const std::int64_t base = whole < kLongest ? whole : kLongest;
    return std::chrono::milliseconds(base - base / 4 +
                                     static_cast<std::int64_t>(random % 1000) * (base / 2) / 1000);
}

}  // namespace mailpipe::app
