#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mailpipe/app/queue/attempt_pool.hpp"
#include "mailpipe/app/queue/finisher.hpp"
#include "mailpipe/app/queue/runner_news.hpp"
#include "mailpipe/queue/scheduler.hpp"
#include "mailpipe/queue/spool.hpp"

namespace mailpipe::app {

struct RunnerSettings {
    queue::Schedule schedule;
    std::size_t jobs = 20;
    std::size_t per_destination = 10;
    std::chrono::milliseconds linger{1000};
    std::string host_name;
    std::function<std::uint64_t()> random;
    std::function<bool()> has_network;
    std::function<bool()> stop;  // asked between two messages
};

// Delivers what is in a queue. Several may run over the same queue. Uses one thread and those of its AttemptPool.
class Runner {
 public:
    // Which way the messages go that were queued for `server`. On the runner's thread; what it returns lives as long as the
    // runner. Errors: usage, config: those messages wait.
    using FindTransports = std::function<Result<const Transports*>(const std::string& server)>;

    // All outlive this.
    Runner(queue::Spool& spool, FindTransports find_transports, RunnerSettings settings, RunnerNews& news,
           QueueEvents& events);

    // Tries each message that is due or waits for another attempt once, and what reports come of it. Ends early when there is no
    // network. Error io.
    Result<void> flush();
    // Tries each message when it is due, until it is to stop. Error io.
    Result<void> watch();

 private:
    Result<void> run();
    Result<void> load();
    void add(const queue::Entry& entry, std::uint32_t when);
    void feed();
    void take(const queue::Entry& entry, int tries);
    void take_busy();
    void recover(Result<std::optional<queue::QueuedFile>> file);
    void try_message(std::shared_ptr<ActiveMessage> message, std::vector<std::uint32_t> recipients);
    void finish();
    Result<void> listen();
    bool is_over();

    queue::Spool& spool_;
    FindTransports find_transports_;
    RunnerSettings settings_;
    RunnerNews& news_;
    QueueEvents& events_;
    queue::Scheduler scheduler_;
    Finisher finisher_;
    AttemptPool pool_;  // after all that its threads use
    bool is_flush_ = false;
    std::size_t open_ = 0;                                      // messages
    std::unordered_map<std::uint32_t, std::size_t> in_groups_;  // of these
    std::unordered_map<queue::Id, std::uint32_t> own_names_;  // due, of names that we gave and will be told of
    struct Busy {
        queue::Entry entry;
        int tries = 0;
    };
    std::vector<Busy> busy_;  // another process has them
    std::uint32_t offline_until_ = 0;
    std::uint32_t next_scan_ = 0;
};

}  // namespace mailpipe::app
