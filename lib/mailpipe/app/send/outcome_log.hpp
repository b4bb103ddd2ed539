#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/send/distributor.hpp"
#include "mailpipe/app/send/message_queue.hpp"
#include "mailpipe/app/send/receipt.hpp"
#include "mailpipe/app/send/send.hpp"

namespace mailpipe::app {

// What became of each message: its receipt, and its errors for people. Used by all threads of a run.
class OutcomeLog {
 public:
    // All outlive this.
    OutcomeLog(const SendOptions& options, std::string server, Diagnostics& diagnostics, Progress& progress);

    // false: a receipt could not be written, and nothing more should be sent.
    bool record(const QueuedMessage& message, const std::vector<Share>& shares,
                std::chrono::duration<double> seconds);
    // One that was not to be had, or not to be sent on; `where` says the error if no ref does.
    bool record_failed(const QueuedMessage& message, std::string_view where);
    void error(std::string_view where, const Error& error);
    void report_not_tried();
    std::size_t recorded() const { return recorded_; }  // messages

 private:
    bool write(const Receipt& receipt);
    void judge(const Share& share, const QueuedMessage& message, Receipt& receipt);
    void judge_replies(const smtp::Finished& finished, const std::string& server, const QueuedMessage& message,
                       Receipt& receipt);
    void report(std::string_view where, Error error, const QueuedMessage& message, Receipt& receipt);

    const SendOptions& options_;
    std::string server_;
    Diagnostics& diagnostics_;
    Progress& progress_;
    ReceiptWriter receipts_;
    std::atomic<std::size_t> recorded_ = 0;
    std::mutex mutex_;                              // of what is written, and of:
    std::map<std::string, std::size_t> not_tried_;  // messages, after the server was given up
};

}  // namespace mailpipe::app
