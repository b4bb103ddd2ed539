#include <thread>

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class ThreadsTest : public AccountTest {
 protected:
    ThreadsTest() : AccountTest(memory_directory()) {}
};

// What is checked is that nothing is lost, and by the thread sanitizer that nothing is touched by two at once.
TEST_F(ThreadsTest, AllAtOnce) {
    open();
    ASSERT_TRUE(account_->create("Other", {}));
    auto other = *account_->mailbox("Other");
    append(*inbox_, 1, 50);
    std::atomic<int> told = 0;
    auto token = inbox_->watch([&, inbox = inbox_.get()] { told += inbox->snapshot()->size() > 0 ? 1 : 0; });
    std::vector<std::thread> threads;
    const auto start = [&threads](auto work) {
        threads.emplace_back([work] {
            for (int i = 0; i < 30; ++i)
                work(i);
        });
    };
    start([&](int i) { append(*inbox_, 100 + i, 1); });
    start([&](int i) { append(*other, 200 + i, 1); });
    start([&](int i) {
        const auto mode = i % 2 == 0 ? StoreMode::add : StoreMode::remove;
        EXPECT_TRUE(inbox_->store({1, 2, 3, 4, 5}, mode, {kSeen, {"x"}}, {}));
    });
    start([&](int i) {
        const Uid uid = static_cast<Uid>(10 + i);
        EXPECT_TRUE(i % 2 == 0 ? inbox_->copy({uid}, *other, true) : other->copy({1}, *inbox_, false));
    });
    start([&](int) {
        const auto now = uids(*inbox_);
        EXPECT_TRUE(inbox_->facts(now, kEnvelope, [](Uid, const Facts&) { return true; }));
        EXPECT_TRUE(inbox_->vanished_since(1));
    });
    start([&](int i) {
        put("new/17000000" + std::to_string(10 + i) + ".M1P1.host", "a: b\n\n");
        account_->delivered(root_);
        EXPECT_TRUE(inbox_->refresh());
    });
    start([&](int i) {
        const std::string name = "T" + std::to_string(i);
        EXPECT_TRUE(account_->create(name, {}));
        EXPECT_TRUE(account_->rename(name, "R/" + name));
        EXPECT_TRUE(account_->mailboxes());
        EXPECT_TRUE(account_->usage());
        EXPECT_TRUE(account_->remove("R/" + name));
    });
    for (std::thread& thread : threads)
        thread.join();
    ASSERT_TRUE(inbox_->refresh());
    EXPECT_EQ(inbox_->snapshot()->size(), 50U + 30 + 30);
    EXPECT_EQ(other->snapshot()->size(), 30U + 15);
    EXPECT_GT(told, 30);
    token.reset();
    const auto before = uids(*inbox_);
    other.reset();
    reopen();
    EXPECT_EQ(uids(*inbox_), before);
    EXPECT_TRUE(account_->check()->problems.empty());
}

}  // namespace
}  // namespace mailpipe::index::test
