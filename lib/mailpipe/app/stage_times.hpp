#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

// How long each stage of a submission took, in seconds; nothing for those that it did not go through.
class StageTimes {
 public:
    static constexpr std::array<std::string_view, 9> kNames{"dns",  "connect", "tls",  "ehlo", "auth",
                                                            "mail", "rcpt",    "data", "reply"};
    using Duration = std::chrono::duration<double>;

    void begin() {
        seconds_ = {};
        mark_ = std::chrono::steady_clock::now();
    }
    // The time since the last begin(), add() or done() is that of this stage; once more adds to it.
    void done(smtp::Stage stage) { take(1 + static_cast<std::size_t>(stage)); }
    // What was measured elsewhere, up to now.
    void add_connection(Duration dns, Duration connect, Duration tls) {
        seconds_[0] = dns;
        seconds_[1] = connect;
        if (tls.count() > 0) seconds_[2] = tls;
        mark_ = std::chrono::steady_clock::now();
    }
    const std::array<std::optional<Duration>, 9>& seconds() const { return seconds_; }

 private:
    void take(std::size_t index) {
        const auto now = std::chrono::steady_clock::now();
        seconds_[index] = seconds_[index].value_or(Duration{0}) + (now - mark_);
        mark_ = now;
    }

    std::array<std::optional<Duration>, 9> seconds_;
    std::chrono::steady_clock::time_point mark_ = std::chrono::steady_clock::now();
};

}  // namespace mailpipe::app
