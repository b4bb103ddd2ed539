#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/app/serve/delivery/spool.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/queue/spool.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app::serve {

struct DeliveryTarget {
    std::string path;    // of the Maildir
    std::string fields;  // CRLF text that goes before the message
};

struct Delivered {
    std::string id;          // Entry::id in the Maildir
    std::uint64_t size = 0;  // CRLF octets, the fields included
};

// For recipients elsewhere: goes into the queue of the relay.
struct RelayTarget {
    smtp::Envelope envelope;  // its size is that of the message with the fields
    std::string fields;       // CRLF text that goes before the message
};

struct Delivery {
    std::shared_ptr<const SpooledMessage> message;
    std::vector<DeliveryTarget> targets;
    // Called once on the worker's thread, one result a target, those of the relays last; their ids are those in the queue. A
    // message is delivered only when it is durable.
    std::function<void(std::vector<Result<Delivered>>)> done;
    std::vector<RelayTarget> relays = {};
};

// The one thread that writes mailboxes. It commits in groups: all deliveries that came in while the last group
// was made durable form the next one, with one round of syncs for each mailbox.
class CommitWorker {
 public:
    explicit CommitWorker(queue::Spool* spool);  // not owned; nullptr: nothing is relayed
    ~CommitWorker();                             // finishes what is queued
    CommitWorker(const CommitWorker&) = delete;
    CommitWorker& operator=(const CommitWorker&) = delete;

    void submit(Delivery delivery);  // from any thread

 private:
    struct Staged {
        std::size_t delivery = 0;
        std::size_t target = 0;
        std::uint64_t size = 0;
    };
    struct Mailbox {
        std::unique_ptr<store::MailboxWriter> writer;
        std::vector<Staged> staged;  // of the present group
    };
    using Results = std::vector<std::vector<Result<Delivered>>>;

    void run();
    void commit(const std::vector<Delivery>& group);
    Result<void> stage(const Delivery& delivery, const DeliveryTarget& target, Mailbox& mailbox,
                       std::uint64_t& size);
    void publish(Mailbox& mailbox, Results& results);
    void enqueue(const std::vector<Delivery>& group, Results& results);

    queue::Spool* spool_;

    std::map<std::string, Mailbox> mailboxes_;  // by path; the worker's thread only
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Delivery> queue_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace mailpipe::app::serve
