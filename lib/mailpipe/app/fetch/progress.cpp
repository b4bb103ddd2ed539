#include "mailpipe/app/fetch/progress.hpp"

#include <unistd.h>

#include <utility>

#include "mailpipe/app/fetch/receipt.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr std::uint64_t kOctetsBetween = 1U << 20;  // before the clock is asked again

}  // namespace

FetchProgress::FetchProgress(const CommonOptions& options) {
    shown_ = options.progress == When::always ||
             (options.progress == When::automatic && !options.quiet && ::isatty(STDERR_FILENO) == 1);
}

void FetchProgress::begin(std::string source, std::uint64_t messages) {
    source_ = std::move(source);
    total_ = messages;
    messages_ = 0;
    octets_ = 0;
    octets_drawn_ = 0;
    next_ = std::chrono::steady_clock::now() + kInterval;
}

void FetchProgress::add_octets(std::uint64_t octets) {
    if (!shown_) return;
    octets_ += octets;
    if (octets_ - octets_drawn_ >= kOctetsBetween) draw();
}

void FetchProgress::end_message() {
    if (!shown_) return;
    ++messages_;
    draw();
}

void FetchProgress::draw() {
    octets_drawn_ = octets_;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + kInterval;
    const std::string text = source_ + ": " + std::to_string(messages_) + " of " + std::to_string(total_) +
                             " messages, " + readable_size(octets_);
    // A stderr that cannot be written has nobody to tell.
    [[maybe_unused]] const auto ignored =
        write_all(STDERR_FILENO, "\r" + terminal_text(text) + "\033[K", "stderr");
    drawn_ = true;
}

void FetchProgress::clear() {
    if (!drawn_) return;
    [[maybe_unused]] const auto ignored = write_all(STDERR_FILENO, "\r\033[K", "stderr");
    drawn_ = false;
}

}  // namespace mailpipe::app
