#pragma once

#include "mailpipe/app/send/copy_maker.hpp"
#include "mailpipe/app/send/distributor.hpp"
#include "mailpipe/app/send/message_queue.hpp"
#include "mailpipe/app/send/outcome_log.hpp"

namespace mailpipe::app {

// Sends what it takes from the queue, one after the other, over connections of its own. Used by one thread.
class Sender {
 public:
    // All outlive this. With `shares_queue` there are others, and what one has announced none of them can take.
    // `copies` may be null.
    Sender(const Transports& transports, MessageQueue& queue, OutcomeLog& log, CopyMaker* copies,
           bool shares_queue);

    // Errors: those of Transports::open().
    Result<void> open(const std::string& destination) { return distributor_.open(destination); }
    // Until the queue is at its end, a receipt cannot be written, or a signal asks to stop; the connections are closed then.
    void run();

 private:
    Ahead ahead();
    bool process(QueuedMessage& queued);

    MessageQueue& queue_;
    OutcomeLog& log_;
    CopyMaker* copies_;
    Distributor distributor_;
    bool shares_queue_;
    std::unique_ptr<QueuedMessage> next_;  // taken already, when something was to be announced
};

}  // namespace mailpipe::app
