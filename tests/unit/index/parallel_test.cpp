#include "mailpipe/index/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace mailpipe::index {
namespace {

TEST(InParallel, EachOnce) {
    std::vector<std::atomic<int>> calls(1000);
    in_parallel(calls.size(), 10, [&](std::size_t at) {
        ++calls[at];
        return true;
    });
    for (const auto& each : calls)
        EXPECT_EQ(each, 1);
    in_parallel(0, 10, [](std::size_t) {
        ADD_FAILURE();
        return true;
    });
}

TEST(InParallel, StopsAfterAFailure) {
    std::atomic<int> calls = 0;
    in_parallel(1'000'000, 1'000'000, [&](std::size_t at) {
        ++calls;
        return at != 5;
    });
    EXPECT_EQ(calls, 6);
}

}  // namespace
}  // namespace mailpipe::index
