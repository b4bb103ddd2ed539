#include "mailpipe/app/serve/delivery/commit_worker.hpp"

#include <ctime>
#include <utility>

#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/app/queue/submission_header.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kGroup = 500;          // deliveries of one commit
constexpr std::size_t kOpenMailboxes = 100;  // kept open between groups, a few descriptors each

Result<std::unique_ptr<store::MailboxWriter>> open_mailbox(const std::string& path) {
    auto writer = store::open_writer(store::Format::maildir, path);
    if (!writer) return writer;
    // What killed servers left in tmp/ was never acknowledged.
    if (auto recovered = (*writer)->recover({}); !recovered) return tl::unexpected(recovered.error());
    return writer;
}

Result<queue::QueuedFile> add_to(queue::Spool& spool, const Delivery& delivery, const RelayTarget& relay) {
    queue::Submission submission;
    submission.envelope = relay.envelope;
    submission.arrived = static_cast<std::uint32_t>(std::time(nullptr));
    HeaderHold header;
    auto read = delivery.message->read([&header](std::string_view piece) {
        if (!header.complete()) header.append(piece);
        return Result<void>{};
    });
    if (!read) return tl::unexpected(read.error());
    read_submission_header(header.text(), submission);
    const std::uint32_t due = take_release_time(submission);
    return spool.add(submission, due, [&](const queue::TakeText& take) -> Result<void> {
        if (auto taken = take(relay.fields); !taken) return taken;
        return delivery.message->read(take);
    });
}

}  // namespace

CommitWorker::CommitWorker(queue::Spool* spool) : spool_(spool), thread_([this] { run(); }) {}

CommitWorker::~CommitWorker() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void CommitWorker::submit(Delivery delivery) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(delivery));
    }
    changed_.notify_one();
}

void CommitWorker::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) return;
        std::vector<Delivery> group;
        while (!queue_.empty() && group.size() < kGroup) {
            group.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        lock.unlock();
        commit(group);
        group.clear();
        lock.lock();
    }
}

void CommitWorker::commit(const std::vector<Delivery>& group) {
    Results results(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
        const auto& targets = group[i].targets;
        results[i].resize(targets.size(), fail(Errc::temporary, "not delivered yet"));
        for (std::size_t j = 0; j < targets.size(); ++j) {
            Mailbox& mailbox = mailboxes_[targets[j].path];
            std::uint64_t size = 0;
            auto staged = stage(group[i], targets[j], mailbox, size);
            if (staged) {
                mailbox.staged.push_back({i, j, size});
            } else {
                results[i][j] = tl::unexpected(staged.error());
            }
        }
    }
    for (auto& [path, mailbox] : mailboxes_) {
        if (!mailbox.staged.empty()) publish(mailbox, results);
    }
    enqueue(group, results);
    for (std::size_t i = 0; i < group.size(); ++i)
        group[i].done(std::move(results[i]));
    if (mailboxes_.size() > kOpenMailboxes) mailboxes_.clear();
}

void CommitWorker::enqueue(const std::vector<Delivery>& group, Results& results) {
    std::vector<queue::QueuedFile> added;
    std::vector<Result<Delivered>*> waiting;  // the result of each
    for (std::size_t i = 0; i < group.size(); ++i) {
        results[i].reserve(results[i].size() + group[i].relays.size());
        for (const RelayTarget& relay : group[i].relays) {
            auto file = add_to(*spool_, group[i], relay);
            results[i].push_back(file ? Result<Delivered>(Delivered{queue::encode_id(file->entry().id),
                                                                    relay.envelope.size.value_or(0)})
                                      : tl::unexpected(file.error()));
            if (!file) continue;
            added.push_back(std::move(*file));
            waiting.push_back(&results[i].back());
        }
    }
    const auto committed = added.empty() ? Result<void>{} : spool_->commit(added);
    if (committed) return;
    for (Result<Delivered>* result : waiting)
        *result = tl::unexpected(committed.error());
}

Result<void> CommitWorker::stage(const Delivery& delivery, const DeliveryTarget& target, Mailbox& mailbox,
                                 std::uint64_t& size) {
    if (!mailbox.writer) {
        auto writer = open_mailbox(target.path);
        if (!writer) return tl::unexpected(writer.error());
        mailbox.writer = std::move(*writer);
    }
    store::MailboxWriter& writer = *mailbox.writer;
    if (auto begun = writer.begin(); !begun) return begun;
    auto written = writer.append(target.fields);
    if (written) {
        written = delivery.message->read([&writer](std::string_view text) { return writer.append(text); });
    }
    if (!written) {
        writer.abandon();
        return written;
    }
    auto finished = writer.finish({}, std::time(nullptr));
    if (!finished) return tl::unexpected(finished.error());
    size = finished->size;
    return {};
}

void CommitWorker::publish(Mailbox& mailbox, Results& results) {
    const auto staged = std::exchange(mailbox.staged, {});
    auto ids = mailbox.writer->publish();
    if (ids && ids->size() != staged.size())
        ids = fail(Errc::io, "the store published another number of messages");
    for (std::size_t i = 0; i < staged.size(); ++i) {
        auto& result = results[staged[i].delivery][staged[i].target];
        if (ids) {
            result = Delivered{(*ids)[i], staged[i].size};
        } else {
            result = tl::unexpected(ids.error());
        }
    }
    if (ids) return;
    // Refused to the sender, who comes again: what is not in place yet must not appear by itself.
    mailbox.writer->discard();
    mailbox.writer.reset();
}

}  // namespace mailpipe::app::serve
