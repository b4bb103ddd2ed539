#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "mailpipe/app/send/copy_maker.hpp"
#include "mailpipe/app/send/distributor.hpp"
#include "mailpipe/app/send/message_queue.hpp"
#include "mailpipe/app/send/outcome_log.hpp"

namespace mailpipe::app {

class SenderGroup;

// Sends what it takes from the queue, one after the other, over connections of its own. Used by one thread at a time.
class Sender {
 public:
    // All outlive this. With `shares_queue` there are others, and what one has announced none of them can take.
    // `copies` and `group` may be null.
    Sender(const Transports& transports, MessageQueue& queue, OutcomeLog& log, CopyMaker* copies,
           bool shares_queue, SenderGroup* group);

    // Errors: those of Transports::open().
    Result<void> open(const std::string& destination) { return distributor_.open(destination); }
    // Until the queue is at its end, a receipt cannot be written, or a signal asks to stop; the connections are closed then.
    void run();

    // Message after message for as long as that needs no wait but for a server. true: it waits, and is called again once
    // descriptor() is readable. false: the rest is for its own thread.
    bool go_on();
    int descriptor() const { return distributor_.descriptor(); }

 private:
    using Clock = std::chrono::steady_clock;

    Ahead ahead();
    void process();
    void record(const std::vector<Share>& shares);
    void end_message(bool is_told);
    bool take_next();

    MessageQueue& queue_;
    OutcomeLog& log_;
    CopyMaker* copies_;
    Distributor distributor_;
    bool shares_queue_;
    SenderGroup* group_;
    std::unique_ptr<QueuedMessage> message_;
    std::unique_ptr<QueuedMessage> next_;  // taken already, when something was to be announced
    enum class State { fresh, begun, done } state_ = State::fresh;  // of message_
    Clock::time_point since_;
    Clock::duration taken_{};  // by the message before
};

}  // namespace mailpipe::app
