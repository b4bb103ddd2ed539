#include "mailpipe/app/ordered_jobs.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace mailpipe::app {
namespace {

TEST(OrderedJobs, TakesInOrderWhatWasMadeInAny) {
    for (const std::size_t count : {0U, 1U, 3U, 1000U}) {
        std::array<std::size_t, 8> made{};
        std::vector<std::size_t> taken;
        const auto done = run_in_order(
            count, made.size(), [&made](std::size_t job) { made[job % made.size()] = job + 1; },
            [&](std::size_t job) -> Result<void> {
                taken.push_back(made[job % made.size()]);
                return {};
            });
        ASSERT_TRUE(done);
        ASSERT_EQ(taken.size(), count);
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(taken[i], i + 1);
    }
}

TEST(OrderedJobs, MakesNoMoreThanSoManyAhead) {
    constexpr std::size_t kAhead = 4;
    std::atomic<std::size_t> taken = 0;
    std::atomic<std::size_t> furthest = 0;
    const auto done = run_in_order(
        500, kAhead,
        [&](std::size_t job) {
            const std::size_t ahead = job - std::min(job, taken.load());
            for (std::size_t seen = furthest; ahead > seen && !furthest.compare_exchange_weak(seen, ahead);) {
            }
        },
        [&](std::size_t) -> Result<void> {
            ++taken;
            return {};
        });
    ASSERT_TRUE(done);
    EXPECT_LE(furthest, kAhead);
}

TEST(OrderedJobs, AnErrorOfTakeEndsAll) {
    std::atomic<std::size_t> made = 0;
    const auto done = run_in_order(
        1'000'000, 4, [&made](std::size_t) { ++made; },
        [](std::size_t job) -> Result<void> {
            if (job == 10) return fail(Errc::io, "stdout: is closed");
            return {};
        });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "stdout: is closed");
    EXPECT_LE(made, 15U);
}

TEST(OrderedJobs, WhatMakeThrowsIsThrown) {
    const auto make = [](std::size_t job) {
        if (job == 7) throw std::runtime_error("no memory");
    };
    const auto take = [](std::size_t) -> Result<void> { return {}; };
    EXPECT_THROW((void)run_in_order(100, 4, make, take), std::runtime_error);
}

}  // namespace
}  // namespace mailpipe::app
