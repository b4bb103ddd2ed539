#include "mailpipe/app/queue/run_queue.hpp"

#include <memory>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/queue/queue_output.hpp"
#include "mailpipe/app/queue/random.hpp"
#include "mailpipe/app/queue/runner.hpp"
#include "mailpipe/app/queue/ways.hpp"
#include "mailpipe/app/send/own_host.hpp"
#include "mailpipe/app/service_notify.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/exit_status.hpp"
#include "mailpipe/net/network.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app {
namespace {

class QueueRun {
 public:
    explicit QueueRun(const SendOptions& options)
        : options_(options),
          diagnostics_("mail-send", options.common),
          accounts_(options.client, diagnostics_),
          output_(options.common, diagnostics_),
          ways_(options, accounts_, options.common.trace ? &trace_ : nullptr) {}

    int run() {
        if (auto done = run_spool(); !done) diagnostics_.error("", done.error());
        return diagnostics_.exit_status();
    }

 private:
    Result<void> run_spool() {
        auto spool = open_spool(options_.queue);
        if (!spool) return tl::unexpected(spool.error());
        const bool is_watch = options_.queue.action == QueueOptions::Action::watch;
        auto news =
            is_watch ? make_system_news(**spool) : Result<std::unique_ptr<RunnerNews>>(make_clock_news());
        if (!news) return tl::unexpected(news.error());
        Runner runner(
            **spool, [this](const std::string& server) { return ways_.find(server); }, settings(), **news,
            output_);
        if (!is_watch) {
            if (auto flushed = runner.flush(); !flushed) return flushed;
            return judge(**spool);
        }
        notify_service("READY=1");
        return runner.watch();
    }

    RunnerSettings settings() {
        RunnerSettings result;
        result.schedule = schedule_of(options_.queue);
        result.jobs = options_.queue.connections;
        result.per_destination = options_.queue.connections_to_destination;
        result.host_name = options_.helo_name.empty() ? qualified_host_name().value_or(store::host_name())
                                                      : options_.helo_name;
        result.random = [this] { return random_(); };
        result.has_network = net::has_network;
        result.stop = stop_requested;
        return result;
    }

    // 75 when something is left that is to be tried again.
    Result<void> judge(const queue::Spool& spool) {
        std::size_t left = 0;
        auto scanned =
            spool.scan([&left](const queue::Entry& entry) { left += entry.due == queue::kNever ? 0 : 1; });
        if (!scanned) return scanned;
        if (left == 0) return {};
        const std::string text = std::to_string(left) + (left == 1 ? " message stays" : " messages stay");
        return fail(Errc::temporary, text + " in the queue, to be tried again; see mail-send --list");
    }

    const SendOptions& options_;
    Diagnostics diagnostics_;
    config::Accounts accounts_;
    QueueOutput output_;
    StderrTrace trace_;
    Random random_;
    Ways ways_;
};

}  // namespace

int run_queue(const SendOptions& options) {
    install_stop_handlers();
    return QueueRun(options).run();
}

}  // namespace mailpipe::app
