#include "mailpipe/app/stop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace mailpipe::app {
namespace {

TEST(Stop, FirstSignalIsRemembered) {
    install_stop_handlers();
    EXPECT_FALSE(stop_requested());
    std::raise(SIGTERM);
    EXPECT_TRUE(stop_requested());
    EXPECT_EQ(stop_signal(), SIGTERM);
}

TEST(Stop, SecondSignalEndsAtOnce) {
    EXPECT_EXIT(
        {
            install_stop_handlers();
            std::raise(SIGINT);
            std::raise(SIGINT);
        },
        testing::KilledBySignal(SIGINT), "");
}

TEST(Stop, BrokenPipeIsAnError) {
    install_stop_handlers();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    ::close(ends[1]);
}

}  // namespace
}  // namespace mailpipe::app
