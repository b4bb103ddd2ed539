#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/app/send/outgoing.hpp"
#include "mailpipe/queue/spool.hpp"

namespace mailpipe::app {

// Puts messages into the queue. They are made durable in groups: all that came while the last group was made durable are
// the next one. What is alone needs no thread: it is made durable by finish().
class Enqueuer {
 public:
    // Called for each message, in order, on a thread of its own or by finish(): it is durable, or the error says why not. The file is
    // locked until the call returns.
    using Done = std::function<void(const queue::QueuedFile* file, const Error* error)>;

    Enqueuer(queue::Spool& spool, Done done);
    ~Enqueuer();  // as finish()
    Enqueuer(const Enqueuer&) = delete;
    Enqueuer& operator=(const Enqueuer&) = delete;

    // `server` is that of queue::Submission. Errors: those of Spool::add(); `done` is not called then.
    Result<void> add(Outgoing& message, const std::string& server);
    // What was added is not to wait for the next message or finish().
    void start();
    // When each message is decided.
    void finish();

 private:
    void run();
    void commit_added(std::unique_lock<std::mutex>& lock);

    queue::Spool& spool_;
    Done done_;
    std::mutex mutex_;  // of what follows
    std::condition_variable changed_;
    std::vector<queue::QueuedFile> added_;
    bool ending_ = false;
    std::thread thread_;  // the last: it uses all
};

}  // namespace mailpipe::app
