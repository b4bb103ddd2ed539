#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/local_store.hpp"

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

// A group is closed when it reaches one of these.
constexpr std::size_t kGroupMessages = 1000;
constexpr std::uint64_t kGroupOctets = 64U << 20;
constexpr std::chrono::seconds kGroupAge{2};

struct Origin {
    std::uint32_t number = 0;
    Clock::time_point begun;
};

struct Group {
    std::unique_ptr<store::MailboxWriter> writer;
    std::vector<FetchState::Staged> staged;
    std::vector<Origin> origins;  // of each staged message
    std::uint64_t octets = 0;
    Clock::time_point begun;
};

// Steps 2 to 5 of delivery.hpp.
Result<std::vector<Delivered>> commit(Group& group, FetchState& state, const Location& destination) {
    if (auto durable = group.writer->make_durable(); !durable) {
        group.writer->discard();
        return tl::unexpected(durable.error());
    }
    if (auto recorded = state.record_staged(group.staged); !recorded) {
        group.writer->discard();
        return tl::unexpected(recorded.error());
    }
    // That made durable, too, that this writer's earlier groups are done.
    if (auto settled = group.writer->settle(); !settled) return tl::unexpected(settled.error());
    auto ids = group.writer->publish();
    if (!ids) return tl::unexpected(ids.error());
    const auto now = Clock::now();
    std::vector<Delivered> delivered;
    delivered.reserve(group.staged.size());
    for (std::size_t i = 0; i < group.staged.size(); ++i) {
        FetchState::Staged& staged = group.staged[i];
        const Origin& origin = group.origins[i];
        const double seconds = std::chrono::duration<double>(now - origin.begun).count();
        delivered.push_back(
            {std::move(staged.key), origin.number, ref_in_store(destination, (*ids)[i]), staged.size, seconds});
    }
    std::vector<FetchState::Done> done;
    done.reserve(delivered.size());
    for (std::size_t i = 0; i < delivered.size(); ++i)
        done.push_back(
            {delivered[i].key, delivered[i].size, group.staged[i].print, delivered[i].to, now_seconds()});
    if (auto recorded = state.record_done(done); !recorded) return tl::unexpected(recorded.error());
    group.staged = {};
    group.origins = {};
    return delivered;
}

// Commits one group at a time on its own thread. While it does, it alone uses the group's writer and the state.
class Committer {
 public:
    Committer(FetchState& state, Location destination) : state_(state), destination_(std::move(destination)) {
        // SIGINT and SIGTERM are for the thread that reads from the network: they end its wait.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;
    ~Committer() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    // Waits until the group before is committed. The writer of that one comes back.
    std::unique_ptr<store::MailboxWriter> start(Group group) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !busy_; });
        auto writer = std::move(group_.writer);
        group_ = std::move(group);
        busy_ = true;
        lock.unlock();
        changed_.notify_all();
        return writer;
    }

    std::unique_ptr<store::MailboxWriter> wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !busy_; });
        return std::move(group_.writer);
    }

    // The delivered come first, then the error, again and again.
    Result<std::vector<Delivered>> take() {
        const std::lock_guard lock(mutex_);
        if (!delivered_.empty()) return std::exchange(delivered_, {});
        if (error_) return Fail{*error_};
        return std::vector<Delivered>{};
    }

 private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return busy_ || stopping_; });
            if (!busy_) return;
            if (!error_) {
                lock.unlock();
                auto result = commit(group_, state_, destination_);
                lock.lock();
                if (!result) {
                    error_ = result.error();
                } else {
                    delivered_.insert(delivered_.end(), std::make_move_iterator(result->begin()),
                                      std::make_move_iterator(result->end()));
                }
            } else {
                group_.writer->discard();
            }
            busy_ = false;
            changed_.notify_all();
        }
    }

    FetchState& state_;
    Location destination_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Group group_;
    bool busy_ = false;
    bool stopping_ = false;
    std::vector<Delivered> delivered_;
    std::optional<Error> error_;
    std::thread thread_;
};

class StoreDelivery : public Delivery {
 public:
    StoreDelivery(std::unique_ptr<store::MailboxWriter> writer, std::unique_ptr<store::MailboxWriter> other,
                  Location destination, std::string place, FetchState& state)
        : other_(std::move(other)),
          destination_(std::move(destination)),
          place_(std::move(place)),
          state_(state) {
        group_.writer = std::move(writer);
    }

    Result<std::vector<Delivered>> recover() override {
        const auto pending = state_.pending(place_);
        std::vector<std::string> ids;
        for (const auto& staged : pending)
            ids.push_back(staged.id);
        auto entries = group_.writer->recover(ids);
        if (!entries) return tl::unexpected(entries.error());
        std::vector<Delivered> delivered;
        delivered.reserve(pending.size());  // `done` views it
        std::vector<FetchState::Done> done;
        FetchState::Keys lost;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            const std::string& entry = (*entries)[i];
            const FetchState::Staged& staged = pending[i];
            if (entry.empty()) {
                lost.push_back(staged.key);
                continue;
            }
            delivered.push_back({staged.key, 0, ref_in_store(destination_, entry), staged.size, -1});
            done.push_back({staged.key, staged.size, staged.print, delivered.back().to, now_seconds()});
        }
        if (pending.empty()) return delivered;
        if (auto recorded = state_.record_done(done); !recorded) return tl::unexpected(recorded.error());
        if (auto recorded = state_.record_lost(lost); !recorded) return tl::unexpected(recorded.error());
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        if (auto settled = group_.writer->settle(); !settled) return tl::unexpected(settled.error());
        return delivered;
    }

    Result<void> begin(const Message& /*message*/) override {
        begun_ = Clock::now();
        if (group_.staged.empty()) group_.begun = begun_;
        return group_.writer->begin();
    }
    Result<void> append(std::string_view crlf_text) override { return group_.writer->append(crlf_text); }

    Result<void> finish(const Message& message) override {
        auto staged = group_.writer->finish(message.keywords, message.received_at);
        if (!staged) return tl::unexpected(staged.error());
        group_.octets += staged->size;
        group_.staged.push_back({message.key, staged->size, std::move(staged->id), message.print, place_});
        group_.origins.push_back({message.number, begun_});
        const bool full = group_.staged.size() >= kGroupMessages || group_.octets >= kGroupOctets ||
                          Clock::now() - group_.begun >= kGroupAge;
        if (full) start_commit();
        return {};
    }

    void abandon() override { group_.writer->abandon(); }

    Result<std::vector<Delivered>> take() override {
        return committer_ ? committer_->take() : std::vector<Delivered>{};
    }

    Result<std::vector<Delivered>> flush() override {
        if (!group_.staged.empty()) start_commit();
        if (!committer_) return std::vector<Delivered>{};
        other_ = committer_->wait();
        auto delivered = committer_->take();
        if (!delivered) return delivered;
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        for (auto* writer : {group_.writer.get(), other_.get()}) {
            if (auto settled = writer->settle(); !settled) return tl::unexpected(settled.error());
        }
        return delivered;
    }

 private:
    // The thread starts with the first group: most runs find nothing to fetch.
    void start_commit() {
        if (!committer_) committer_.emplace(state_, destination_);
        auto writer = committer_->start(std::exchange(group_, {}));
        group_.writer = writer ? std::move(writer) : std::move(other_);
    }

    Group group_;
    std::unique_ptr<store::MailboxWriter> other_;  // when neither staging nor committing needs it
    Location destination_;
    std::string place_;
    FetchState& state_;
    Clock::time_point begun_;
    std::optional<Committer> committer_;
};

}  // namespace

Result<std::unique_ptr<Delivery>> make_store_delivery(const Location& destination, FetchState& state,
                                                      const std::string& place) {
    const auto format = store_format(destination);
    auto writer = store::open_writer(format, destination.path);
    if (!writer) return tl::unexpected(writer.error());
    auto other = store::open_writer(format, destination.path);
    if (!other) return tl::unexpected(other.error());
    return std::make_unique<StoreDelivery>(std::move(*writer), std::move(*other), destination, place, state);
}

}  // namespace mailpipe::app
