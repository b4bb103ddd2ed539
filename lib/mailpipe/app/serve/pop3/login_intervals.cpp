#include "mailpipe/app/serve/pop3/login_intervals.hpp"

namespace mailpipe::app::serve {

bool LoginIntervals::log_in(const std::string& user, std::chrono::seconds interval, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    while (!order_.empty() && now - order_.front().first >= interval) {
        last_.erase(order_.front().second);
        order_.pop_front();
    }
    if (!last_.try_emplace(user, now).second) return false;
    order_.emplace_back(now, user);
    return true;
}

}  // namespace mailpipe::app::serve
