#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mailpipe/app/queue/active_message.hpp"
#include "mailpipe/app/queue/judge.hpp"
#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app {

struct PoolSettings {
    queue::Schedule schedule;
    std::size_t jobs = 20;                   // connections in all
    std::size_t per_destination = 10;        // connections to one
    std::chrono::milliseconds linger{1000};  // how long a connection waits for the next message
    std::function<std::uint32_t()> now;      // these three from any thread
    std::function<std::uint64_t()> random;
    std::function<bool()> has_network;
};

// The threads that bring messages to their destinations. Each destination has a queue of its own, so that a dead host holds
// up its own mail only: after a failure no other message is tried there for a minute, then longer each time. How many
// connections one gets grows with what it accepts and is halved when it says 4yz. An outcome is recorded in the message's
// file as soon as it is known.
class AttemptPool {
 public:
    explicit AttemptPool(PoolSettings settings);
    ~AttemptPool();  // ends each transaction that has begun
    AttemptPool(const AttemptPool&) = delete;
    AttemptPool& operator=(const AttemptPool&) = delete;

    // All that is to be tried of one message. `transports` lives as long as the pool. `server` is the one it was queued
    // for; with the destination it says which jobs share connections.
    struct Part {
        const Transports* transports = nullptr;
        std::string server;
        std::string destination;
        Job job;
    };
    void add(std::vector<Part> parts);
    // A message of which nothing is to be tried counts as finished at once.
    void finish(std::shared_ptr<ActiveMessage> message);
    // Those of which all jobs have ended.
    std::vector<std::shared_ptr<ActiveMessage>> take_finished();
    // Readable while take_finished() has something.
    int finished_fd() const { return finished_fd_.get(); }
    // Begins no transaction any more; what waits for one is finished untried.
    void stop();

 private:
    struct Destination {
        Destination(const Transports* ways, std::string its_name)
            : transports(ways), name(std::move(its_name)) {}

        const Transports* const transports;  // these two are read without the mutex
        const std::string name;
        std::deque<Job> jobs;
        std::size_t workers = 0;
        double limit = 2;
        std::uint32_t failures = 0;  // to connect, in a row
        std::uint32_t not_before = 0;
        std::optional<Error> failure;
        std::string failed_server;
    };

    void work();
    Destination* choose();
    void serve(Destination& destination, std::unique_lock<std::mutex>& lock);
    bool wait_for_job(Destination& destination, std::unique_lock<std::mutex>& lock);
    void run(Destination& destination, Job job, std::unique_ptr<Transport>& transport,
             std::unique_lock<std::mutex>& lock);
    AttemptResult attempt(Destination& destination, const Job& job, std::unique_ptr<Transport>& transport);
    void learn(Destination& destination, const AttemptResult& result, bool is_down);
    void record(const Job& job, const AttemptResult& result, std::chrono::duration<double> seconds) const;
    void end(const Job& job);
    void signal_finished() const;

    PoolSettings settings_;
    store::Fd finished_fd_;
    std::mutex mutex_;  // of all that follows
    std::condition_variable changed_;
    std::map<std::string, Destination> destinations_;
    std::vector<std::shared_ptr<ActiveMessage>> finished_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace mailpipe::app
