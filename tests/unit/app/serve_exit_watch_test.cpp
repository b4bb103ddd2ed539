#include <gtest/gtest.h>

#include <future>

#include "mailpipe/app/serve/test/exit_watch.hpp"

namespace mailpipe::app::serve {
namespace {

using std::chrono::milliseconds;

TEST(ExitWatch, ParsesConditions) {
    EXPECT_EQ(parse_exit_condition("3-messages")->messages, 3U);
    EXPECT_EQ(parse_exit_condition("1-message")->messages, 1U);
    EXPECT_EQ(parse_exit_condition("30")->age, milliseconds(30'000));
    EXPECT_EQ(parse_exit_condition("30s")->age, milliseconds(30'000));
    EXPECT_EQ(parse_exit_condition("500ms")->age, milliseconds(500));
    EXPECT_EQ(parse_exit_condition("idle")->idle, milliseconds(0));
    EXPECT_EQ(parse_exit_condition("idle:2m")->idle, milliseconds(120'000));
    for (const char* text : {"", "0-messages", "-messages", "3-mails", "idles", "idle:", "5x", "-5s", "5 s",
                             "99999999999999999999s", "400000h"}) {
        const auto condition = parse_exit_condition(text);
        ASSERT_FALSE(condition) << text;
        EXPECT_EQ(condition.error().kind, Errc::usage);
        EXPECT_NE(condition.error().message.find("3-messages, 30s, idle or idle:5s"), std::string::npos);
    }
}

class Ended {
 public:
    std::function<void()> function() {
        return [this] { promise_.set_value(); };
    }
    bool within(milliseconds time) { return future_.wait_for(time) == std::future_status::ready; }

 private:
    std::promise<void> promise_;
    std::future<void> future_ = promise_.get_future();
};

TEST(ExitWatch, CountsAMessageForSeveralMailboxesOnce) {
    Ended ended;
    ExitWatch watch({*parse_exit_condition("3-messages")}, ended.function());
    watch.started();
    for (int i = 0; i < 5; ++i)
        watch.delivered(1, "id 1");
    watch.delivered(2, "id 2");
    EXPECT_FALSE(ended.within(milliseconds(50)));
    watch.delivered(1, "id 3");
    EXPECT_TRUE(ended.within(milliseconds(5000)));
}

TEST(ExitWatch, WaitsForOpenConnections) {
    Ended ended;
    ExitWatch watch({*parse_exit_condition("1-message")}, ended.function());
    watch.started();
    watch.connection_opened();
    watch.delivered(1, "id");
    EXPECT_FALSE(ended.within(milliseconds(50)));
    watch.connection_closed();
    EXPECT_TRUE(ended.within(milliseconds(2000)));  // before kExitPatience
}

TEST(ExitWatch, IdleBeginsWhenTheLastConnectionEnds) {
    Ended ended;
    ExitWatch watch({*parse_exit_condition("idle:100ms")}, ended.function());
    watch.connection_opened();
    watch.started();
    EXPECT_FALSE(ended.within(milliseconds(250)));
    const auto closed = std::chrono::steady_clock::now();
    watch.connection_closed();
    EXPECT_TRUE(ended.within(milliseconds(5000)));
    EXPECT_GE(std::chrono::steady_clock::now() - closed, milliseconds(100));
}

TEST(ExitWatch, IdleAloneIsTheEndOfTheLastConnection) {
    Ended ended;
    ExitWatch watch({*parse_exit_condition("idle")}, ended.function());
    watch.started();
    EXPECT_FALSE(ended.within(milliseconds(50)));
    watch.connection_opened();
    watch.connection_opened();
    watch.connection_closed();
    EXPECT_FALSE(ended.within(milliseconds(50)));
    watch.connection_closed();
    EXPECT_TRUE(ended.within(milliseconds(5000)));
}

TEST(ExitWatch, CanBeTakenBack) {
    Ended ended;
    {
        ExitWatch watch({*parse_exit_condition("1h")}, ended.function());
        watch.started();
    }
    EXPECT_FALSE(ended.within(milliseconds(0)));
}

}  // namespace
}  // namespace mailpipe::app::serve
