#include "mailpipe/app/serve/limits/limits_file.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

TEST(ServeLimitsFile, EachTakesThePlaceOfItsOption) {
    ServeOptions options;
    options.timeout_seconds = 7;
    const auto taken = take_limits(
        "# of this host\n\n max-connections = 500\nmax-connections-per-address=0\r\nmax-connections-per-user = "
        "3\n"
        "max-recipients = 20\nconnection-rate = 60/1m\nrate-per-address = 100/1h\nrate-per-sender = 5/1d\n"
        "max-message-size = 25M\nquota = 2G\ntimeout = 60",
        "limits", options);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(options.limits.max_connections, 500U);
    EXPECT_EQ(options.limits.max_connections_per_address, 0U);
    EXPECT_EQ(options.limits.max_connections_per_user, 3U);
    EXPECT_EQ(options.limits.max_recipients, 20U);
    EXPECT_EQ(options.limits.connections_per_address.count, 60U);
    EXPECT_EQ(options.limits.messages_per_address.time, std::chrono::seconds(3600));
    EXPECT_EQ(options.limits.messages_per_sender.count, 5U);
    EXPECT_EQ(options.max_message_size, 25U << 20);
    EXPECT_EQ(options.delivery.quota, 2ULL << 30);
    EXPECT_EQ(options.timeout_seconds, 60U);
}

TEST(ServeLimitsFile, WhatIsNotGivenStays) {
    ServeOptions options;
    options.timeout_seconds = 7;
    ASSERT_TRUE(take_limits("max-recipients = 20\n", "limits", options));
    EXPECT_EQ(options.timeout_seconds, 7U);
    EXPECT_FALSE(options.limits.max_connections_per_address);
}

TEST(ServeLimitsFile, Refused) {
    struct Row {
        const char* text;
        const char* says;
    };
    for (const Row& row : {
             Row{"\nmax-recipients\n", "limits:2: NAME = VALUE is expected"},
             Row{"threads = 2", "limits:1: no limit is called 'threads'"},
             Row{"max-recipients = 0", "limits:1: max-recipients: a number of 1 to 100000 is expected"},
             Row{"max-recipients =", "limits:1: max-recipients: a number of 1 to 100000 is expected"},
             Row{"timeout = 1m", "limits:1: timeout: a number of 1 to 86400 is expected"},
             Row{"timeout = 1\ntimeout = 2", "limits:2: timeout is given twice"},
             Row{"rate-per-sender = 5",
                 "limits:1: rate-per-sender: a rate such as 100/1m or 5000/1d is expected"},
             Row{"quota = 0", "limits:1: quota: a size such as 1000000, 500k or 50M is expected"},
         }) {
        ServeOptions options;
        const auto taken = take_limits(row.text, "limits", options);
        ASSERT_FALSE(taken) << row.text;
        EXPECT_EQ(taken.error().kind, Errc::config) << row.text;
        EXPECT_EQ(taken.error().message, row.says);
    }
}

}  // namespace
}  // namespace mailpipe::app::serve
