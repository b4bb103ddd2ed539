#include "mailpipe/app/serve/limits/admission.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mailpipe::app::serve {
namespace {

using std::chrono::seconds;

const auto kNow = RateLimiter::Clock::time_point(std::chrono::hours(1000));

net::Peer peer(std::string address, bool loopback = false) {
    net::Peer result;
    result.address = std::move(address);
    result.loopback = loopback;
    return result;
}

TEST(ServeAdmission, Rates) {
    struct Row {
        std::string text;
        std::uint32_t count;
        seconds time;
    };
    for (const Row& row :
         {Row{"100/1m", 100, seconds(60)}, Row{"1/1s", 1, seconds(1)}, Row{"5000/1d", 5000, seconds(86400)}}) {
        const auto rate = parse_rate(row.text);
        ASSERT_TRUE(rate) << row.text;
        EXPECT_EQ(rate->count, row.count);
        EXPECT_EQ(rate->time, row.time);
    }
    for (const char* text :
         {"", "/", "100", "100/", "/1m", "0/1m", "-1/1m", "1/0s", "1/1", "1/1m/1m", "99999999999/1m"}) {
        const auto rate = parse_rate(text);
        ASSERT_FALSE(rate) << text;
        EXPECT_EQ(rate.error().kind, Errc::usage);
    }
}

TEST(ServeAdmission, ARateAllowsABurstAndThenItsPace) {
    RateLimiter limiter;
    const Rate rate{3, seconds(60)};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(limiter.take("a", rate, kNow));
    EXPECT_FALSE(limiter.take("a", rate, kNow));
    EXPECT_TRUE(limiter.take("b", rate, kNow));
    EXPECT_FALSE(limiter.take("a", rate, kNow + seconds(19)));
    EXPECT_TRUE(limiter.take("a", rate, kNow + seconds(20)));
    EXPECT_FALSE(limiter.take("a", rate, kNow + seconds(20)));
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(limiter.take("a", rate, kNow + seconds(200)));
    EXPECT_FALSE(limiter.take("a", rate, kNow + seconds(200)));
    EXPECT_TRUE(limiter.take("a", Rate{}, kNow));
}

TEST(ServeAdmission, AFloodOfKeysIsBoundedAndForgetsTheLeast) {
    RateLimiter limiter;
    const Rate rate{2, seconds(60)};
    EXPECT_TRUE(limiter.take("busy", rate, kNow));
    EXPECT_TRUE(limiter.take("busy", rate, kNow));
    for (std::size_t i = 0; i < 3 * kRateKeys; ++i)
        ASSERT_TRUE(limiter.take("key" + std::to_string(i), rate, kNow));
    EXPECT_LE(limiter.keys(), kRateKeys);
    EXPECT_FALSE(limiter.take("busy", rate, kNow));
}

TEST(ServeAdmission, Networks) {
    EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(network_of("2001:db8:0:1::1"), network_of("2001:db8:0:1:ffff::9"));
    EXPECT_NE(network_of("2001:db8:0:1::1"), network_of("2001:db8:0:2::1"));
}

TEST(ServeAdmission, ConnectionsOfAnAddress) {
    Admission admission;
    ServeLimitsOptions limits;
    limits.max_connections_per_address = 2;
    {
        Admitted first;
        Admitted second;
        Admitted third;
        Admitted other;
        EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, first));
        EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, second));
        const auto refused = admission.connection(peer("192.0.2.7"), limits, kNow, third);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, 421);
        EXPECT_EQ(refused.error().enhanced, "4.7.0");
        EXPECT_TRUE(admission.connection(peer("192.0.2.8"), limits, kNow, other));
        second = Admitted();
        EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, third));
    }
    Admitted again;
    EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, again));
}

TEST(ServeAdmission, ThisHostIsNotLimitedUnlessItIsSaid) {
    Admission admission;
    const ServeLimitsOptions limits;
    std::vector<Admitted> local(300);
    std::vector<Admitted> far(101);
    for (auto& admitted : local)
        EXPECT_TRUE(admission.connection(peer("127.0.0.1", true), limits, kNow, admitted));
    for (std::size_t i = 0; i < 100; ++i)
        EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, far[i]));
    EXPECT_FALSE(admission.connection(peer("192.0.2.7"), limits, kNow, far[100]));
    ServeLimitsOptions strict;
    strict.max_connections_per_address = 300;
    Admitted one_more;
    EXPECT_FALSE(admission.connection(peer("127.0.0.1", true), strict, kNow, one_more));
    EXPECT_TRUE(admission.connection(peer("", true), strict, kNow, one_more));
}

TEST(ServeAdmission, HowOftenAnAddressConnects) {
    Admission admission;
    ServeLimitsOptions limits;
    limits.connections_per_address = {1, seconds(10)};
    Admitted admitted;
    EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow, admitted));
    const auto refused = admission.connection(peer("192.0.2.7"), limits, kNow + seconds(9), admitted);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, 421);
    EXPECT_TRUE(admission.connection(peer("192.0.2.7"), limits, kNow + seconds(10), admitted));
}

TEST(ServeAdmission, ConnectionsOfAUser) {
    Admission admission;
    ServeLimitsOptions limits;
    limits.max_connections_per_user = 1;
    Admitted first;
    Admitted second;
    EXPECT_TRUE(admission.login("alice", limits, first));
    // The same connection again gives back what it had.
    const auto refused = admission.login("alice", limits, second);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, 454);
    EXPECT_TRUE(admission.login("bob", limits, second));
    first = Admitted();
    EXPECT_TRUE(admission.login("alice", limits, first));
}

TEST(ServeAdmission, Messages) {
    Admission admission;
    ServeLimitsOptions limits;
    limits.messages_per_address = {3, seconds(60)};
    limits.messages_per_sender = {1, seconds(60)};
    const auto send = [&](const char* address, const char* user, const char* sender) {
        return admission.message(peer(address), user, sender, limits, kNow).has_value();
    };
    EXPECT_TRUE(send("192.0.2.1", "", "carol@example.net"));
    EXPECT_FALSE(send("192.0.2.2", "", "Carol@Example.NET"));
    // A user's name is no reverse-path, and he is counted by his name whatever he writes.
    EXPECT_TRUE(send("192.0.2.3", "carol@example.net", "a@example.org"));
    EXPECT_FALSE(send("192.0.2.4", "carol@example.net", "b@example.org"));
    // Error reports are counted by address only.
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(send("192.0.2.5", "", ""));
    EXPECT_FALSE(send("192.0.2.5", "", ""));
}

TEST(ServeAdmission, SeatsFromManyThreads) {
    Seats seats;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&seats] {
            for (int j = 0; j < 5000; ++j) {
                Seats::Seat seat;
                (void)seats.take("key", 3, seat);
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(seats.taken("key"), 0U);
}

}  // namespace
}  // namespace mailpipe::app::serve
