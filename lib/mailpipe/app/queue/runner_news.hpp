#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mailpipe/queue/spool.hpp"

namespace mailpipe::app {

// What a runner waits for. The time is wall clock time, since the schedule of a message outlives the machine's boot.
class RunnerNews {
 public:
    struct News {
        std::vector<queue::Entry> entries;  // messages that came, or have another name now
        bool rescan = false;                // more than could be told
        bool network_up = false;
    };

    virtual ~RunnerNews() = default;
    virtual std::uint32_t now() = 0;  // from any thread
    // Returns when `finished` can be read, when there are news, when `until` has come, or after a second at most. `busy`:
    // attempts are running. Error io.
    virtual Result<News> wait(int finished, bool busy, std::optional<std::uint32_t> until) = 0;
};

// The system's clock, inotify(7) on the spool, and rtnetlink(7) for addresses that come. The spool outlives it.
Result<std::unique_ptr<RunnerNews>> make_system_news(const queue::Spool& spool);
// The clock alone: what comes meanwhile is for the next run.
std::unique_ptr<RunnerNews> make_clock_news();

// An interface other than loopback is up and has an address.
bool has_network();

}  // namespace mailpipe::app
