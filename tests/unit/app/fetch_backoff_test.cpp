#include "mailpipe/app/fetch/backoff.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(FetchBackoff, DoublesWithinBounds) {
    using std::chrono::milliseconds;
    EXPECT_EQ(backoff(1, 0), milliseconds(750));
    EXPECT_EQ(backoff(1, 500), milliseconds(1000));
    EXPECT_EQ(backoff(2, 500), milliseconds(2000));
    EXPECT_EQ(backoff(9, 500), milliseconds(256'000));
    for (const std::uint32_t many : {10U, 11U, 100U, UINT32_MAX}) {
        EXPECT_EQ(backoff(many, 500), milliseconds(300'000)) << many;
        EXPECT_GE(backoff(many, 0), milliseconds(225'000));
        EXPECT_LE(backoff(many, 999), milliseconds(375'000));
    }
}

}  // namespace
}  // namespace mailpipe::app
