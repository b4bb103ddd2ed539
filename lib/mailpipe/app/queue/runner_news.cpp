#include "mailpipe/app/queue/runner_news.hpp"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <string>

#include "mailpipe/store/file.hpp"

namespace mailpipe::app {
namespace {

constexpr int kLongestWait = 1000;  // ms: so soon a signal to stop is seen

int milliseconds_until(std::uint32_t now, std::optional<std::uint32_t> until) {
    if (!until) return kLongestWait;
    return *until > now ? kLongestWait : 0;
}

class ClockNews : public RunnerNews {
 public:
    std::uint32_t now() override { return static_cast<std::uint32_t>(std::time(nullptr)); }
    Result<News> wait(int finished, bool, std::optional<std::uint32_t> until) override {
        pollfd watched{finished, POLLIN, 0};
        ::poll(&watched, 1, milliseconds_until(now(), until));
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

    Result<News> wait(int finished, bool, std::optional<std::uint32_t> until) override {
        std::array<pollfd, 3> watched{
            {{finished, POLLIN, 0}, {inotify_.get(), POLLIN, 0}, {netlink_.get(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), milliseconds_until(now(), until));
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
        while (::recv(netlink_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0)
            news.network_up = true;
    }

    const queue::Spool& spool_;
    store::Fd inotify_;
    store::Fd netlink_;
    int root_ = -1;
    std::map<int, std::string> buckets_;
};

// Without it (a sandbox) the network is tried once in a while.
store::Fd open_netlink() {
    store::Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (socket && ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        socket.reset();
    return socket;
}

}  // namespace

Result<std::unique_ptr<RunnerNews>> make_system_news(const queue::Spool& spool) {
    store::Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify) return fail_errno(errno, "inotify");
    auto news = std::make_unique<SystemNews>(spool, std::move(inotify), open_netlink());
    if (auto watched = news->watch(); !watched) return tl::unexpected(watched.error());
    return news;
}

std::unique_ptr<RunnerNews> make_clock_news() {
    return std::make_unique<ClockNews>();
}

bool has_network() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return true;
    bool found = false;
    for (const ifaddrs* one = all; one != nullptr && !found; one = one->ifa_next) {
        const bool is_up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_RUNNING) != 0;
        if (!is_up || (one->ifa_flags & IFF_LOOPBACK) != 0 || one->ifa_addr == nullptr) continue;
        if (one->ifa_addr->sa_family == AF_INET) found = true;
        if (one->ifa_addr->sa_family == AF_INET6) {
            const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
            found = !IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr);
        }
    }
    ::freeifaddrs(all);
    return found;
}

}  // namespace mailpipe::app
