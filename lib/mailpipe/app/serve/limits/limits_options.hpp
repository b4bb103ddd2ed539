#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

// So many in any span of time of that length, on average; all of them may come at once.
struct Rate {
    std::uint32_t count = 0;  // 0: no limit
    std::chrono::seconds time{1};
};

// "N/TIME": "100/1m", "5000/1d". Error usage.
MAILPIPE_EXPORT Result<Rate> parse_rate(const std::string& text);

struct LimitRange {
    std::uint64_t least;
    std::uint64_t most;
};
inline constexpr LimitRange kConnectionsRange{10, 1'000'000};
inline constexpr LimitRange kConnectionsOfOneRange{0, 1'000'000};  // an address, a user
inline constexpr LimitRange kRecipientsRange{1, 100'000};
inline constexpr LimitRange kTimeoutRange{1, 86'400};  // seconds

// How much of this server its peers may use. 0: no limit.
struct ServeLimitsOptions {
    std::size_t threads = 0;                                 // event loops; 0: one a core, at most 8
    std::size_t max_connections = 10'000;                    // at least 10
    std::optional<std::size_t> max_connections_per_address;  // none: 100, but no limit for loopback
    std::size_t max_connections_per_user = 50;
    std::size_t max_recipients = 1000;  // of a message
    Rate connections_per_address;
    Rate messages_per_address;
    Rate messages_per_sender;  // by user where one has logged in, else by reverse-path
};

}  // namespace mailpipe::app
