#include "mailpipe/app/send/sender.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

bool is_taken(const std::vector<Share>& shares) {
    return std::any_of(shares.begin(), shares.end(), [](const Share& share) {
        if (!share.finished) return false;
        const auto& all = share.finished->recipients;
        return std::any_of(all.begin(), all.end(),
                           [](const smtp::RecipientResult& one) { return one.accepted; });
    });
}

}  // namespace

Sender::Sender(const Transports& transports, MessageQueue& queue, OutcomeLog& log, CopyMaker* copies,
               bool shares_queue)
    : queue_(queue), log_(log), copies_(copies), distributor_(transports), shares_queue_(shares_queue) {
    distributor_.look_ahead([this] { return ahead(); });
}

Ahead Sender::ahead() {
    if (!next_) next_ = queue_.take_if_ready();
    if (!next_) return {nullptr, !shares_queue_ && queue_.is_at_end()};
    return {next_->error ? nullptr : &next_->message.envelope(), false};
}

void Sender::run() {
    auto message = queue_.take();
    while (message && !stop_requested()) {
        if (!process(*message)) {
            queue_.abandon();
            break;
        }
        if (next_) {
            queue_.give_back(std::exchange(message, std::move(next_)));
        } else {
            message = queue_.take(std::move(message));
        }
    }
    if (stop_requested()) queue_.abandon();
    distributor_.quit();
}

bool Sender::process(QueuedMessage& queued) {
    if (queued.error) return log_.record_failed(queued, "stdin");
    const auto start = std::chrono::steady_clock::now();
    const std::vector<Share> shares = distributor_.submit(queued.message.envelope(), queued.message.text());
    const auto seconds = std::chrono::steady_clock::now() - start;
    if (copies_ != nullptr && is_taken(shares)) queued.copy = copies_->make(queued.message.text());
    return log_.record(queued, shares, seconds);
}

}  // namespace mailpipe::app
