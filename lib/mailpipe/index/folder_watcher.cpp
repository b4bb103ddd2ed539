#include "mailpipe/index/folder_watcher.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "mailpipe/store/file.hpp"

namespace mailpipe::index {
namespace {

constexpr auto kBurst = std::chrono::milliseconds(3);
constexpr std::uint32_t kEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;

struct Watched {
    std::function<void()> changed;
    std::vector<int> watches;
};

// Shared with the thread, which may be the one that ends it all.
struct State {
    store::Fd events, wake;
    std::mutex mutex;
    bool stop = false;
    std::map<int, std::vector<std::shared_ptr<Watched>>> watched;
    std::deque<std::function<void()>> posted;

    void signal() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
    }

    std::set<std::shared_ptr<Watched>> read_events() {
        std::set<std::shared_ptr<Watched>> touched;
        alignas(inotify_event) std::array<char, 65536> buffer{};
        while (true) {
            const ssize_t count = ::read(events.get(), buffer.data(), buffer.size());
            if (count <= 0) return touched;
            const std::lock_guard lock(mutex);
            for (ssize_t at = 0; at < count;) {
                const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
                at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
                if ((event->mask & IN_Q_OVERFLOW) != 0) {
                    for (const auto& [watch, all] : watched)
                        touched.insert(all.begin(), all.end());
                } else if (const auto found = watched.find(event->wd); found != watched.end()) {
                    touched.insert(found->second.begin(), found->second.end());
                }
            }
        }
    }

    void run() {
        std::array<struct pollfd, 2> waiting{{{events.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}}};
        while (true) {
            if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
            std::uint64_t count = 0;
            [[maybe_unused]] const auto read = ::read(wake.get(), &count, sizeof count);
            if ((waiting[0].revents & POLLIN) != 0) std::this_thread::sleep_for(kBurst);
            const auto touched = read_events();
            std::deque<std::function<void()>> work;
            {
                const std::lock_guard lock(mutex);
                if (stop) return;
                work.swap(posted);
            }
            for (const auto& each : touched)
                each->changed();
            for (const auto& each : work)
                each();
        }
    }
};

class Inotify : public FolderWatcher {
 public:
    explicit Inotify(std::shared_ptr<State> state) : state_(std::move(state)) {
        thread_ = std::thread([state = state_] { state->run(); });
    }
    ~Inotify() override {
        {
            const std::lock_guard lock(state_->mutex);
            state_->stop = true;
        }
        state_->signal();
        // What was called may have been the last to hold this.
        if (thread_.get_id() == std::this_thread::get_id()) {
            thread_.detach();
        } else {
            thread_.join();
        }
    }

    std::shared_ptr<void> watch(const std::string& maildir, std::function<void()> changed) override {
        auto entry = std::make_shared<Watched>();
        entry->changed = std::move(changed);
        {
            const std::lock_guard lock(state_->mutex);
            for (const char* directory : {"/new", "/cur"}) {
                const int watch =
                    ::inotify_add_watch(state_->events.get(), (maildir + directory).c_str(), kEvents);
                if (watch < 0) {
                    forget(*state_, entry);
                    return nullptr;
                }
                entry->watches.push_back(watch);
                state_->watched[watch].push_back(entry);
            }
        }
        // What came before the kernel watched.
        post([weak = std::weak_ptr<Watched>(entry)] {
            if (const auto watched = weak.lock()) watched->changed();
        });
        return std::shared_ptr<void>(entry.get(), [entry, state = state_](void*) {
            const std::lock_guard lock(state->mutex);
            forget(*state, entry);
        });
    }

    void post(std::function<void()> work) override {
        {
            const std::lock_guard lock(state_->mutex);
            state_->posted.push_back(std::move(work));
        }
        state_->signal();
    }

 private:
    static void forget(State& state, const std::shared_ptr<Watched>& entry) {
        for (const int watch : entry->watches) {
            auto& all = state.watched[watch];
            all.erase(std::remove(all.begin(), all.end(), entry), all.end());
            if (!all.empty()) continue;
            state.watched.erase(watch);
            ::inotify_rm_watch(state.events.get(), watch);
        }
    }

    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace

std::shared_ptr<FolderWatcher> FolderWatcher::create() {
    auto state = std::make_shared<State>();
    state->events = store::Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    state->wake = store::Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!state->events || !state->wake) return nullptr;
    return std::make_shared<Inotify>(std::move(state));
}

}  // namespace mailpipe::index
