#include "mailpipe/app/serve/users/login_throttle.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const LoginThrottle::Clock::time_point kStart{};

TEST(ServeLoginThrottle, DoublesUpToALimitAndForgives) {
    LoginThrottle throttle(milliseconds(500));
    EXPECT_FALSE(throttle.is_suspicious("192.0.2.1", kStart));
    for (const int expected : {500, 1000, 2000, 4000, 8000, 16000, 16000})
        EXPECT_EQ(throttle.failed("192.0.2.1", "alice", kStart), milliseconds(expected));
    EXPECT_TRUE(throttle.is_suspicious("192.0.2.1", kStart + minutes(5)));
    EXPECT_FALSE(throttle.is_suspicious("192.0.2.1", kStart + minutes(6)));
    EXPECT_EQ(throttle.failed("192.0.2.1", "alice", kStart + minutes(4)), milliseconds(2000));
}

TEST(ServeLoginThrottle, OthersAreNotHit) {
    LoginThrottle throttle(milliseconds(500));
    for (int i = 0; i < 10; ++i)
        throttle.failed("192.0.2.1", "alice", kStart);
    EXPECT_FALSE(throttle.is_suspicious("192.0.2.2", kStart));
    EXPECT_EQ(throttle.failed("192.0.2.2", "bob", kStart), milliseconds(500));
    // Many addresses that guess at one user are slowed down as one.
    EXPECT_EQ(throttle.failed("192.0.2.3", "ALICE", kStart), milliseconds(16000));
}

TEST(ServeLoginThrottle, AnIpv6NetworkIsOnePeer) {
    EXPECT_EQ(throttled_address("2001:db8:1:2:3:4:5:6"), throttled_address("2001:db8:1:2::9"));
    EXPECT_NE(throttled_address("2001:db8:1:2::"), throttled_address("2001:db8:1:3::"));
    EXPECT_EQ(throttled_address("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(throttled_address(""), "");
}

TEST(ServeLoginThrottle, TablesAreBounded) {
    LoginThrottle throttle(milliseconds(1));
    for (std::size_t i = 0; i <= LoginThrottle::kTracked; ++i)
        throttle.failed("10." + std::to_string(i), "u" + std::to_string(i), kStart);
    EXPECT_FALSE(throttle.is_suspicious("10.0", kStart));
    EXPECT_TRUE(throttle.is_suspicious("10.1", kStart));
}

TEST(ServeLoginThrottle, NoDelayIsNone) {
    LoginThrottle throttle(milliseconds(0));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(throttle.failed("192.0.2.1", "alice", kStart), milliseconds(0));
}

}  // namespace
}  // namespace mailpipe::app::serve
