#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mailpipe::app {

// What mail-send does with its queue.
struct QueueOptions {
    enum class Action { none, add, flush, watch, list, show, stats, hold, release, retry, remove };
    Action action = Action::none;
    std::string directory;                        // empty: queue/ in the state home
    std::uint32_t first_retry = 300;              // s
    std::uint32_t longest_wait = 4 * 3600;        // s
    std::uint32_t warn_after = 4 * 3600;          // s
    std::uint32_t lifetime = 5 * 24 * 3600;       // s
    std::size_t connections = 20;                 // in all
    std::size_t connections_to_destination = 10;  // to one
};

}  // namespace mailpipe::app
