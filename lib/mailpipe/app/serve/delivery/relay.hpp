#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/queue/queue_events.hpp"
#include "mailpipe/app/queue/random.hpp"
#include "mailpipe/app/queue/runner.hpp"
#include "mailpipe/app/queue/ways.hpp"
#include "mailpipe/app/serve/current_config.hpp"
#include "mailpipe/app/serve/delivery/deliverer.hpp"
#include "mailpipe/app/serve/delivery/local_transport.hpp"
#include "mailpipe/app/serve/events.hpp"

namespace mailpipe::app::serve {

// Mail for elsewhere: the queue it goes into, and the runner that sends it from there, on a thread of its own. What of it
// is for a user here, a report first of all, goes straight into the mailbox.
class Relay : private QueueEvents {
 public:
    // All outlive this; `config.relay` is there. Errors: those of open_spool().
    static Result<std::unique_ptr<Relay>> open(const Config& config, EventLog& events,
                                               Diagnostics& diagnostics);
    ~Relay() override;  // as stop()

    queue::Spool& spool() { return *spool_; }
    // All outlive the runner. Errors: those that need no server to be wrong.
    Result<void> start(const CurrentConfig& config, Deliverer& deliverer, SpoolBudget& budget, Quota& quota);
    // Lets each transaction end that has begun, for as long as `request_stop()` allows.
    void stop();

 private:
    Relay(const Config& config, EventLog& events, Diagnostics& diagnostics,
          std::unique_ptr<queue::Spool> spool);
    Result<const Transports*> find_transports(const std::string& server);
    RunnerSettings settings();

    void attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) override;
    void reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                  const std::vector<std::uint32_t>& recipients, queue::Id report) override;
    void undeliverable(queue::Id id, const queue::Submission& submission) override;
    void failed(const Error& error) override;

    const Config& config_;
    EventLog& events_;
    Diagnostics& diagnostics_;
    std::unique_ptr<queue::Spool> spool_;
    config::Accounts accounts_;
    Ways ways_;
    Random random_;
    std::map<std::string, std::unique_ptr<LocalTransports>> transports_;  // by server
    std::optional<LocalDelivery> local_;
    std::unique_ptr<RunnerNews> news_;
    std::optional<Runner> runner_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace mailpipe::app::serve
