#include "mailpipe/app/serve/delivery/relay.hpp"

#include <utility>

#include "mailpipe/app/location.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/queue/queue_record.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/net/network.hpp"

namespace mailpipe::app::serve {

Relay::Relay(const Config& config, EventLog& events, Diagnostics& diagnostics,
             std::unique_ptr<queue::Spool> spool)
    : config_(config),
      events_(events),
      diagnostics_(diagnostics),
      spool_(std::move(spool)),
      accounts_(config.relay->client, diagnostics),
      ways_(*config.relay, accounts_, nullptr) {}

Result<std::unique_ptr<Relay>> Relay::open(const Config& config, EventLog& events, Diagnostics& diagnostics) {
    auto spool = open_spool(config.relay->queue);
    if (!spool) return tl::unexpected(spool.error());
    return std::unique_ptr<Relay>(new Relay(config, events, diagnostics, std::move(*spool)));
}

Relay::~Relay() {
    stop();
}

RunnerSettings Relay::settings() {
    RunnerSettings result;
    result.schedule = schedule_of(config_.relay->queue);
    result.jobs = config_.relay->queue.connections;
    result.per_destination = config_.relay->queue.connections_to_destination;
    result.host_name = config_.host_name;
    result.random = [this] { return random_(); };
    result.has_network = net::has_network;
    result.stop = [this] { return stopping_.load(); };
    return result;
}

Result<const Transports*> Relay::find_transports(const std::string& server) {
    auto others = ways_.find(server);
    if (!others) return others;
    auto& known = transports_[server];
    if (!known) known = std::make_unique<LocalTransports>(*local_, **others);
    return known.get();
}

Result<void> Relay::start(const CurrentConfig& config, Deliverer& deliverer, SpoolBudget& budget,
                          Quota& quota) {
    local_.emplace(LocalDelivery{config, deliverer, quota, budget});
    if (auto found = find_transports(""); !found) {
        Error error = found.error();
        const bool names_option = error.message.starts_with("--");
        if (!names_option)
            error.message.insert(0, "--relay-server " + without_password(config_.relay->server) + ": ");
        return tl::unexpected(std::move(error));
    }
    auto news = make_system_news(*spool_);
    if (!news) return tl::unexpected(news.error());
    news_ = std::move(*news);
    runner_.emplace(
        *spool_, [this](const std::string& server) { return find_transports(server); }, settings(), *news_,
        static_cast<QueueEvents&>(*this));
    thread_ = std::thread([this] {
        if (auto watched = runner_->watch(); !watched) failed(watched.error());
    });
    return {};
}

void Relay::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    request_stop();
    thread_.join();
    runner_.reset();
}

void Relay::attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) {
    events_.write(attempt_record(id, submission, attempted));
}

void Relay::reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                     const std::vector<std::uint32_t>& recipients, queue::Id report) {
    events_.write(report_record(id, submission, kind, recipients, report));
}

void Relay::undeliverable(queue::Id id, const queue::Submission& submission) {
    events_.write(undeliverable_record(id, submission));
}

void Relay::failed(const Error& error) {
    Json json = make_event("error");
    json["kind"] = kind_name(error.kind);
    json["message"] = error.message;
    events_.write(json);
    diagnostics_.note("queue", error.message);
}

}  // namespace mailpipe::app::serve
