#include "mailpipe/app/send/sender_group.hpp"

#include <sys/eventfd.h>

#include <algorithm>

#include "mailpipe/app/send/sender.hpp"

namespace mailpipe::app {

// Without news a sender that has come is seen when the wait of the others is over.
SenderGroup::SenderGroup() : news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void SenderGroup::carry(Sender& sender) {
    if (!sender.go_on()) return;
    Place place{&sender, Clock::now()};
    std::unique_lock lock(mutex_);
    places_.push_back(&place);
    if (is_led_) ::eventfd_write(news_.get(), 1);
    while (!place.left) {
        if (is_led_) {
            place.called.wait(lock);
            continue;
        }
        is_led_ = true;
        while (!place.left)
            look_after_all(lock);
        is_led_ = false;
        // Another one has to lead.
        if (!places_.empty()) places_.front()->called.notify_one();
    }
}

void SenderGroup::look_after_all(std::unique_lock<std::mutex>& lock) {
    known_ = places_;
    lock.unlock();
    waiting_.assign(1, {news_.get(), POLLIN, 0});
    bool waits = true;
    for (const Place* place : known_) {
        const int descriptor = place->sender->descriptor();
        waits = waits && descriptor >= 0;
        waiting_.push_back({descriptor, POLLIN, 0});
    }
    ::poll(waiting_.data(), waiting_.size(), waits ? static_cast<int>(kQuick.count()) : 0);
    if (waiting_[0].revents != 0) {
        eventfd_t count = 0;
        ::eventfd_read(news_.get(), &count);
    }
    const auto now = Clock::now();
    for (std::size_t i = 0; i < known_.size(); ++i) {
        Place& place = *known_[i];
        const pollfd& waited = waiting_[i + 1];
        if (waited.fd >= 0 && waited.revents == 0) {
            place.leaves = now - place.since >= kQuick;
        } else {
            place.leaves = !place.sender->go_on();
            place.since = now;
        }
    }
    lock.lock();
    std::erase_if(places_, [](Place* place) {
        if (!place->leaves) return false;
        // Its thread owns the place, and waits for the lock.
        place->left = true;
        place->called.notify_one();
        return true;
    });
}

}  // namespace mailpipe::app
