#include "mailpipe/app/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr std::uint64_t kSecondsPerMinute = 60;
constexpr std::uint64_t kOctetsBetween = 1U << 20;  // before the clock is asked again

}  // namespace

Progress::Progress(const CommonOptions& options, bool beside_output) {
    shown_ = options.progress == When::always ||
             (options.progress == When::automatic && !options.quiet && ::isatty(STDERR_FILENO) == 1 &&
              !(beside_output && ::isatty(STDOUT_FILENO) == 1));
}

void Progress::begin(std::string where, std::uint64_t messages) {
    const std::lock_guard lock(mutex_);
    start(std::move(where), messages);
}

void Progress::start(std::string where, std::uint64_t messages) {
    where_ = std::move(where);
    total_ = messages;
    messages_ = 0;
    octets_ = 0;
    octets_drawn_ = 0;
    sources_ = 1;
    begun_ = std::chrono::steady_clock::now();
    next_ = begun_ + kInterval;
}

void Progress::add_source(const std::string& where, std::uint64_t messages) {
    const std::lock_guard lock(mutex_);
    if (sources_ == 0) return start(where, messages);
    total_ += messages;
    where_ = std::to_string(++sources_) + " mailboxes";
}

void Progress::add_octets(std::uint64_t octets) {
    const std::lock_guard lock(mutex_);
    if (!shown_) return;
    octets_ += octets;
    if (octets_ - octets_drawn_ >= kOctetsBetween) draw();
}

void Progress::end_message() {
    const std::lock_guard lock(mutex_);
    if (!shown_) return;
    ++messages_;
    draw();
}

void Progress::draw() {
    octets_drawn_ = octets_;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + kInterval;
    const std::string text = where_ + ": " +
                             progress_text(messages_, total_, octets_,
                                           std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_));
    // A stderr that cannot be written has nobody to tell.
    [[maybe_unused]] const auto ignored =
        write_all(STDERR_FILENO, "\r" + terminal_text(text) + "\033[K", "stderr");
    drawn_ = true;
}

void Progress::clear() {
    const std::lock_guard lock(mutex_);
    wipe();
}

void Progress::wipe() {
    if (!drawn_) return;
    [[maybe_unused]] const auto ignored = write_all(STDERR_FILENO, "\r\033[K", "stderr");
    drawn_ = false;
}

std::string progress_text(std::uint64_t messages, std::uint64_t total, std::uint64_t octets,
                          std::chrono::milliseconds elapsed) {
    std::string text = std::to_string(messages);
    if (total != 0) text += " of " + std::to_string(total);
    text += " messages, " + readable_size(octets);
    if (elapsed < std::chrono::seconds(1)) return text;
    const double seconds = std::chrono::duration<double>(elapsed).count();
    text += ", " + readable_size(static_cast<std::uint64_t>(static_cast<double>(octets) / seconds)) + "/s";
    if (messages == 0 || messages >= total) return text;
    const auto left = static_cast<std::uint64_t>(seconds * static_cast<double>(total - messages) /
                                                 static_cast<double>(messages));
    return text + fmt::format(", {}:{:02} left", left / kSecondsPerMinute, left % kSecondsPerMinute);
}

std::string readable_size(std::uint64_t octets) {
    constexpr std::array<std::string_view, 4> kUnits{"kB", "MB", "GB", "TB"};
    if (octets < 1000) return std::to_string(octets) + " octets";
    std::size_t unit = 0;
    std::uint64_t tenths = octets / 100;
    while (tenths >= 10'000 && unit + 1 < kUnits.size()) {
        tenths /= 1000;
        ++unit;
    }
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + std::string(kUnits[unit]);
}

}  // namespace mailpipe::app
