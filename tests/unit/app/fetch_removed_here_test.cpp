#include "mailpipe/app/fetch/removed_here.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class FetchRemovedHere : public ::testing::Test {
 protected:
    FetchRemovedHere() {
        for (const char* sub : {"cur", "new", "tmp"})
            std::filesystem::create_directories(box() + "/" + sub);
        state_.emplace(
            *FetchState::open({directory_}, *parse_location("pop3://alice@localhost"), "maildir:" + box()));
    }

    std::string box() const { return directory_ + "/box"; }
    void deliver(const std::string& id) { std::ofstream(box() + "/cur/" + id + ":2,S") << "Subject: s\n\n"; }
    void record(const std::string& key, const std::string& to) {
        ASSERT_TRUE(state_->record_done({{key, 1, {}, to, 1}}));
    }
    std::string in_box(const std::string& id) const { return "maildir:" + box() + ";ID=" + id; }
    static bool is_removed(const KeyTable& table, std::string_view key) {
        const auto id = table.find(key);
        return id && table.value(*id) == 1;
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    std::optional<FetchState> state_;
};

TEST_F(FetchRemovedHere, WhatIsNotInItsMaildir) {
    deliver("1.M1.a");
    deliver("4.M4.a");
    record("there", in_box("1.M1.a"));
    record("gone", in_box("2.M2.a"));
    record("again", in_box("3.M3.a"));  // delivered twice: the last one counts
    record("again", in_box("4.M4.a"));
    record("mbox", "mbox:/gone;OFFSET=0");
    record("stdout", "");
    const auto removed = removed_here(*state_, false);
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_TRUE(is_removed(removed->keys, "gone"));
    for (const char* key : {"there", "again", "mbox", "stdout"})
        EXPECT_FALSE(is_removed(removed->keys, key)) << key;
}

// A disk that is not mounted must not empty the mailbox on the server.
TEST_F(FetchRemovedHere, AnEmptyMaildirIsSuspicious) {
    record("a", in_box("1.M1.a"));
    EXPECT_TRUE(removed_here(*state_, false));
    record("b", in_box("2.M2.a"));
    const auto removed = removed_here(*state_, false);
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().kind, Errc::data);
    EXPECT_TRUE(is_removed(removed_here(*state_, true)->keys, "b"));
    std::filesystem::remove_all(box());
    EXPECT_EQ(removed_here(*state_, true).error().kind, Errc::not_found);
}

}  // namespace
}  // namespace mailpipe::app
