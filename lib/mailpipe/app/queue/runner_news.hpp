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
    struct Wait {
        int finished = -1;      // a descriptor
        bool busy = false;      // attempts are running
        bool is_short = false;  // 10 ms at most: another process is just about to let go of a message
        std::optional<std::uint32_t> until;
    };
    // Returns when `finished` can be read, when there are news, when `until` has come, or after a second at most. Error
    // io.
    virtual Result<News> wait(const Wait& wait) = 0;
};

// The system's clock, inotify(7) on the spool, and rtnetlink(7) for addresses that come. The spool outlives it.
Result<std::unique_ptr<RunnerNews>> make_system_news(const queue::Spool& spool);
// The clock alone: what comes meanwhile is for the next run.
std::unique_ptr<RunnerNews> make_clock_news();

}  // namespace mailpipe::app
