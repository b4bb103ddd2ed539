#include "mailpipe/app/serve/delivery/commit_worker.hpp"

#include <ctime>
#include <utility>

#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/app/queue/submission_header.hpp"
#include "mailpipe/store/open.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kGroup = 500;          // deliveries of one commit
constexpr std::size_t kBeforeLog = 20;       // deliveries: its files are made for a server that takes more
constexpr std::size_t kOpenMailboxes = 100;  // kept open between groups, a few descriptors each

Result<std::unique_ptr<store::MailboxWriter>> open_mailbox(store::Format format, const std::string& path) {
    auto writer = store::open_writer(format, path);
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

CommitWorker::~CommitWorker() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

Result<void> CommitWorker::use_log(const std::string& root, store::DeliveryLog::Report report) {
    if (format_ != store::Format::maildir) return {};
    log_root_ = root;
    report_ = std::move(report);
    return store::DeliveryLog::is_there(root) ? open_log() : Result<void>{};
}

Result<void> CommitWorker::open_log() {
    auto opened = store::DeliveryLog::open(log_root_, report_);
    if (opened) {
        owned_log_ = std::move(*opened);
        log_ = owned_log_.get();
        return {};
    }
    log_root_.clear();
    const bool none = opened.error().kind == Errc::unavailable || opened.error().kind == Errc::unsupported;
    return none ? Result<void>{} : tl::unexpected(opened.error());
}

void CommitWorker::open_log_when_it_pays(std::size_t deliveries) {
    if (log_root_.empty() || owned_log_ || (deliveries_ += deliveries) < kBeforeLog) return;
    if (auto opened = open_log(); !opened) report_(opened.error());
}

void CommitWorker::removing(const std::string& path, const std::vector<std::string>& ids) {
    // What cannot be written is removed all the same: it may be there again after a crash.
    if (store::DeliveryLog* log = log_) (void)log->remove(path, ids);
}

void CommitWorker::submit(Delivery delivery) {
    {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
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
        open_log_when_it_pays(group.size());
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
            std::string id;
            auto staged = stage(group[i], targets[j], mailbox, id, size);
            if (staged) {
                const bool before = mailbox.staged.empty() || mailbox.logged;
                mailbox.logged = before && add_to_log(group[i], targets[j], mailbox, id);
                mailbox.staged.push_back({i, j, size});
            } else {
                results[i][j] = tl::unexpected(staged.error());
            }
        }
    }
    commit_log();
    for (auto& [path, mailbox] : mailboxes_) {
        if (mailbox.staged.empty()) continue;
        publish(mailbox, results);
        if (published_) published_(path);
    }
    if (log_ != nullptr) log_.load()->in_place();
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
                                 std::string& id, std::uint64_t& size) {
    if (!mailbox.writer) {
        auto writer = open_mailbox(format_, target.path);
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
    id = std::move(finished->id);
    return {};
}

bool CommitWorker::add_to_log(const Delivery& delivery, const DeliveryTarget& target, Mailbox& mailbox,
                              const std::string& id) {
    store::DeliveryLog* log = log_;
    if (log == nullptr || delivery.message->size() > store::kLoggedMessage) return false;
    if (!mailbox.loggable) mailbox.loggable = log->covers(target.path);
    if (!*mailbox.loggable) return false;
    std::string text;
    text.reserve(target.fields.size() + delivery.message->size());
    wire::CrlfToLf mapper;
    mapper.append(target.fields, text);
    const auto read = delivery.message->read([&mapper, &text](std::string_view piece) {
        mapper.append(piece, text);
        return Result<void>{};
    });
    mapper.finish(text);
    return read && log->add(target.path, id, std::move(text));
}

void CommitWorker::commit_log() {
    store::DeliveryLog* log = log_;
    if (log == nullptr) return;
    auto committed = log->commit();
    if (committed) return;
    // The files can still be made durable.
    report_(committed.error());
    log_ = nullptr;
    for (auto& [path, mailbox] : mailboxes_)
        mailbox.logged = false;
}

void CommitWorker::publish(Mailbox& mailbox, Results& results) {
    const auto staged = std::exchange(mailbox.staged, {});
    auto ids = mailbox.logged ? mailbox.writer->publish_unsynced() : mailbox.writer->publish();
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
