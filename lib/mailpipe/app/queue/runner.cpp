#include "mailpipe/app/queue/runner.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace mailpipe::app {
namespace {

// Messages that are open at a time, beside those that are being sent.
constexpr std::size_t kAhead = 200;
constexpr std::uint32_t kOfflineRest = 30;  // s between two looks whether the network is there
constexpr std::uint32_t kScanEvery = 3600;  // s: what inotify did not tell
constexpr int kShortTries = 100;            // of 10 ms each
constexpr std::uint32_t kAfterBusy = 10;    // s
constexpr std::uint32_t kAfterError = 300;  // s: a message that could not be read or has no way to go

PoolSettings pool_settings(const RunnerSettings& settings, RunnerNews& news) {
    return {settings.schedule,
            settings.jobs,
            settings.per_destination,
            settings.linger,
            [&news] { return news.now(); },
            settings.random,
            settings.has_network};
}

}  // namespace

Runner::Runner(queue::Spool& spool, FindTransports find_transports, RunnerSettings settings, RunnerNews& news,
               QueueEvents& events)
    : spool_(spool),
      find_transports_(std::move(find_transports)),
      settings_(std::move(settings)),
      news_(news),
      events_(events),
      finisher_(spool,
                {settings_.schedule, settings_.host_name, [&news] { return news.now(); }, settings_.random},
                events),
      pool_(pool_settings(settings_, news)) {}

Result<void> Runner::flush() {
    is_flush_ = true;
    return run();
}

Result<void> Runner::watch() {
    is_flush_ = false;
    return run();
}

void Runner::add(const queue::Entry& entry, std::uint32_t when) {
    // What was deferred by this run is not for it.
    if (!is_flush_ || when <= news_.now()) scheduler_.add(entry, when);
    if (!is_flush_) own_names_[entry.id] = entry.due;
}

Result<void> Runner::load() {
    std::vector<queue::Entry> held;
    auto scanned = spool_.scan([this, &held](const queue::Entry& entry) {
        if (entry.due == queue::kNever) return held.push_back(entry);
        scheduler_.add(entry, is_flush_ ? 0 : entry.due);
    });
    if (!scanned) return scanned;
    for (const queue::Entry& entry : held)
        recover(spool_.lock(entry));
    next_scan_ = news_.now() + kScanEvery;
    return {};
}

void Runner::recover(Result<std::optional<queue::QueuedFile>> file) {
    Result<void> done;
    if (!file && file.error().kind != Errc::temporary) done = tl::unexpected(file.error());
    if (file && *file) {
        done = finisher_.recover(std::move(**file),
                                 [this](const queue::Entry& entry, std::uint32_t when) { add(entry, when); });
    }
    if (!done) events_.failed(done.error());
}

Result<void> Runner::run() {
    if (auto cleaned = spool_.clean(); !cleaned) return cleaned;
    if (auto loaded = load(); !loaded) return loaded;
    while (!is_over()) {
        take_busy();
        feed();
        if (is_over()) break;
        if (auto listened = listen(); !listened) return listened;
        finish();
    }
    pool_.stop();
    while (open_ > 0) {
        if (auto waited = news_.wait({pool_.finished_fd(), true, false, std::nullopt}); !waited)
            return tl::unexpected(waited.error());
        finish();
    }
    return {};
}

bool Runner::is_over() {
    if (settings_.stop()) return true;
    if (!is_flush_ || open_ > 0 || !busy_.empty()) return false;
    // Nothing more can be fed: the rest has no network.
    return scheduler_.size() == 0 || news_.now() < offline_until_;
}

void Runner::feed() {
    const std::size_t most = settings_.jobs + kAhead;
    const std::size_t most_of_group = std::max(2 * settings_.per_destination, kAhead / 2);
    while (open_ < most && !settings_.stop()) {
        const std::uint32_t now = news_.now();
        if (now < offline_until_) return;
        const auto entry = scheduler_.next(now, [&](std::uint32_t group) {
            const auto found = in_groups_.find(group);
            return group == queue::kManyDomains || found == in_groups_.end() || found->second < most_of_group;
        });
        if (!entry) return;
        take(*entry, 0);
    }
}

// Whoever queues a message has it until it is durable, a few milliseconds; another runner as long as its server takes.
void Runner::take_busy() {
    for (const Busy& busy : std::exchange(busy_, {}))
        take(busy.entry, busy.tries);
}

void Runner::take(const queue::Entry& entry, int tries) {
    auto file = spool_.lock(entry);
    if (!file && file.error().kind == Errc::temporary) {
        if (tries < kShortTries) return busy_.push_back({entry, tries + 1});
        // Its outcome is that process's.
        if (!is_flush_) scheduler_.add(entry, news_.now() + kAfterBusy);
        return;
    }
    if (!file) {
        events_.failed(file.error());
        return add(entry, news_.now() + kAfterError);
    }
    if (!*file) return;
    const queue::Message& state = (*file)->message();
    if (state.held()) return recover(std::move(file));
    const std::uint32_t now = news_.now();
    std::vector<std::uint32_t> recipients =
        is_flush_ ? state.waiting_recipients(now) : state.due_recipients(now);
    auto message = std::make_shared<ActiveMessage>(std::move(**file), entry.group);
    ++open_;
    ++in_groups_[entry.group];
    // Its name said less than its file, or it was interrupted before its report.
    if (recipients.empty()) return pool_.finish(std::move(message));
    try_message(std::move(message), std::move(recipients));
}

void Runner::try_message(std::shared_ptr<ActiveMessage> message, std::vector<std::uint32_t> recipients) {
    const queue::Submission& submission = message->file.message().submission();
    auto transports = find_transports_(submission.server);
    if (!transports) {
        const std::lock_guard lock(message->mutex);
        AttemptResult result;
        result.recipients = std::move(recipients);
        result.finished = tl::unexpected(transports.error());
        result.server = submission.server;
        result.time = news_.now();
        Attempted attempted{result.server,
                            "",
                            judge(message->file.message(), result, settings_.schedule, settings_.random()),
                            {}};
        for (const queue::Event& event : attempted.events) {
            if (auto appended = message->file.append(event); !appended) message->unsaved = true;
        }
        message->attempted.push_back(std::move(attempted));
        return pool_.finish(message);
    }
    std::map<std::string, std::vector<std::uint32_t>> by_destination;
    for (const std::uint32_t recipient : recipients)
        by_destination[(*transports)->destination(submission.envelope.recipients[recipient])].push_back(
            recipient);
    std::vector<AttemptPool::Part> parts;
    for (auto& [destination, of_it] : by_destination)
        parts.push_back({*transports, submission.server, destination, {message, std::move(of_it)}});
    pool_.add(std::move(parts));
}

void Runner::finish() {
    const auto finished = pool_.take_finished();
    const auto again = [this](const queue::Entry& entry, std::uint32_t when) { add(entry, when); };
    for (const auto& message : finished) {
        --open_;
        if (--in_groups_[message->group] == 0) in_groups_.erase(message->group);
        if (message->offline) offline_until_ = news_.now() + kOfflineRest;
    }
    // There is something to send while the disk syncs.
    feed();
    finisher_.save_what_is_not(again);
    if (!finished.empty()) finisher_.finish(finished, again);
}

Result<void> Runner::listen() {
    const std::uint32_t now = news_.now();
    std::optional<std::uint32_t> until = scheduler_.next_due(now);
    if (now < offline_until_) until = offline_until_;
    auto news = news_.wait({pool_.finished_fd(), open_ > 0, !busy_.empty(), until});
    if (!news) return tl::unexpected(news.error());
    if (news->network_up) offline_until_ = 0;
    for (const queue::Entry& entry : news->entries) {
        const auto own = own_names_.find(entry.id);
        const bool is_own = own != own_names_.end() && own->second == entry.due;
        if (is_own) {
            own_names_.erase(own);
        } else if (entry.due != queue::kNever) {
            scheduler_.add(entry, entry.due);
        }
    }
    if (news->rescan || (!is_flush_ && news_.now() >= next_scan_)) {
        scheduler_.clear();
        own_names_.clear();
        return load();
    }
    return {};
}

}  // namespace mailpipe::app
