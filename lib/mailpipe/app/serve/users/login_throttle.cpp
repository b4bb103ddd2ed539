#include "mailpipe/app/serve/users/login_throttle.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

unsigned left_of(unsigned count, LoginThrottle::Clock::duration passed) {
    const auto forgiven = passed / LoginThrottle::kForgiven;
    return forgiven >= count ? 0 : count - static_cast<unsigned>(forgiven);
}

}  // namespace

std::string throttled_address(std::string_view address) {
    const std::string text(address);
    std::array<unsigned char, 16> octets{};
    if (inet_pton(AF_INET6, text.c_str(), octets.data()) != 1) return text;
    std::fill(octets.begin() + 8, octets.end(), static_cast<unsigned char>(0));
    std::array<char, INET6_ADDRSTRLEN> prefix{};
    inet_ntop(AF_INET6, octets.data(), prefix.data(), prefix.size());
    return prefix.data();
}

unsigned LoginThrottle::Table::add(std::string_view key, Clock::time_point now) {
    auto found = failures.find(key);
    if (found == failures.end()) {
        if (failures.size() >= kTracked) {
            failures.erase(oldest_first.front());
            oldest_first.pop_front();
        }
        oldest_first.emplace_back(key);
        found = failures.emplace(std::string(key), Failures{0, now, std::prev(oldest_first.end())}).first;
    }
    Failures& known = found->second;
    known.count = std::min(left_of(known.count, now - known.last), kMostDoublings) + 1;
    known.last = now;
    oldest_first.splice(oldest_first.end(), oldest_first, known.age);
    return known.count;
}

unsigned LoginThrottle::Table::count(std::string_view key, Clock::time_point now) const {
    const auto found = failures.find(key);
    return found == failures.end() ? 0 : left_of(found->second.count, now - found->second.last);
}

std::chrono::milliseconds LoginThrottle::failed(std::string_view address, std::string_view user,
                                                Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const unsigned count =
        std::max(addresses_.add(throttled_address(address), now), users_.add(ascii::to_lower(user), now));
    return first_ * (1U << (count - 1));
}

bool LoginThrottle::is_suspicious(std::string_view address, Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    return addresses_.count(throttled_address(address), now) > 0;
}

}  // namespace mailpipe::app::serve
