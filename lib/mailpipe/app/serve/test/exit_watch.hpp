#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app::serve {

// --exit-after: N-messages (accepted, each once however many mailboxes it goes to), a duration, or idle:DURATION (no
// connection open, and none came, for so long); idle alone is as soon as the last connection has ended.
struct ExitCondition {
    std::optional<std::uint64_t> messages;
    std::optional<std::chrono::milliseconds> age;
    std::optional<std::chrono::milliseconds> idle;
};
// Error usage.
Result<ExitCondition> parse_exit_condition(const std::string& text);

// "500ms", "5s", "2m", "1h"; a number alone is seconds. nullopt for anything else and for more than a year.
std::optional<std::chrono::milliseconds> parse_milliseconds(std::string_view text);

// Ends a server when one of its conditions comes true. Connections that are open then are given kExitPatience to end by
// themselves. Members from any thread.
class ExitWatch {
 public:
    using Clock = std::chrono::steady_clock;

    // Calls `end` once, on its own thread.
    ExitWatch(std::vector<ExitCondition> conditions, std::function<void()> end);
    ~ExitWatch();
    ExitWatch(const ExitWatch&) = delete;
    ExitWatch& operator=(const ExitWatch&) = delete;

    void started();
    void connection_opened();
    void connection_closed();
    // `id` is the same for the mailboxes of one message.
    void delivered(std::uint64_t connection, const std::string& id);

 private:
    void run();
    bool is_due(Clock::time_point now) const;
    bool may_idle(const ExitCondition& condition) const;
    Clock::time_point next_look() const;

    std::vector<ExitCondition> conditions_;
    std::function<void()> end_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Clock::time_point> began_;
    Clock::time_point last_open_;  // when the last connection ended
    std::size_t open_ = 0;
    bool served_ = false;  // there was a connection
    std::uint64_t messages_ = 0;
    std::map<std::uint64_t, std::string> last_id_;  // by connection
    bool stopping_ = false;
    std::thread thread_;
};

inline constexpr std::chrono::seconds kExitPatience{5};

}  // namespace mailpipe::app::serve
