#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/app/serve/delivery/deliverer.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/queue/spool.hpp"
#include "mailpipe/store/delivery_log.hpp"
#include "mailpipe/store/mailbox.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app::serve {

// The one thread, begun with the first delivery, that writes mailboxes. It commits in groups: all deliveries that came in
// while the last group was made durable form the next one, with one round of syncs for each mailbox, or one for all by a
// log.
class CommitWorker : public Deliverer {
 public:
    // `spool` is not owned; nullptr: nothing is relayed.
    CommitWorker(store::Format format, queue::Spool* spool) : format_(format), spool_(spool) {}
    ~CommitWorker() override;  // finishes what is queued
    CommitWorker(const CommitWorker&) = delete;
    CommitWorker& operator=(const CommitWorker&) = delete;

    // Before the first submit(): what a log in the store's root holds is put in place, and groups are made durable by
    // one, once so much comes that it pays. `report` may be called from any thread. Errors: those of DeliveryLog::open()
    // but unavailable and unsupported, with which there is no log; of mboxes there is none.
    Result<void> use_log(const std::string& root, store::DeliveryLog::Report report);

    // Before the first submit(): `published` is told, on the worker's thread, of each mailbox that messages came into.
    void tell(std::function<void(const std::string& path)> published) { published_ = std::move(published); }

    void submit(Delivery delivery) override;
    // From any thread, before messages of a Maildir of the store are removed.
    void removing(const std::string& path, const std::vector<std::string>& ids);

 private:
    struct Staged {
        std::size_t delivery = 0;
        std::size_t target = 0;
        std::uint64_t size = 0;
    };
    struct Mailbox {
        std::unique_ptr<store::MailboxWriter> writer;
        std::vector<Staged> staged;    // of the present group
        bool logged = false;           // and they are durable by the log
        std::optional<bool> loggable;  // by DeliveryLog::covers()
    };
    using Results = std::vector<std::vector<Result<Delivered>>>;

    void run();
    void commit(const std::vector<Delivery>& group);
    Result<void> stage(const Delivery& delivery, const DeliveryTarget& target, Mailbox& mailbox,
                       std::string& id, std::uint64_t& size);
    Result<void> open_log();
    void open_log_when_it_pays(std::size_t deliveries);
    bool add_to_log(const Delivery& delivery, const DeliveryTarget& target, Mailbox& mailbox,
                    const std::string& id);
    void commit_log();
    void publish(Mailbox& mailbox, Results& results);
    void enqueue(const std::vector<Delivery>& group, Results& results);

    store::Format format_;
    queue::Spool* spool_;
    std::string log_root_;  // empty: no log
    store::DeliveryLog::Report report_;
    std::function<void(const std::string& path)> published_;
    std::unique_ptr<store::DeliveryLog> owned_log_;
    std::atomic<store::DeliveryLog*> log_ = nullptr;
    std::size_t deliveries_ = 0;  // before there is a log

    std::map<std::string, Mailbox> mailboxes_;  // by path; the worker's thread only
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Delivery> queue_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace mailpipe::app::serve
