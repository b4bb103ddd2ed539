#pragma once

#include <atomic>
#include <string>

#include "mailpipe/app/serve/limits/limits_options.hpp"
#include "mailpipe/app/serve/limits/rate_limiter.hpp"
#include "mailpipe/app/serve/limits/seats.hpp"
#include "mailpipe/net/server_stream.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// What one connection takes up of what is limited, until it is destroyed.
struct Admitted {
    Seats::Seat address;
    Seats::Seat user;
};

// Decides who may still come in and what he may still send. From any thread; times are those of RateLimiter::Clock. An
// error is what the peer is told: SMTP's reply, whose text does for other protocols, too.
class Admission {
 public:
    using Clock = RateLimiter::Clock;
    using Verdict = tl::expected<void, smtp::Reply>;

    // 421 4.7.0 for too many connections of the peer's address, or too many in a short time.
    Verdict connection(const net::Peer& peer, const ServeLimitsOptions& limits, Clock::time_point now,
                       Admitted& admitted);
    // 454 4.7.0 for too many connections of the user.
    Verdict login(const std::string& user, const ServeLimitsOptions& limits, Admitted& admitted);
    // MAIL: 450 4.7.1. `user` is empty for one who has not logged in; nobody counts the null reverse-path.
    Verdict message(const net::Peer& peer, const std::string& user, const std::string& reverse_path,
                    const ServeLimitsOptions& limits, Clock::time_point now);

    // Most connections that there may be are there: who is idle must go earlier.
    bool under_stress() const { return stress_; }
    void set_stress(bool stress) { stress_ = stress; }

 private:
    Seats addresses_;
    Seats users_;
    RateLimiter connections_;
    RateLimiter messages_;
    RateLimiter senders_;
    std::atomic<bool> stress_ = false;
};

// What counts as one address: an IPv4 address, the first 64 bits of an IPv6 address ("" for a Unix socket).
std::string network_of(const std::string& address);

}  // namespace mailpipe::app::serve
