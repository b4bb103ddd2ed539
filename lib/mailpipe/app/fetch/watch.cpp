#include "mailpipe/app/fetch/watch.hpp"

#include <poll.h>

#include <algorithm>
#include <deque>
#include <mutex>
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
        std::mt19937_64 random{std::random_device{}()};
        std::uint32_t failures = 0;
        while (!ending()) {
            run_.gone = false;
            state_ = State::fetching;
            const bool done = fetch_.fetch(sources_);
            looked_ = true;
            if (ending()) break;
            if (done) {
                failures = 0;
                for (const FetchSource& source : sources_)
                    console_.recovered(encode(source.location));
                const auto delay = std::max<std::int64_t>(options_.interval, fetch_.login_delay());
                wait(std::chrono::seconds(delay), true);
            } else {
                if (run_.hopeless) break;
                fetch_.disconnect();
                wait(backoff(++failures, random()), false);
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

    void wait(std::chrono::milliseconds longest, bool for_news) {
        state_ = State::waiting;
        const auto due = BootClock::now() + longest;
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
