#include "mailpipe/app/serve/test/exit_watch.hpp"

#include <algorithm>
#include <charconv>

namespace mailpipe::app::serve {
namespace {

constexpr std::uint64_t kYear = 366ULL * 24 * 3600 * 1000;

}  // namespace

std::optional<std::chrono::milliseconds> parse_milliseconds(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data()) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const std::uint64_t factor = unit == "ms"                  ? 1
                                 : unit.empty() || unit == "s" ? 1000
                                 : unit == "m"                 ? 60'000
                                 : unit == "h"                 ? 3'600'000
                                                               : 0;
    if (factor == 0 || value > kYear / factor) return std::nullopt;
    return std::chrono::milliseconds(value * factor);
}

Result<ExitCondition> parse_exit_condition(const std::string& text) {
    ExitCondition condition;
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error == std::errc{} && count > 0 && (rest == "-messages" || rest == "-message")) {
        condition.messages = count;
    } else if (text == "idle") {
        condition.idle = std::chrono::milliseconds(0);
    } else if (text.starts_with("idle:")) {
        condition.idle = parse_milliseconds(std::string_view(text).substr(5));
    } else {
        condition.age = parse_milliseconds(text);
    }
    if (condition.messages || condition.idle || condition.age) return condition;
    return fail(Errc::usage, "--exit-after " + text + ": 3-messages, 30s, idle or idle:5s is expected");
}

ExitWatch::ExitWatch(std::vector<ExitCondition> conditions, std::function<void()> end)
    : conditions_(std::move(conditions)), end_(std::move(end)), last_open_(Clock::now()) {
    if (!conditions_.empty()) thread_ = std::thread([this] { run(); });
}

ExitWatch::~ExitWatch() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void ExitWatch::started() {
    {
        const std::lock_guard lock(mutex_);
        began_ = last_open_ = Clock::now();
    }
    changed_.notify_one();
}

void ExitWatch::connection_opened() {
    const std::lock_guard lock(mutex_);
    ++open_;
    served_ = true;
}

void ExitWatch::connection_closed() {
    {
        const std::lock_guard lock(mutex_);
        --open_;
        last_open_ = Clock::now();
    }
    changed_.notify_one();
}

void ExitWatch::delivered(std::uint64_t connection, const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        std::string& last = last_id_[connection];
        if (last == id) return;
        last = id;
        ++messages_;
    }
    changed_.notify_one();
}

// Without a time to wait, a server that nobody has come to yet is not idle.
bool ExitWatch::may_idle(const ExitCondition& condition) const {
    return condition.idle && open_ == 0 && (served_ || condition.idle->count() > 0);
}

bool ExitWatch::is_due(Clock::time_point now) const {
    return began_ && std::any_of(conditions_.begin(), conditions_.end(), [&](const ExitCondition& condition) {
               return (condition.messages && messages_ >= *condition.messages) ||
                      (condition.age && now >= *began_ + *condition.age) ||
                      (may_idle(condition) && now >= last_open_ + *condition.idle);
           });
}

ExitWatch::Clock::time_point ExitWatch::next_look() const {
    auto next = Clock::time_point::max();
    if (!began_) return next;
    for (const ExitCondition& condition : conditions_) {
        if (condition.age) next = std::min(next, *began_ + *condition.age);
        if (may_idle(condition)) next = std::min(next, last_open_ + *condition.idle);
    }
    return next;
}

void ExitWatch::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && !is_due(Clock::now())) {
        const auto next = next_look();
        // libstdc++ waits for time_point::max() by the system clock, where it overflows.
        next == Clock::time_point::max() ? changed_.wait(lock) : (void)changed_.wait_until(lock, next);
    }
    changed_.wait_for(lock, kExitPatience, [this] { return stopping_ || open_ == 0; });
    if (stopping_) return;
    lock.unlock();
    end_();
}

}  // namespace mailpipe::app::serve
