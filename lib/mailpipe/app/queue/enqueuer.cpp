#include "mailpipe/app/queue/enqueuer.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "mailpipe/app/queue/submission_header.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kGroup = 1000;  // open files

}  // namespace

Enqueuer::Enqueuer(queue::Spool& spool, Done done) : spool_(spool), done_(std::move(done)) {}

Enqueuer::~Enqueuer() {
    finish();
}

void Enqueuer::start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void Enqueuer::finish() {
    std::unique_lock lock(mutex_);
    ending_ = true;
    if (!thread_.joinable()) return commit_added(lock);
    lock.unlock();
    changed_.notify_all();
    thread_.join();
}

Result<void> Enqueuer::add(Outgoing& message, const std::string& server) {
    queue::Submission submission;
    submission.envelope = message.envelope();
    submission.server = server;
    read_submission_header(message.text().header().text(), submission);
    submission.arrived = static_cast<std::uint32_t>(std::time(nullptr));
    const std::uint32_t due = take_release_time(submission);
    message.text().rewind();
    auto file = spool_.add(submission, due, [&message](const queue::TakeText& take) -> Result<void> {
        while (true) {
            auto piece = message.text().read();
            if (!piece) return tl::unexpected(piece.error());
            if (piece->empty()) return {};
            if (auto taken = take(*piece); !taken) return taken;
        }
    });
    if (!file) return tl::unexpected(file.error());
    std::unique_lock lock(mutex_);
    if (!added_.empty()) start();
    changed_.wait(lock, [this] { return added_.size() < kGroup; });
    added_.push_back(std::move(*file));
    changed_.notify_all();
    return {};
}

void Enqueuer::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !added_.empty(); });
        if (added_.empty()) return;
        commit_added(lock);
    }
}

void Enqueuer::commit_added(std::unique_lock<std::mutex>& lock) {
    std::vector<queue::QueuedFile> group = std::exchange(added_, {});
    changed_.notify_all();
    lock.unlock();
    const std::size_t count = group.size();
    const auto committed = spool_.commit(group);
    for (std::size_t i = 0; i < count; ++i) {
        if (committed) {
            done_(&group[i], nullptr);
        } else {
            done_(nullptr, &committed.error());
        }
    }
    group.clear();
    lock.lock();
}

}  // namespace mailpipe::app
