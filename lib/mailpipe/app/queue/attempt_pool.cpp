#include "mailpipe/app/queue/attempt_pool.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/send/envelope_part.hpp"

namespace mailpipe::app {
namespace {

// How long a destination that could not be reached is left alone, in seconds.
constexpr std::uint32_t kFirstRest = 60;
constexpr std::uint32_t kLongestRest = 900;

std::uint32_t rest_after(std::uint32_t failures) {
    return failures > 4 ? kLongestRest : std::min(kLongestRest, kFirstRest << (failures - 1));
}

// The server is there and asks for less.
bool asks_for_less(const smtp::Finished& finished) {
    return std::any_of(
        finished.recipients.begin(), finished.recipients.end(), [](const smtp::RecipientResult& one) {
            return !one.accepted && (one.reply.code == 421 || one.reply.code == 450 || one.reply.code == 451);
        });
}

// And no server that somebody configured.
bool is_domain(const std::string& destination) {
    return !destination.empty() && destination.find('/') == std::string::npos;
}

Result<void> load_text(ActiveMessage& message, OutgoingText& text) {
    const std::lock_guard lock(message.mutex);
    for (std::uint64_t offset = 0;;) {
        auto piece = message.file.read_text(offset);
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) return text.finish();
        if (auto kept = text.append(*piece); !kept) return kept;
        offset += piece->size();
    }
}

smtp::Envelope envelope_of(const Job& job, const OutgoingText& text, std::uint32_t now) {
    const queue::Submission& submission = job.message->file.message().submission();
    smtp::Envelope envelope = envelope_part(submission.envelope, job.recipients);
    // Whoever submitted it may have said less.
    if (text.eight_bit() && envelope.body == smtp::Body::seven_bit) envelope.body = smtp::Body::eight_bit;
    // RFC 2852 section 4.1: the time that is left.
    if (envelope.by) envelope.by->seconds -= now - std::min(now, submission.arrived);
    return envelope;
}

}  // namespace

AttemptPool::AttemptPool(PoolSettings settings)
    : settings_(std::move(settings)), finished_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!finished_fd_) throw std::runtime_error("eventfd");
}

AttemptPool::~AttemptPool() {
    stop();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void AttemptPool::signal_finished() const {
    // Full, it is readable already.
    static_cast<void>(::eventfd_write(finished_fd_.get(), 1));
}

void AttemptPool::add(std::vector<Part> parts) {
    const std::lock_guard lock(mutex_);
    parts.front().job.message->open_jobs = parts.size();
    for (Part& part : parts) {
        Destination& destination =
            destinations_.try_emplace(part.server + '\n' + part.destination, part.transports, part.destination)
                .first->second;
        destination.jobs.push_back(std::move(part.job));
        if (idle_ == 0 && threads_.size() < settings_.jobs) threads_.emplace_back([this] { work(); });
    }
    changed_.notify_all();
}

void AttemptPool::finish(std::shared_ptr<ActiveMessage> message) {
    const std::lock_guard lock(mutex_);
    finished_.push_back(std::move(message));
    signal_finished();
}

std::vector<std::shared_ptr<ActiveMessage>> AttemptPool::take_finished() {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(finished_fd_.get(), &count));
    return std::exchange(finished_, {});
}

void AttemptPool::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [key, destination] : destinations_) {
        for (const Job& job : std::exchange(destination.jobs, {}))
            end(job);
    }
    changed_.notify_all();
}

void AttemptPool::end(const Job& job) {
    if (--job.message->open_jobs > 0) return;
    finished_.push_back(job.message);
    signal_finished();
}

AttemptPool::Destination* AttemptPool::choose() {
    // The one with the fewest connections; a list of mailings to one domain leaves the others theirs.
    Destination* chosen = nullptr;
    for (auto& [key, destination] : destinations_) {
        if (destination.jobs.empty() || destination.workers >= static_cast<std::size_t>(destination.limit))
            continue;
        if (chosen == nullptr || destination.workers < chosen->workers) chosen = &destination;
    }
    return chosen;
}

void AttemptPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (Destination* destination = choose()) {
            serve(*destination, lock);
        } else if (ending_) {
            return;
        } else {
            ++idle_;
            changed_.wait(lock);
            --idle_;
        }
    }
}

// False: the connection is not needed any more, or its thread is needed elsewhere.
bool AttemptPool::wait_for_job(Destination& destination, std::unique_lock<std::mutex>& lock) {
    if (destination.jobs.empty() && settings_.linger.count() > 0) {
        changed_.wait_for(lock, settings_.linger, [&] {
            return stopping_ || ending_ || !destination.jobs.empty() || (idle_ == 0 && choose() != nullptr);
        });
    }
    return !destination.jobs.empty();
}

void AttemptPool::serve(Destination& destination, std::unique_lock<std::mutex>& lock) {
    ++destination.workers;
    std::unique_ptr<Transport> transport;
    while (destination.workers <= static_cast<std::size_t>(destination.limit) &&
           wait_for_job(destination, lock)) {
        Job job = std::move(destination.jobs.front());
        destination.jobs.pop_front();
        run(destination, std::move(job), transport, lock);
    }
    if (transport) {
        lock.unlock();
        transport->quit();
        transport.reset();
        lock.lock();
    }
    --destination.workers;
    changed_.notify_all();
}

void AttemptPool::run(Destination& destination, Job job, std::unique_ptr<Transport>& transport,
                      std::unique_lock<std::mutex>& lock) {
    const std::uint32_t now = settings_.now();
    AttemptResult result;
    if (destination.failure && now < destination.not_before) {
        result.finished = tl::unexpected(*destination.failure);
        result.server = destination.failed_server;
        result.by_domain = is_domain(destination.name);
        lock.unlock();
        result.recipients = job.recipients;
        result.time = now;
        record(job, result, {});
        lock.lock();
        return end(job);
    }
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    result = attempt(destination, job, transport);
    record(job, result, std::chrono::steady_clock::now() - start);
    // One connection that breaks may be the fault of this message.
    const bool is_down = !result.finished && (!transport || transport->given_up());
    if (!result.finished) transport.reset();
    lock.lock();
    learn(destination, result, is_down);
    end(job);
}

AttemptResult AttemptPool::attempt(Destination& destination, const Job& job,
                                   std::unique_ptr<Transport>& transport) {
    AttemptResult result;
    result.recipients = job.recipients;
    result.by_domain = is_domain(destination.name);
    OutgoingText text(TextUse::relay);
    Result<void> ready = load_text(*job.message, text);
    if (ready && !transport) {
        auto opened = destination.transports->open(destination.name);
        if (opened) transport = std::move(*opened);
        if (!opened) ready = tl::unexpected(opened.error());
    }
    if (ready) {
        result.finished = transport->submit(envelope_of(job, text, settings_.now()), text);
        result.server = transport->server();
        result.tls = transport->tls_version();
    } else {
        result.finished = tl::unexpected(ready.error());
    }
    result.time = settings_.now();
    return result;
}

void AttemptPool::learn(Destination& destination, const AttemptResult& result, bool is_down) {
    if (result.finished) {
        destination.failures = 0;
        destination.failure.reset();
        const double most = static_cast<double>(settings_.per_destination);
        destination.limit = asks_for_less(*result.finished)
                                ? std::max(1.0, destination.limit / 2)
                                : std::min(most, destination.limit + 1 / destination.limit);
        return;
    }
    const Errc kind = result.finished.error().kind;
    if (!is_down || kind == Errc::data || kind == Errc::limit) return;
    destination.limit = std::max(1.0, destination.limit / 2);
    destination.failure = result.finished.error();
    destination.failed_server = result.server;
    destination.not_before = result.time + rest_after(++destination.failures);
}

void AttemptPool::record(const Job& job, const AttemptResult& result,
                         std::chrono::duration<double> seconds) const {
    ActiveMessage& message = *job.message;
    const bool is_unreached = !result.finished && !result.finished.error().reply;
    const bool is_offline =
        is_unreached && result.finished.error().kind == Errc::temporary && !settings_.has_network();
    const std::lock_guard lock(message.mutex);
    if (is_offline) {
        message.offline = true;
        return;
    }
    Attempted attempted{result.server, result.tls, {}, seconds};
    attempted.events = judge(message.file.message(), result, settings_.schedule, settings_.random());
    queue::Message after = message.file.message();
    for (const queue::Event& event : attempted.events)
        after.apply(event);
    // Of what is done for good nothing has to be kept, not even on a full disk.
    Result<void> saved;
    if (after.is_done()) {
        saved = message.file.remove();
        message.removed = saved.has_value();
    }
    for (const queue::Event& event : attempted.events) {
        if (message.removed) {
            message.file.apply(event);
        } else if (auto appended = message.file.append(event); !appended) {
            saved = appended;
        }
    }
    message.unsaved = message.unsaved || !saved;
    message.attempted.push_back(std::move(attempted));
}

}  // namespace mailpipe::app
