#include "mailpipe/app/fetch/settled.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "mailpipe/app/fetch/state.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

std::string searching(const std::string& search) {
    Selection selection;
    selection.search = search;
    return settled_rules({}, selection);
}

TEST(FetchSettled, RulesAreToldApart) {
    EXPECT_EQ(settled_rules({}, {}), "");
    Retention retention;
    retention.remove_after = 100;
    const std::string after = settled_rules(retention, {});
    EXPECT_NE(after, "");
    retention.keep_newest = 5;
    EXPECT_NE(settled_rules(retention, {}), after);
    Selection seen;
    seen.seen = Seen::seen;
    Selection unseen;
    unseen.seen = Seen::unseen;
    EXPECT_NE(settled_rules({}, seen), settled_rules({}, unseen));
    EXPECT_TRUE(flags_decide(seen));
    EXPECT_FALSE(flags_decide({}));
}

// What time, or another message, makes true without a change of the message.
TEST(FetchSettled, WhatChangesByItselfIsNeverSettled) {
    EXPECT_NE(searching("FLAGGED SUBJECT x"), "");
    EXPECT_NE(searching("BEFORE 1-Jan-2026"), "");
    for (const char* search : {"OLDER 10", "NOT YOUNGER 10", "NOT UID *", "OR SEEN (NOT OLDER 9)"})
        EXPECT_EQ(searching(search), "") << search;
}

class FetchSettledFiles : public ::testing::Test {
 protected:
    FetchSettledFiles() {
        for (const char* sub : {"cur", "new", "tmp"})
            std::filesystem::create_directories(box() + "/" + sub);
    }
    std::string box() const { return directory_ + "/a box, with: all"; }
    FetchState open() {
        return std::move(*FetchState::open({directory_}, *parse_location("imap://a@localhost"), "maildir:/m"));
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(FetchSettledFiles, Stamp) {
    // The last change was too short a time ago.
    EXPECT_FALSE(stamp_maildir(box(), std::time(nullptr)));
    const auto stamp = stamp_maildir(box(), std::time(nullptr) + 10);
    ASSERT_TRUE(stamp);
    EXPECT_TRUE(is_unchanged(*stamp));
    EXPECT_TRUE(is_unchanged(*stamp + "," + *stamp));
    EXPECT_TRUE(is_unchanged(""));
    std::ofstream(box() + "/new/1.a.b") << "x";
    EXPECT_FALSE(is_unchanged(*stamp));
    std::filesystem::remove_all(box());
    EXPECT_FALSE(is_unchanged(*stamp));
    EXPECT_FALSE(stamp_maildir(box(), std::time(nullptr) + 10));
}

// It is known from the last record alone, outlives runs without rules, and ends with the UIDVALIDITY.
TEST_F(FetchSettledFiles, IsKept) {
    const Settled settled{"seen,search=SUBJECT \"a b\"", 7, 5, 9'000'000'000, 1'900'000'000, "/x:1:2.3:4:5.6"};
    {
        FetchState state = open();
        ASSERT_TRUE(state.set_validity(3));
        ASSERT_TRUE(state.record_done({{"6", 1, {}, "", 1}}));
        ASSERT_TRUE(state.record_complete(0, settled));
        ASSERT_TRUE(state.sync());
    }
    {
        FetchState state = open();
        EXPECT_EQ(state.settled(), settled);
        EXPECT_EQ(state.validity(), 3U);
        ASSERT_TRUE(state.load());
        EXPECT_EQ(state.settled(), settled);
        ASSERT_TRUE(state.record_done({{"7", 1, {}, "", 1}}));
        ASSERT_TRUE(state.record_complete(8));
        ASSERT_TRUE(state.sync());
    }
    {
        FetchState state = open();
        EXPECT_EQ(state.complete_below(), 8U);
        EXPECT_EQ(state.settled(), settled);
        ASSERT_TRUE(state.load());
        // With something to be tried again nothing is settled anew.
        ASSERT_TRUE(state.record_failed("9", 1));
        ASSERT_TRUE(state.record_complete(8, settled));
        ASSERT_TRUE(state.sync());
    }
    FetchState state = open();
    EXPECT_EQ(state.settled(), settled);
    EXPECT_EQ(state.failed_count(), 1U);
    ASSERT_TRUE(state.set_validity(4));
    EXPECT_FALSE(state.settled());
}

// Only what was deleted or failed is forgotten by VANISHED, however much it names.
TEST_F(FetchSettledFiles, Vanished) {
    FetchState state = open();
    ASSERT_TRUE(state.set_validity(3));
    ASSERT_TRUE(state.record_done({{"1", 1, {}, "", 1}, {"2", 1, {}, "", 1}, {"5", 1, {}, "", 1}}));
    ASSERT_TRUE(state.record_deleted({"2", "5"}));
    ASSERT_TRUE(state.record_failed("3", 1));
    ASSERT_TRUE(state.record_failed("9", 1));
    ASSERT_TRUE(state.forget_vanished({{4, 4}, {1, 3}, {1, 1}, {7, 9}}));
    EXPECT_TRUE(state.is_done("1"));
    EXPECT_FALSE(state.is_deleted("2"));
    EXPECT_TRUE(state.is_deleted("5"));
    EXPECT_EQ(state.failed_count(), 0U);
    ASSERT_TRUE(state.forget_vanished({{1, 4294967295U}}));
    EXPECT_TRUE(state.is_done("1"));
    EXPECT_FALSE(state.is_deleted("5"));
}

}  // namespace
}  // namespace mailpipe::app
