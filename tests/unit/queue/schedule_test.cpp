#include "mailpipe/queue/schedule.hpp"

#include <gtest/gtest.h>

namespace mailpipe::queue {
namespace {

TEST(QueueSchedule, GrowsToTheLongestWait) {
    const Schedule schedule;
    const std::uint32_t expected[] = {300, 600, 1200, 2400, 4800, 9600, 14400, 14400};
    for (std::uint32_t attempt = 1; attempt <= 8; ++attempt) {
        const std::uint32_t whole = expected[attempt - 1];
        EXPECT_EQ(retry_delay(schedule, attempt, 0), whole - whole / 10);
        EXPECT_EQ(retry_delay(schedule, attempt, whole / 5), whole - whole / 10 + whole / 5);
        for (std::uint64_t random = 0; random < 5000; random += 7) {
            EXPECT_GE(retry_delay(schedule, attempt, random), whole - whole / 10);
            EXPECT_LE(retry_delay(schedule, attempt, random), whole + whole / 10);
        }
    }
    EXPECT_LE(retry_delay(schedule, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF), schedule.longest_wait / 10 * 11);
}

}  // namespace
}  // namespace mailpipe::queue
