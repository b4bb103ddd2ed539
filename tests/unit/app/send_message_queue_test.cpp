#include "mailpipe/app/send/message_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

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
