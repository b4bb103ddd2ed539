#include "mailpipe/app/fetch/pop3_plan.hpp"

#include <gtest/gtest.h>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class FetchPop3PlanTest : public ::testing::Test {
 protected:
    FetchPop3PlanTest() {
        source_ = *parse_location("pop3://alice@localhost");
        state_.emplace(*FetchState::open({directory_}, source_, "maildir:/box"));
    }

    static Pop3Maildrop maildrop(const std::vector<std::pair<std::uint64_t, std::string>>& messages) {
        Pop3Maildrop drop;
        for (std::uint32_t i = 0; i < messages.size(); ++i) {
            drop.sizes.push_back({i + 1, messages[i].first, {}});
            drop.uidls.push_back({i + 1, 0, messages[i].second});
        }
        return drop;
    }
    Pop3Plan plan(const Pop3Maildrop& drop, bool remove) {
        settings_.retention.remove = remove;
        return plan(drop);
    }
    Pop3Plan plan(const Pop3Maildrop& drop) {
        FetchJob job({source_, refs_, &settings_, {}, false, {directory_}, &*state_, nullptr, &console_});
        return plan_pop3(drop, job);
    }
    void fetched(const Pop3Plan& plan) {
        for (const auto& entry : plan.fetch)
            ASSERT_TRUE(state_->record_done({{plan.listed.key(entry.key), 1, {}, {}, 1}}));
    }
    static std::vector<std::uint32_t> numbers(const std::vector<Pop3Plan::Entry>& entries) {
        std::vector<std::uint32_t> out;
        for (const auto& entry : entries)
            out.push_back(entry.number);
        return out;
    }

    using Numbers = std::vector<std::uint32_t>;
    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    Location source_;
    std::optional<std::vector<Location>> refs_;
    std::optional<FetchState> state_;
    FetchSettings settings_;
    FetchConsole console_{CommonOptions{}, Summary::automatic, true};
};

TEST_F(FetchPop3PlanTest, EachOnce) {
    const auto drop = maildrop({{10, "a"}, {20, "b"}});
    const auto first = plan(drop, false);
    EXPECT_EQ(numbers(first.fetch), (Numbers{1, 2}));
    EXPECT_EQ(first.message(first.fetch[0]).key, "a");
    EXPECT_EQ(first.message(first.fetch[0]).uidl, "a");
    EXPECT_EQ(first.message(first.fetch[1]).size, 20U);
    fetched(first);
    EXPECT_TRUE(plan(drop, false).fetch.empty());
    EXPECT_EQ(numbers(plan(drop, true).remove), (Numbers{1, 2}));
    EXPECT_TRUE(plan(drop, false).remove.empty());
}

TEST_F(FetchPop3PlanTest, RulesSayWhatGoes) {
    const auto drop = maildrop({{10, "a"}, {20, "b"}, {30, "c"}});
    settings_.retention.keep_newest = 1;
    const auto first = plan(drop);
    EXPECT_EQ(numbers(first.fetch), (Numbers{1, 2, 3}));
    EXPECT_TRUE(first.fetch[0].goes);
    EXPECT_TRUE(first.fetch[1].goes);
    EXPECT_FALSE(first.fetch[2].goes);
    fetched(first);
    EXPECT_EQ(numbers(plan(drop).remove), (Numbers{1, 2}));
    settings_.retention.limit = DeleteLimit{1, false};
    EXPECT_TRUE(plan(drop).remove.empty());
    EXPECT_EQ(console_.exit_status(), 76);
}

// Neither fetched nor deleted, and not counted.
TEST_F(FetchPop3PlanTest, WhatIsTooLargeIsNotLookedAt) {
    const auto drop = maildrop({{10, "a"}, {2000, "b"}, {30, "c"}});
    settings_.selection.max_size = 1999;
    settings_.retention.keep_newest = 1;
    const auto some = plan(drop);
    EXPECT_EQ(numbers(some.fetch), (Numbers{1, 3}));
    fetched(some);
    EXPECT_EQ(numbers(plan(drop).remove), Numbers{1});
}

TEST_F(FetchPop3PlanTest, WhatFailedWaits) {
    const auto drop = maildrop({{10, "a"}, {20, "b"}});
    ASSERT_TRUE(state_->record_failed("a", std::time(nullptr)));
    EXPECT_EQ(numbers(plan(drop, false).fetch), Numbers{2});
    refs_ = {*parse_location("pop3://alice@localhost/;UIDL=a")};
    EXPECT_EQ(numbers(plan(drop, false).fetch), Numbers{1}) << "it was asked for by its name";
}

TEST_F(FetchPop3PlanTest, RefsNameWhatIsFetched) {
    refs_ = {*parse_location("pop3://alice@localhost/;UIDL=b"),
             *parse_location("pop3://alice@localhost/;UIDL=z")};
    const auto some = plan(maildrop({{10, "a"}, {20, "b"}}), false);
    EXPECT_EQ(numbers(some.fetch), Numbers{2});
    ASSERT_EQ(some.missing.size(), 1U);
    EXPECT_EQ(some.missing[0].uidl, "z");
}

// threats.md: empty, duplicate, endless UIDL.
TEST_F(FetchPop3PlanTest, EmptyUidl) {
    const auto drop = maildrop({{10, "a"}, {20, ""}, {30, ""}});
    const auto keep = plan(drop, false);
    EXPECT_EQ(numbers(keep.fetch), Numbers{1});
    EXPECT_EQ(keep.unidentifiable, (Numbers{2, 3}));
    const auto remove = plan(drop, true);
    EXPECT_EQ(numbers(remove.fetch), (Numbers{1, 2, 3}));
    EXPECT_EQ(remove.message(remove.fetch[1]).key, "");
    EXPECT_EQ(remove.message(remove.fetch[1]).number, 2U);
}

TEST_F(FetchPop3PlanTest, DuplicateUidl) {
    const auto drop = maildrop({{10, "a"}, {20, "a"}, {20, "a"}, {30, "b"}});
    const auto first = plan(drop, false);
    EXPECT_EQ(numbers(first.fetch), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(first.listed.size(), 4U);
    EXPECT_EQ(first.message(first.fetch[0]).key, "a 10 1");
    EXPECT_EQ(first.message(first.fetch[0]).uidl, "a");
    fetched(first);
    EXPECT_TRUE(plan(drop, false).fetch.empty());
    // Which one an earlier run has fetched is not sure: none of them is deleted.
    const auto remove = plan(drop, true);
    EXPECT_EQ(numbers(remove.remove), Numbers{4});
    EXPECT_EQ(remove.ambiguous, 3U);
    // One more of them is a message that was not there.
    const auto more = plan(maildrop({{10, "a"}, {20, "a"}, {20, "a"}, {20, "a"}}), false);
    EXPECT_EQ(numbers(more.fetch), Numbers{4});
}

TEST_F(FetchPop3PlanTest, UidlThatLooksLikeAnAmbiguousKey) {
    const auto drop = maildrop({{10, "a"}, {10, "a"}, {5, "a-10-1"}});
    EXPECT_EQ(plan(drop, false).listed.size(), 3U);
}

// UIDL may list in another order than LIST.
TEST_F(FetchPop3PlanTest, OrderOfTheListings) {
    Pop3Maildrop drop;
    drop.sizes = {{3, 30, {}}, {1, 10, {}}, {2, 20, {}}};
    drop.uidls = {{2, 0, "b"}, {3, 0, "c"}, {1, 0, "a"}};
    const auto first = plan(drop, false);
    EXPECT_EQ(numbers(first.fetch), (Numbers{3, 1, 2}));
    EXPECT_EQ(first.message(first.fetch[0]).key, "c");
    EXPECT_EQ(first.message(first.fetch[1]).key, "a");
}

TEST_F(FetchPop3PlanTest, NoUidlAtAll) {
    Pop3Maildrop drop = maildrop({{10, ""}, {20, ""}});
    drop.uidls.clear();
    EXPECT_EQ(numbers(plan(drop, true).fetch), (Numbers{1, 2}));
}

}  // namespace
}  // namespace mailpipe::app
