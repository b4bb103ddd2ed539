#include "mailpipe/index/watchers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace mailpipe::index {
namespace {

TEST(Watchers, AreCalledUntilTheirTokenGoes) {
    Watchers<int> watchers;
    int sum = 0;
    auto first = watchers.add([&sum](int value) { sum += value; });
    auto second = watchers.add([&sum](int value) { sum += 10 * value; });
    watchers.notify(1);
    EXPECT_EQ(sum, 11);
    first.reset();
    watchers.notify(1);
    EXPECT_EQ(sum, 21);
    EXPECT_TRUE(watchers.any());
    second.reset();
    EXPECT_FALSE(watchers.any());
}

TEST(Watchers, MayEndThemselves) {
    Watchers<> watchers;
    std::shared_ptr<void> token;
    int calls = 0;
    token = watchers.add([&] {
        ++calls;
        token.reset();
    });
    watchers.notify();
    watchers.notify();
    EXPECT_EQ(calls, 1);
}

TEST(Watchers, TheTokenWaitsForARunningCall) {
    Watchers<> watchers;
    std::atomic<bool> running = false, done = false;
    auto token = watchers.add([&] {
        running = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        done = true;
    });
    std::thread thread([&] { watchers.notify(); });
    while (!running)
        std::this_thread::yield();
    token.reset();
    EXPECT_TRUE(done);
    thread.join();
}

}  // namespace
}  // namespace mailpipe::index
