#include "mailpipe/app/queue/runner_news.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <string>

#include "mailpipe/net/network.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app {
namespace {

constexpr int kLongestWait = 1000;  // ms: so soon a signal to stop is seen
constexpr int kShortWait = 10;

int milliseconds(std::uint32_t now, const RunnerNews::Wait& wait) {
    if (wait.until && *wait.until <= now) return 0;
    return wait.is_short ? kShortWait : kLongestWait;
}

class ClockNews : public RunnerNews {
 public:
    std::uint32_t now() override { return static_cast<std::uint32_t>(std::time(nullptr)); }
    Result<News> wait(const Wait& wait) override {
        pollfd watched{wait.finished, POLLIN, 0};
        ::poll(&watched, 1, milliseconds(now(), wait));
        return News{};
    }
};

class SystemNews : public ClockNews {
 public:
    SystemNews(const queue::Spool& spool, store::Fd inotify, store::Fd netlink)
        : spool_(spool), inotify_(std::move(inotify)), netlink_(std::move(netlink)) {}

    Result<void> watch() {
        root_ = ::inotify_add_watch(inotify_.get(), (spool_.path() + "/messages").c_str(),
                                    IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        if (root_ < 0) return fail_errno(errno, spool_.path());
        auto names = spool_.buckets();
        if (!names) return tl::unexpected(names.error());
        for (const std::string& name : *names)
            watch_bucket(name);
        return {};
    }

    Result<News> wait(const Wait& wait) override {
        std::array<pollfd, 3> watched{
            {{wait.finished, POLLIN, 0}, {inotify_.get(), POLLIN, 0}, {netlink_.get(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), milliseconds(now(), wait));
        News news;
        if ((watched[1].revents & POLLIN) != 0) read_inotify(news);
        if ((watched[2].revents & POLLIN) != 0) read_netlink(news);
        return news;
    }

 private:
    void watch_bucket(const std::string& name) {
        const std::string path = spool_.path() + "/messages/" + name;
        // Gone again already, or there are too many: then the scan once in a while finds it.
        const int bucket = ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MOVED_TO | IN_ONLYDIR);
        if (bucket >= 0) buckets_[bucket] = name;
    }

    void read_inotify(News& news) {
        alignas(inotify_event) std::array<char, 64 * 1024> buffer;
        while (true) {
            const ssize_t count = ::read(inotify_.get(), buffer.data(), buffer.size());
            if (count <= 0) return;
            for (ssize_t at = 0; at < count;) {
                const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
                at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
                use(*event, news);
            }
        }
    }

    void use(const inotify_event& event, News& news) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            news.rescan = true;
        } else if ((event.mask & IN_IGNORED) != 0) {
            buckets_.erase(event.wd);
        } else if (event.len > 0 && event.wd == root_) {
            watch_bucket(event.name);
            // What came between its making and the watch.
            static_cast<void>(
                spool_.scan(event.name, [&news](const queue::Entry& entry) { news.entries.push_back(entry); }));
        } else if (event.len > 0) {
            if (const auto entry = queue::parse_name(event.name)) news.entries.push_back(*entry);
        }
    }

    void read_netlink(News& news) const {
        std::array<char, 16 * 1024> buffer{};
        while (::read(netlink_.get(), buffer.data(), buffer.size()) > 0)
            news.network_up = true;
    }

    const queue::Spool& spool_;
    store::Fd inotify_;
    store::Fd netlink_;
    int root_ = -1;
    std::map<int, std::string> buckets_;
};

}  // namespace

Result<std::unique_ptr<RunnerNews>> make_system_news(const queue::Spool& spool) {
    store::Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify) return fail_errno(errno, "inotify");
    auto news = std::make_unique<SystemNews>(spool, std::move(inotify), store::Fd(net::open_network_watch()));
    if (auto watched = news->watch(); !watched) return tl::unexpected(watched.error());
    return news;
}

std::unique_ptr<RunnerNews> make_clock_news() {
    return std::make_unique<ClockNews>();
}

}  // namespace mailpipe::app
