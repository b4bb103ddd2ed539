#include "mailpipe/app/send/message_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace mailpipe::app {
namespace {

std::unique_ptr<QueuedMessage> numbered(MessageQueue& queue, std::size_t number) {
    auto message = queue.blank();
    message->number = number;
    return message;
}

TEST(SendMessageQueue, InOrderAndToTheEnd) {
    MessageQueue queue(2);
    EXPECT_EQ(queue.take_if_ready(), nullptr);
    std::thread reader([&queue] {
        for (std::size_t i = 1; i <= 100; ++i)
            EXPECT_TRUE(queue.put(numbered(queue, i)));
        queue.close();
    });
    for (std::size_t i = 1; i <= 100; ++i) {
        auto message = queue.take();
        ASSERT_NE(message, nullptr);
        EXPECT_EQ(message->number, i);
        queue.give_back(std::move(message));
    }
    EXPECT_EQ(queue.take(), nullptr);
    EXPECT_TRUE(queue.is_at_end());
    reader.join();
}

TEST(SendMessageQueue, AbandonedWhileItWaitsForRoom) {
    MessageQueue queue(1);
    ASSERT_TRUE(queue.put(numbered(queue, 1)));
    std::thread reader([&queue] { EXPECT_FALSE(queue.put(numbered(queue, 2))); });
    queue.abandon();
    reader.join();
    EXPECT_EQ(queue.take(), nullptr);
}

TEST(SendMessageQueue, WhoIsDoneTakesTheNext) {
    MessageQueue queue(2);
    ASSERT_TRUE(queue.put(numbered(queue, 1)));
    auto message = queue.take();
    ASSERT_TRUE(queue.put(numbered(queue, 2)));
    message = queue.take(std::move(message));
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->number, 2U);
    queue.close();
    EXPECT_EQ(queue.take(std::move(message)), nullptr);
}

// Each thread keeps its message until all are taken: none may wait for one that is at work, though nothing else comes.
TEST(SendMessageQueue, WhatWaitsIsTakenByAnother) {
    constexpr std::size_t kThreads = 5;
    MessageQueue queue(kThreads);
    std::atomic<std::size_t> taken = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            auto message = queue.take();
            EXPECT_NE(message, nullptr);
            taken.fetch_add(1);
            for (std::size_t now = taken; now < kThreads; now = taken)
                taken.wait(now);
            taken.notify_all();
            EXPECT_EQ(queue.take(std::move(message)), nullptr);
        });
    }
    for (std::size_t i = 1; i <= kThreads; ++i) {
        EXPECT_TRUE(queue.put(numbered(queue, i)));
        // Behind a pause nobody looks until the next one comes.
        if (i == 2) std::this_thread::sleep_for(std::chrono::milliseconds(150));
    }
    while (taken < kThreads)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    taken.notify_all();
    queue.close();
    for (std::thread& thread : threads)
        thread.join();
}

TEST(SendMessageQueue, ThreadsEndWhetherTheyWereNeededOrNot) {
    for (const bool abandoned : {false, true}) {
        MessageQueue queue(4);
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&queue] {
                std::unique_ptr<QueuedMessage> message = queue.take();
                while (message)
                    message = queue.take(std::move(message));
            });
        }
        for (std::size_t i = 1; i <= 1000; ++i)
            EXPECT_TRUE(queue.put(numbered(queue, i)));
        abandoned ? queue.abandon() : queue.close();
        for (std::thread& thread : threads)
            thread.join();
    }
}

TEST(SendMessageQueue, WhatIsGivenBackIsClean) {
    MessageQueue queue(1);
    auto message = numbered(queue, 1);
    message->error = Error{Errc::data, "x"};
    message->ref = "maildir:/x;ID=1";
    queue.give_back(std::move(message));
    message = queue.blank();
    EXPECT_FALSE(message->error.has_value());
    EXPECT_EQ(message->ref, "");
}

}  // namespace
}  // namespace mailpipe::app
