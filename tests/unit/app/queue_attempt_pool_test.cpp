#include "mailpipe/app/queue/attempt_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "mailpipe/queue/spool.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

constexpr std::uint32_t kStart = 1'795'687'200;
constexpr std::chrono::seconds kDeadline{30};
constexpr const char* kDomain = "a-name-that-is-kept-on-the-heap.example";

// Its first connection waits for `go`, and looks then at what it was given before.
class HeldTransports : public Transports {
 public:
    std::string destination(const smtp::Mailbox& recipient) const override { return recipient.domain; }
    Result<std::unique_ptr<Transport>> open(const std::string& destination) const override {
        if (is_later_.exchange(true)) return fail(Errc::temporary, "connection refused");
        const void* const before = destination.data();
        begun.set_value();
        EXPECT_EQ(go.get_future().wait_for(kDeadline), std::future_status::ready);
        EXPECT_EQ(static_cast<const void*>(destination.data()), before);
        EXPECT_EQ(destination, kDomain);
        return fail(Errc::temporary, "connection refused");
    }
    mutable std::promise<void> begun;
    mutable std::promise<void> go;

 private:
    mutable std::atomic<bool> is_later_ = false;
};

class QueueAttemptPool : public ::testing::Test {
 protected:
    std::vector<AttemptPool::Part> message(const Transports& transports) {
        queue::Submission submission;
        submission.arrived = kStart;
        submission.envelope.recipients.push_back({"bob", kDomain});
        submission.envelope.recipient_options.resize(1);
        const std::string text = "Subject: s\r\n\r\nbody\r\n";
        submission.envelope.size = text.size();
        auto file =
            spool_->add(submission, kStart, [&text](const queue::TakeText& take) { return take(text); });
        if (!file) throw std::runtime_error(file.error().message);
        auto active = std::make_shared<ActiveMessage>(std::move(*file), 0);
        return {{&transports, "", kDomain, {std::move(active), {0}}}};
    }
    static PoolSettings settings() {
        PoolSettings result;
        result.linger = std::chrono::milliseconds(0);
        result.now = [] { return kStart; };
        result.random = [] { return std::uint64_t{0}; };
        result.has_network = [] { return true; };
        return result;
    }

    tests::ScratchDirectory scratch_;
    std::unique_ptr<queue::Spool> spool_ = std::move(*queue::Spool::open(scratch_.file("queue")));
};

// A connection reads its destination without the mutex, while further messages for it are added.
TEST_F(QueueAttemptPool, AFurtherMessageLeavesWhatAConnectionReads) {
    const HeldTransports transports;
    AttemptPool pool(settings());
    pool.add(message(transports));
    ASSERT_EQ(transports.begun.get_future().wait_for(kDeadline), std::future_status::ready);
    pool.add(message(transports));
    transports.go.set_value();
    for (std::size_t finished = 0; finished < 2; finished += pool.take_finished().size()) {
        pollfd watched{pool.finished_fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&watched, 1, 30'000), 1) << "an attempt hangs";
    }
}

}  // namespace
}  // namespace mailpipe::app
