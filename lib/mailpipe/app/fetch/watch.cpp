#include "mailpipe/app/fetch/watch.hpp"

#include <poll.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "mailpipe/app/boot_clock.hpp"
#include "mailpipe/app/fetch/backoff.hpp"
#include "mailpipe/app/service_notify.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

constexpr int kSlice = 500;  // ms
// A fetch in which nothing comes for so long hangs: every wait for a server ends sooner.
constexpr std::chrono::minutes kHangs{10};

bool ending() {
    return stop_requested() || reload_requested();
}

// One account, on a thread of its own.
class Watched {
 public:
    Watched(const FetchOptions& options, FetchConsole& console, FetchShared& shared,
            const std::vector<FetchSource>& sources)
        : options_(options),
          console_(console),
          sources_(sources),
          run_{options, console, shared},
          fetch_(run_) {}

    void run() {
        auto next_whole = BootClock::now();
        while (!ending()) {
            run_.gone = false;
            state_ = State::fetching;
            const bool whole = BootClock::now() >= next_whole || !fetch_.has_news();
            const bool done = whole ? fetch_.fetch(sources_) : fetch_.fetch_news(sources_);
            looked_ = true;
            if (ending() || (!done && run_.hopeless)) break;
            if (whole) {
                const auto delay = std::max<std::int64_t>(options_.interval, fetch_.login_delay());
                next_whole = BootClock::now() + std::chrono::seconds(delay);
            }
            if (done || (fetch_.is_connected() && fetch_.any_failed() && !run_.gone)) {
                wait_for_news(done, next_whole);
            } else {
                fetch_.disconnect();
                wait(BootClock::now() + backoff(++failures_, random_()), false);
                next_whole = BootClock::now();
            }
        }
        fetch_.disconnect();
        looked_ = true;
        state_ = State::ended;
    }

    bool looked() const { return looked_; }
    bool ended() const { return state_ == State::ended; }
    bool waits() const { return state_ != State::fetching; }

 private:
    enum class State { fetching, waiting, ended };

    // Mailboxes that fail while others do not are tried again by themselves, and the others go on being watched.
    void wait_for_news(bool done, BootClock::time_point next_whole) {
        if (!fetch_.any_failed()) {
            failures_ = 0;
            retry_at_.reset();
            for (const FetchSource& source : sources_)
                console_.recovered(encode(source.location));
        } else if (!done) {
            retry_at_ = BootClock::now() + backoff(++failures_, random_());
        }
        const auto due = std::min(retry_at_.value_or(next_whole), next_whole);
        wait(due, true);
        // A connection that is gone is no reason to try again at once what has just failed.
        if (retry_at_ && !fetch_.has_news()) wait(due, false);
        if (retry_at_ && BootClock::now() >= *retry_at_) fetch_.retry();
    }

    void wait(BootClock::time_point due, bool for_news) {
        state_ = State::waiting;
        const auto over = [due] { return ending() || BootClock::now() >= due; };
        if (for_news) return fetch_.wait_for_news(over);
        while (!over())
            ::poll(nullptr, 0, kSlice);
    }

    const FetchOptions& options_;
    FetchConsole& console_;
    const std::vector<FetchSource>& sources_;
    FetchRun run_;
    AccountFetch fetch_;
    std::mt19937_64 random_{std::random_device{}()};
    std::uint32_t failures_ = 0;  // in a row
    std::optional<BootClock::time_point> retry_at_;
    std::atomic<bool> looked_ = false;
    std::atomic<State> state_ = State::fetching;
};

}  // namespace

void watch(const FetchOptions& options, FetchConsole& console,
           const std::vector<std::vector<FetchSource>>& accounts) {
    FetchShared shared;
    std::deque<Watched> watched;
    std::vector<std::thread> threads;
    for (const auto& sources : accounts) {
        Watched& one = watched.emplace_back(options, console, shared, sources);
        threads.emplace_back([&one] { one.run(); });
    }
    const auto all = [&watched](auto test) { return std::all_of(watched.begin(), watched.end(), test); };
    const auto watchdog = watchdog_interval();
    auto due = BootClock::now();
    bool ready = false;
    while (!ending() && !all([](const Watched& one) { return one.ended(); })) {
        if (!ready && all([](const Watched& one) { return one.looked(); })) {
            notify_service("READY=1");
            ready = true;
        }
        const bool lives = all([](const Watched& one) { return one.waits(); }) ||
                           BootClock::now() - console.last_activity() < kHangs;
        if (watchdog && lives && BootClock::now() >= due) {
            notify_service("WATCHDOG=1");
            due = BootClock::now() + *watchdog / 2;
        }
        ::poll(nullptr, 0, kSlice);
    }
    notify_service(stop_requested() ? "STOPPING=1" : "RELOADING=1");
    for (std::thread& thread : threads)
        thread.join();
}

}  // namespace mailpipe::app
