#include "mailpipe/queue/scheduler.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::queue {
namespace {

Entry entry(std::uint32_t number, std::uint32_t group, std::int8_t priority = 0) {
    return {make_id(number, 0, 0), number, priority, group};
}

bool any(std::uint32_t) {
    return true;
}

std::string taken(Scheduler& scheduler, std::uint32_t now,
                  const std::function<bool(std::uint32_t)>& may = any) {
    std::string text;
    while (const auto found = scheduler.next(now, may))
        text += std::to_string(arrived_at(found->id)) + ' ';
    return text;
}

TEST(QueueScheduler, NothingBeforeItIsDue) {
    Scheduler scheduler;
    scheduler.add(entry(1, 7), 100);
    scheduler.add(entry(2, 7), 50);
    EXPECT_EQ(scheduler.next_due(0), 50U);
    EXPECT_EQ(taken(scheduler, 49), "");
    EXPECT_EQ(taken(scheduler, 50), "2 ");
    EXPECT_EQ(scheduler.next_due(50), 100U);
    EXPECT_EQ(taken(scheduler, 1000), "1 ");
    EXPECT_EQ(scheduler.size(), 0U);
    EXPECT_FALSE(scheduler.next_due(1000));
}

TEST(QueueScheduler, GroupsTakeTurnsAndThoseOfOneComeInOrder) {
    Scheduler scheduler;
    for (std::uint32_t i = 1; i <= 4; ++i)
        scheduler.add(entry(i, 1), 0);
    scheduler.add(entry(5, 2), 0);
    scheduler.add(entry(6, 2), 0);
    scheduler.add(entry(7, 3), 0);
    EXPECT_EQ(taken(scheduler, 0), "1 5 7 2 6 3 4 ");
}

TEST(QueueScheduler, HigherPrioritiesComeFirst) {
    Scheduler scheduler;
    scheduler.add(entry(1, 1), 0);
    scheduler.add(entry(2, 1, -3), 0);
    scheduler.add(entry(3, 2, 9), 0);
    scheduler.add(entry(4, 1, 4), 0);
    EXPECT_EQ(taken(scheduler, 0), "3 4 1 2 ");
}

TEST(QueueScheduler, AGroupThatMustWaitHoldsNoOtherUp) {
    Scheduler scheduler;
    for (std::uint32_t i = 1; i <= 3; ++i)
        scheduler.add(entry(i, 1, 5), 0);
    scheduler.add(entry(4, 2), 0);
    const auto not_the_first = [](std::uint32_t group) { return group != 1; };
    EXPECT_EQ(taken(scheduler, 0, not_the_first), "4 ");
    EXPECT_EQ(scheduler.size(), 3U);
    // They are due already: nothing is to be waited for.
    EXPECT_FALSE(scheduler.next_due(0));
    EXPECT_EQ(taken(scheduler, 0), "1 2 3 ");
}

TEST(QueueScheduler, SameEntryWithAnotherTime) {
    Scheduler scheduler;
    scheduler.add(entry(1, 1), 10);
    scheduler.add(entry(1, 1), 5);
    EXPECT_EQ(taken(scheduler, 5), "1 ");
    EXPECT_EQ(scheduler.next_due(5), 10U);
    scheduler.clear();
    EXPECT_EQ(taken(scheduler, 100), "");
    EXPECT_EQ(scheduler.size(), 0U);
}

}  // namespace
}  // namespace mailpipe::queue
