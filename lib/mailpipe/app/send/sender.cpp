#include "mailpipe/app/send/sender.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/send/sender_group.hpp"
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
               bool shares_queue, SenderGroup* group)
    : queue_(queue),
      log_(log),
      copies_(copies),
      distributor_(transports),
      shares_queue_(shares_queue),
      group_(group) {
    distributor_.look_ahead([this] { return ahead(); });
}

Ahead Sender::ahead() {
    if (!next_) next_ = queue_.take_if_ready();
    if (!next_) return {nullptr, !shares_queue_ && queue_.is_at_end()};
    return {next_->error ? nullptr : &next_->message.envelope(), false};
}

void Sender::run() {
    message_ = queue_.take();
    while (message_ && !stop_requested()) {
        // To copy a message may take long.
        const bool may_be_carried = group_ != nullptr && copies_ == nullptr && taken_ < SenderGroup::kQuick;
        if (may_be_carried) group_->carry(*this);
        // What was begun is seen to its end.
        if (state_ == State::begun || (state_ == State::fresh && !stop_requested())) process();
        if (state_ == State::done && !take_next()) {
            message_ = queue_.take(std::move(message_));
            state_ = State::fresh;
        }
    }
    if (stop_requested()) queue_.abandon();
    distributor_.quit();
}

bool Sender::go_on() {
    while (!stop_requested()) {
        if (state_ == State::done && !take_next()) return false;
        if (message_->error) return false;
        SubmitState state = SubmitState::waits;
        if (state_ == State::begun) {
            state = distributor_.resume();
        } else {
            Outgoing& message = message_->message;
            if (!distributor_.is_ready_for(message.envelope())) return false;
            since_ = Clock::now();
            state_ = State::begun;
            state = distributor_.begin(message.envelope(), message.text());
        }
        if (state == SubmitState::waits) return true;
        if (state == SubmitState::broken) return false;
        record(distributor_.finish());
    }
    return false;
}

// Waits for whatever there is to wait for.
void Sender::process() {
    if (message_->error) return end_message(log_.record_failed(*message_, "stdin"));
    if (state_ == State::begun) return record(distributor_.finish());
    since_ = Clock::now();
    Outgoing& message = message_->message;
    record(distributor_.submit(message.envelope(), message.text()));
}

void Sender::record(const std::vector<Share>& shares) {
    taken_ = Clock::now() - since_;
    if (copies_ != nullptr && is_taken(shares)) message_->copy = copies_->make(message_->message.text());
    end_message(log_.record(*message_, shares, taken_));
}

// What can no longer be told of is not sent.
void Sender::end_message(bool is_told) {
    state_ = State::done;
    if (is_told) return;
    queue_.abandon();
    next_.reset();
}

// Behind one that is done. false: none is there now.
bool Sender::take_next() {
    if (!next_) next_ = queue_.take_if_ready();
    if (!next_) return false;
    queue_.give_back(std::exchange(message_, std::move(next_)));
    state_ = State::fresh;
    return true;
}

}  // namespace mailpipe::app
