#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/base/trace.hpp"

namespace mailpipe::app::serve {

// What is so at this moment.
struct Gauges {
    std::size_t connections = 0;
    std::size_t max_connections = 0;
    bool stress = false;
    std::size_t background_jobs = 0;
    std::uint64_t spool_octets = 0;
    std::uint64_t queue_messages = 0;  // of the relay
};

// What has happened so far. From any thread, without locks.
class Metrics {
 public:
    void observe(const Json& event);
    // A line of a reply: SMTP's count by their first digit, the last of each reply; POP3's by +OK and -ERR.
    void reply_line(std::string_view line);
    // From the octets that a reply answers to its last one on its way.
    void reply_time(std::chrono::nanoseconds time);

    // OpenMetrics 1.0 text; the names are those of mail-serve(1).
    std::string encode(const Gauges& gauges) const;

    static constexpr std::array kBounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                        0.1,   0.2,   0.5,   1.0,  5.0,  30.0};  // seconds

 private:
    using Counter = std::atomic<std::uint64_t>;

    static constexpr std::size_t kKinds = 17;  // the values of Errc and bug

    struct Protocols {
        Counter smtp = 0;
        Counter pop3 = 0;
        Counter lmtp = 0;
    } connections_;
    Counter logins_ok_ = 0;
    Counter logins_refused_ = 0;
    Counter delivered_ = 0;
    Counter refused_ = 0;
    Counter received_octets_ = 0;
    Counter queued_ = 0;
    Counter retrievals_ = 0;
    Counter retrieved_octets_ = 0;
    Counter removals_ = 0;
    Counter reloads_ok_ = 0;
    Counter reloads_refused_ = 0;
    std::array<Counter, kKinds + 1> errors_{};  // by position in kinds(); the last: any other
    std::array<Counter, 4> smtp_replies_{};     // 2xx to 5xx
    Counter pop3_ok_ = 0;
    Counter pop3_err_ = 0;
    std::array<Counter, kBounds.size() + 1> times_{};
    Counter time_sum_ = 0;  // nanoseconds
};

// Counts the replies of one session, and hands the dialogue on to `next` if there is one. Both outlive it.
class ReplyTally : public Trace {
 public:
    ReplyTally(Metrics& metrics, Trace* next) : metrics_(metrics), next_(next) {}
    void client_line(std::string_view line) override {
        if (next_ != nullptr) next_->client_line(line);
    }
    void server_line(std::string_view line) override {
        metrics_.reply_line(line);
        if (next_ != nullptr) next_->server_line(line);
    }

 private:
    Metrics& metrics_;
    Trace* next_;
};

}  // namespace mailpipe::app::serve
