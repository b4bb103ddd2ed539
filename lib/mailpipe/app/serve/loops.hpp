#pragma once

// First: clang refuses that the region of net/asio.hpp declares again what has been defined before it.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "mailpipe/net/asio.hpp"
// Behind the configuration.
#include <asio/executor_work_guard.hpp>

namespace mailpipe::app::serve {

class Connection;

// One event loop, run by one thread. Its connections belong to that thread: whoever means them posts to `io`.
struct Loop {
    asio::io_context io{1};
    std::set<std::shared_ptr<Connection>> connections;
    std::atomic<std::size_t> load = 0;  // connections that were given to it and have not ended; any thread
    bool stopping = false;
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
};

// The event loops of one server. The first runs on the thread that calls run(), and accepts.
class Loops {
 public:
    // 1 <= count
    explicit Loops(std::size_t count);

    Loop& first() { return *loops_.front(); }
    // The one with the fewest connections; of several the first, for which a connection changes no thread.
    Loop& least_loaded();
    const std::vector<std::unique_ptr<Loop>>& all() const { return loops_; }

    // Returns when finish() was called and every loop has nothing left to do.
    void run();
    void finish();

 private:
    std::vector<std::unique_ptr<Loop>> loops_;
};

// As many as there are cores, at most 8.
std::size_t default_loops();

}  // namespace mailpipe::app::serve
