#include "mailpipe/app/fetch/delivery.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "mailpipe/store/open.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class FetchDeliveryTest : public ::testing::TestWithParam<const char*> {
 protected:
    FetchDeliveryTest() {
        destination_ = *parse_location(std::string(GetParam()) + ":" + directory_ + "/box");
        source_ = *parse_location("pop3://alice@localhost");
    }

    FetchState open_state() {
        auto state = FetchState::open({directory_ + "/state"}, source_, encode(destination_));
        if (!state) throw std::runtime_error(state.error().message);
        return std::move(*state);
    }
    std::unique_ptr<Delivery> open_delivery(FetchState& state) {
        auto delivery = make_store_delivery(destination_, state);
        if (!delivery) throw std::runtime_error(delivery.error().message);
        return std::move(*delivery);
    }
    static Message message(int number) {
        Message message;
        message.key = "k" + std::to_string(number);
        message.number = static_cast<std::uint32_t>(number);
        return message;
    }
    static void deliver(Delivery& delivery, int number) {
        const std::string text = "Subject: " + std::to_string(number) + "\r\n\r\nFrom x\r\n";
        if (!delivery.begin(message(number)) || !delivery.append(text) || !delivery.finish(message(number))) {
            throw std::runtime_error("not delivered");
        }
    }
    std::size_t messages_in_box() const {
        const auto format =
            destination_.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
        return (*store::open_reader(format, destination_.path))->list()->size();
    }

    const tests::ScratchDirectory scratch_{tests::memory_directory()};
    const std::string directory_ = scratch_.path();
    Location source_;
    Location destination_;
};

// More than two groups, so that both writers come round and one group is committed while the next is received.
TEST_P(FetchDeliveryTest, SeveralGroups) {
    constexpr int kMessages = 6500;
    {
        FetchState state = open_state();
        auto delivery = open_delivery(state);
        std::vector<Delivered> delivered;
        const auto take = [&delivered](Result<std::vector<Delivered>> some) {
            ASSERT_TRUE(some) << some.error().message;
            delivered.insert(delivered.end(), some->begin(), some->end());
        };
        for (int i = 0; i < kMessages; ++i) {
            deliver(*delivery, i);
            take(delivery->take());
        }
        take(delivery->flush());
        take(delivery->take());
        ASSERT_EQ(delivered.size(), static_cast<std::size_t>(kMessages));
        for (int i = 0; i < kMessages; ++i) {
            EXPECT_EQ(delivered[static_cast<std::size_t>(i)].number, static_cast<std::uint32_t>(i));
            EXPECT_TRUE(parse_location(delivered[static_cast<std::size_t>(i)].to)->is_ref());
        }
        // And once more after a flush.
        deliver(*delivery, kMessages);
        take(delivery->flush());
        EXPECT_EQ(delivered.size(), static_cast<std::size_t>(kMessages) + 1);
    }
    EXPECT_EQ(messages_in_box(), static_cast<std::size_t>(kMessages) + 1);
    const FetchState state = open_state();
    for (int i = 0; i <= kMessages; ++i)
        EXPECT_TRUE(state.is_done("k" + std::to_string(i)));
    EXPECT_TRUE(state.pending().empty());
}

TEST_P(FetchDeliveryTest, WhatIsNotFlushedIsDeliveredNextTime) {
    {
        FetchState state = open_state();
        auto delivery = open_delivery(state);
        deliver(*delivery, 1);
        ASSERT_TRUE(delivery->flush());
        deliver(*delivery, 2);
    }
    EXPECT_EQ(messages_in_box(), 1U);
    FetchState state = open_state();
    EXPECT_TRUE(state.is_done("k1"));
    EXPECT_FALSE(state.is_done("k2"));
    EXPECT_TRUE(open_delivery(state)->recover()->empty());
}

TEST_P(FetchDeliveryTest, RecoversWhatWasDurableAndNotPublished) {
    std::string staged;
    {
        // What a process leaves that is killed before it publishes.
        const auto format =
            destination_.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
        auto writer = std::move(*store::open_writer(format, destination_.path));
        ASSERT_TRUE(writer->begin());
        ASSERT_TRUE(writer->append("Subject: 1\r\n\r\n"));
        staged = writer->finish({}, std::nullopt)->id;
        ASSERT_TRUE(writer->make_durable());
        ASSERT_TRUE(
            open_state().record_staged({{"k1", 14, staged, {}, {}}, {"k2", 14, "1.M1P1Q1.gone", {}, {}}}));
    }
    FetchState state = open_state();
    const auto recovered = open_delivery(state)->recover();
    ASSERT_TRUE(recovered) << recovered.error().message;
    ASSERT_EQ(recovered->size(), 1U);
    EXPECT_EQ(recovered->at(0).key, "k1");
    EXPECT_EQ(recovered->at(0).size, 14U);
    EXPECT_TRUE(parse_location(recovered->at(0).to)->is_ref());
    EXPECT_EQ(messages_in_box(), 1U);
    EXPECT_TRUE(state.is_done("k1"));
    EXPECT_FALSE(state.is_done("k2"));
    EXPECT_TRUE(open_delivery(state)->recover()->empty());
}

// A disk that is full when the state is written: nothing of the group is in the mailbox, and it is said.
TEST_P(FetchDeliveryTest, StateThatCannotBeWritten) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        FetchState state = open_state();
        auto delivery = open_delivery(state);
        for (int i = 0; i < 100; ++i)
            deliver(*delivery, i);
        // The mailbox is beyond this limit for no file but the journal and the mbox.
        struct rlimit limit {
            3000, 3000
        };
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto flushed = delivery->flush();
        ::_exit(!flushed && flushed.error().kind == Errc::io ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(messages_in_box(), 0U);
    EXPECT_FALSE(open_state().is_done("k0"));
}

INSTANTIATE_TEST_SUITE_P(Stores, FetchDeliveryTest, ::testing::Values("maildir", "mbox"),
                         [](const auto& store) { return std::string(store.param); });

}  // namespace
}  // namespace mailpipe::app
