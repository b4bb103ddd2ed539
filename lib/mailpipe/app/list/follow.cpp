#include "mailpipe/app/list/follow.hpp"

#include <poll.h>

#include <algorithm>

#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

// A signal that comes just before poll(2) is seen after so long.
constexpr std::chrono::milliseconds kLongestWait{500};

// false: it has ended.
bool look(const std::string& where, Follower& follower, Listing& listing) {
    const auto looked = follower.look();
    if (looked) return true;
    if (!stop_requested()) listing.report(where, looked.error());
    return false;
}

}  // namespace

Result<std::unique_ptr<Follower>> open_follower(const Location& location, Listing& listing) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
            return open_store_follower(location, listing);
        case Scheme::imap:
        case Scheme::imaps:
            return open_imap_follower(location, listing);
        default:
            return fail(Errc::usage, "cannot be followed; give a Maildir, an mbox, or an imap or imaps URL");
    }
}

void follow(std::vector<std::pair<std::string, std::unique_ptr<Follower>>> followers, Listing& listing) {
    std::erase_if(followers, [&listing](auto& one) {
        if (stop_requested() || listing.output.ended()) return true;
        const auto started = one.second->start();
        if (!started && !stop_requested()) listing.report(one.first, started.error());
        return !started;
    });
    while (!followers.empty() && !stop_requested() && !listing.output.ended()) {
        auto until = Clock::now() + kLongestWait;
        std::vector<struct pollfd> polled;
        for (const auto& [where, follower] : followers) {
            until = std::min(until, follower->due());
            polled.push_back({follower->descriptor(), POLLIN, 0});
        }
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(0, wait.count())));
        if (stop_requested()) return;
        std::vector<bool> ended(followers.size());
        for (std::size_t i = 0; i < followers.size(); ++i) {
            auto& [where, follower] = followers[i];
            if (polled[i].revents == 0 && Clock::now() < follower->due()) continue;
            ended[i] = !look(where, *follower, listing);
        }
        std::size_t kept = 0;
        for (std::size_t i = 0; i < followers.size(); ++i) {
            if (!ended[i]) std::swap(followers[kept++], followers[i]);
        }
        followers.resize(kept);
    }
}

}  // namespace mailpipe::app
