#include "mailpipe/app/fetch/state.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "mailpipe/app/fetch/state_file.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class FetchStateTest : public ::testing::Test {
 protected:
    static Location location(const std::string& text) {
        auto parsed = parse_location(text);
        if (!parsed) throw std::runtime_error(parsed.error().message);
        return *parsed;
    }
    FetchState open(const std::string& source = "pop3://alice@localhost") {
        auto state = FetchState::open({directory_}, location(source), "maildir:/box");
        if (!state) throw std::runtime_error(state.error().message);
        return std::move(*state);
    }
    static std::function<bool(std::string_view)> is(const std::string& key) {
        return [key](std::string_view other) { return other == key; };
    }
    static FetchState::Staged staged(const std::string& key, std::uint64_t size, const std::string& id) {
        return {key, size, id, {1, 2}, {}};
    }
    static std::vector<FetchState::Done> done(const FetchState::Keys& keys, std::uint32_t time = 1000) {
        std::vector<FetchState::Done> done;
        for (const auto key : keys)
            done.push_back({key, 5, {1, 0xFFFF'0000'0000'0002U}, "maildir:/box;ID=1.M1 %", time});
        return done;
    }
    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(FetchStateTest, RemembersAcrossProcesses) {
    {
        FetchState state = open();
        EXPECT_FALSE(state.is_done("a b%"));
        ASSERT_TRUE(
            state.record_staged({staged("a b%", 5, "1.M1.x:2,S"), staged("c", 6, "2"), staged("d", 7, "3")}));
        ASSERT_TRUE(state.record_done(done({"a b%"})));
        ASSERT_TRUE(state.record_lost({"c"}));
        ASSERT_TRUE(state.sync());
        EXPECT_TRUE(state.is_done("a b%"));
    }
    {
        FetchState state = open();
        EXPECT_TRUE(state.is_done("a b%"));
        EXPECT_FALSE(state.is_done("c"));
        EXPECT_FALSE(state.is_done("d"));
        const auto pending = state.pending();
        ASSERT_EQ(pending.size(), 1U);
        EXPECT_EQ(pending[0].key, "d");
        EXPECT_EQ(pending[0].size, 7U);
        EXPECT_EQ(pending[0].id, "3");
        ASSERT_TRUE(state.record_deleted({"a b%"}));
    }
    FetchState state = open();
    EXPECT_TRUE(state.is_done("a b%"));
    EXPECT_TRUE(state.is_deleted("a b%"));
}

TEST_F(FetchStateTest, PendingKeepsTheOrder) {
    std::vector<FetchState::Staged> staged;
    for (int i = 0; i < 100; ++i)
        staged.push_back(this->staged("k" + std::to_string(i), 1, "s" + std::to_string(i)));
    { ASSERT_TRUE(open().record_staged(staged)); }
    const auto pending = open().pending();
    ASSERT_EQ(pending.size(), 100U);
    for (std::size_t i = 0; i < pending.size(); ++i)
        EXPECT_EQ(pending[i].id, "s" + std::to_string(i));
}

TEST_F(FetchStateTest, ForgetsWhatWasDeletedOnlyWhenItIsListedNoMore) {
    FetchState state = open();
    ASSERT_TRUE(state.record_done(done({"a", "b", "kept"})));
    ASSERT_TRUE(state.record_deleted({"a", "b"}));
    ASSERT_TRUE(state.forget_unlisted(1, is("a")));
    EXPECT_TRUE(state.is_done("a"));
    EXPECT_FALSE(state.is_done("b"));
    EXPECT_TRUE(state.is_done("kept"));
}

TEST_F(FetchStateTest, ValidityDropsWhatWasBefore) {
    {
        FetchState state = open("imap://alice@localhost");
        EXPECT_FALSE(state.validity());
        ASSERT_TRUE(state.set_validity(7));
        ASSERT_TRUE(state.record_done(done({"1"})));
        ASSERT_TRUE(state.set_validity(7));
        EXPECT_TRUE(state.is_done("1"));
    }
    {
        FetchState state = open("imap://alice@localhost");
        EXPECT_EQ(state.validity(), 7U);
        EXPECT_TRUE(state.is_done("1"));
        ASSERT_TRUE(state.set_validity(8));
        EXPECT_FALSE(state.is_done("1"));
    }
    EXPECT_EQ(open("imap://alice@localhost").validity(), 8U);
}

TEST_F(FetchStateTest, CompactsAndStaysTheSame) {
    std::vector<std::string> numbers;
    for (int i = 0; i < 4000; ++i)
        numbers.push_back(std::to_string(i));
    const FetchState::Keys keys(numbers.begin(), numbers.end());
    {
        FetchState state = open();
        ASSERT_TRUE(state.record_done(done(keys)));
        ASSERT_TRUE(state.record_deleted(keys));
        ASSERT_TRUE(state.forget_unlisted(1, is("17")));
    }
    const auto file = std::filesystem::directory_iterator(directory_)->path();
    const auto before = std::filesystem::file_size(file);
    { EXPECT_TRUE(open().is_done("17")); }
    EXPECT_LT(std::filesystem::file_size(file), before / 100);
    FetchState state = open();
    EXPECT_TRUE(state.is_done("17"));
    EXPECT_FALSE(state.is_done("18"));
}

// Most journals end at rest, and are read by load() alone.
TEST_F(FetchStateTest, CompactsWhatEndsAtRest) {
    const std::string source = "imap://alice@localhost";
    std::vector<std::string> numbers;
    for (int i = 0; i < 4000; ++i)
        numbers.push_back(std::to_string(i));
    const FetchState::Keys keys(numbers.begin(), numbers.end());
    {
        FetchState state = open(source);
        ASSERT_TRUE(state.set_validity(7));
        ASSERT_TRUE(state.record_done(done(keys)));
        ASSERT_TRUE(state.record_deleted(keys));
        ASSERT_TRUE(state.forget_unlisted(1, is("17")));
        ASSERT_TRUE(state.record_complete(4000));
    }
    const auto file = std::filesystem::directory_iterator(directory_)->path();
    const auto before = std::filesystem::file_size(file);
    {
        FetchState state = open(source);
        EXPECT_EQ(std::filesystem::file_size(file), before);
        ASSERT_TRUE(state.load());
        EXPECT_LT(std::filesystem::file_size(file), before / 100);
        ASSERT_TRUE(state.record_complete(4000));  // its end says so no more
    }
    FetchState state = open(source);
    EXPECT_EQ(state.complete_below(), 4000U);
    EXPECT_DEATH(state.is_done("17"), "");  // it is at rest again
    ASSERT_TRUE(state.load());
    EXPECT_TRUE(state.is_done("17"));
    EXPECT_FALSE(state.is_done("18"));
}

// A journal that ends at rest is not read: one whose middle is damaged says what its end says, until it is loaded.
TEST_F(FetchStateTest, AtRestIsKnownFromTheEnd) {
    const std::string source = "imap://alice@localhost";
    {
        FetchState state = open(source);
        ASSERT_TRUE(state.set_validity(7));
        ASSERT_TRUE(state.record_done(done({"1", "2", "3"})));
        ASSERT_TRUE(state.record_deleted({"3"}));
        ASSERT_TRUE(state.record_complete(4));
    }
    const auto file = std::filesystem::directory_iterator(directory_)->path();
    const auto size = std::filesystem::file_size(file);
    {
        FetchState state = open(source);
        EXPECT_EQ(state.validity(), 7U);
        EXPECT_EQ(state.complete_below(), 4U);
        EXPECT_FALSE(state.is_new());
        EXPECT_TRUE(state.has_done());
        EXPECT_TRUE(state.pending().empty());
        ASSERT_TRUE(state.record_complete(4));  // known already
        EXPECT_EQ(std::filesystem::file_size(file), size);
        EXPECT_DEATH(state.is_done("1"), "");  // nobody may decide anything by a state that was not read
        ASSERT_TRUE(state.load());
        EXPECT_TRUE(state.is_done("2"));
        EXPECT_TRUE(state.is_deleted("3"));
        ASSERT_TRUE(state.record_failed("4", 1000));
        ASSERT_TRUE(state.record_complete(5));  // not at rest: one is to be tried again
    }
    {
        FetchState state = open(source);
        EXPECT_FALSE(state.is_due("4", 1001));
        ASSERT_TRUE(state.record_done(done({"4"})));
        ASSERT_TRUE(state.record_complete(5));
    }
    std::fstream(file, std::ios::in | std::ios::out).seekp(static_cast<std::streamoff>(size / 2)) << "damage";
    FetchState state = open(source);
    EXPECT_EQ(state.complete_below(), 5U);
    ASSERT_TRUE(state.load());
    EXPECT_FALSE(state.is_done("4"));
}

// What is not held in memory survives compaction, and the last record of a key counts.
TEST_F(FetchStateTest, KeepsWhatItSaysOfEach) {
    {
        FetchState state = open();
        EXPECT_TRUE(state.is_new());
        ASSERT_TRUE(state.record_done(done({"a", "b", "-"}, 7)));
        for (int i = 0; i < 1000; ++i) {
            ASSERT_TRUE(state.record_deleted({"b"}));
            ASSERT_TRUE(state.forget_unlisted(1, is("a")));
            ASSERT_TRUE(state.record_done(done({"b"}, 8)));
        }
    }
    const auto file = std::filesystem::directory_iterator(directory_)->path();
    { EXPECT_FALSE(open().is_new()); }
    EXPECT_LT(std::filesystem::file_size(file), 1000U);
    const FetchState state = open();
    EXPECT_EQ(state.done_at("a"), 7);
    EXPECT_EQ(state.done_at("b"), 8);
    EXPECT_EQ(state.done_at("c"), std::nullopt);
    std::size_t count = 0;
    ASSERT_TRUE(state.each_done([&count](const FetchState::Done& one) {
        ++count;
        EXPECT_EQ(one.size, 5U);
        EXPECT_EQ(one.print, (Fingerprint{1, 0xFFFF'0000'0000'0002U}));
        EXPECT_EQ(one.to, "maildir:/box;ID=1.M1 %");
        EXPECT_EQ(one.time, one.key == "b" ? 8U : 7U);
    }));
    EXPECT_EQ(count, 3U);
}

TEST_F(FetchStateTest, WhatWasDeletedCanBeForgotten) {
    {
        FetchState state = open();
        ASSERT_TRUE(state.record_done(done({"a", "b"}, 7)));
        ASSERT_TRUE(state.record_deleted({"a"}));
        std::vector<std::string> deleted;
        ASSERT_TRUE(
            state.each_deleted([&deleted](const FetchState::Done& one) { deleted.emplace_back(one.key); }));
        EXPECT_EQ(deleted, std::vector<std::string>{"a"});
        ASSERT_TRUE(state.forget({"a"}));
        EXPECT_FALSE(state.is_done("a"));
        EXPECT_FALSE(state.is_deleted("a"));
        EXPECT_TRUE(state.is_done("b"));
    }
    {
        FetchState state = open();
        EXPECT_FALSE(state.is_done("a"));
        ASSERT_TRUE(state.record_done(done({"a"}, 9)));
    }
    const FetchState state = open();
    EXPECT_EQ(state.done_at("a"), 9);
}

TEST_F(FetchStateTest, PlacesAreKeptApart) {
    {
        FetchState state = open();
        FetchState::Staged other = staged("b", 1, "2");
        other.place = "maildir:/other place";
        ASSERT_TRUE(state.record_staged({staged("a", 1, "1"), other}));
    }
    const FetchState state = open();
    ASSERT_EQ(state.pending().size(), 1U);
    EXPECT_EQ(state.pending()[0].key, "a");
    ASSERT_EQ(state.pending("maildir:/other place").size(), 1U);
    EXPECT_EQ(state.pending("maildir:/other place")[0].print, (Fingerprint{1, 2}));
}

TEST_F(FetchStateTest, WhatFailedWaitsLongerEachTime) {
    constexpr std::time_t kNow = 1'700'000'000;
    {
        FetchState state = open();
        EXPECT_TRUE(state.is_due("a", kNow));
        ASSERT_TRUE(state.record_failed("a", kNow));
        EXPECT_FALSE(state.is_due("a", kNow + 299));
        EXPECT_TRUE(state.is_due("b", kNow));
        ASSERT_TRUE(state.record_failed("a", kNow + 300));
    }
    FetchState state = open();
    EXPECT_FALSE(state.is_due("a", kNow + 300 + 599));
    EXPECT_TRUE(state.is_due("a", kNow + 300 + 600));
    EXPECT_TRUE(state.is_due("a", kNow - 1)) << "the clock was set back";
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(state.record_failed("a", kNow));
    EXPECT_FALSE(state.is_due("a", kNow + 86'399));
    EXPECT_TRUE(state.is_due("a", kNow + 86'400));
    ASSERT_TRUE(state.record_done(done({"a"})));
    EXPECT_TRUE(state.is_due("a", kNow));
}

TEST_F(FetchStateTest, AnotherValidityTakesOverWhatWasFoundAgain) {
    {
        FetchState state = open("imap://alice@localhost");
        ASSERT_TRUE(state.set_validity(7));
        ASSERT_TRUE(state.record_done(done({"1", "2"})));
        ASSERT_TRUE(state.set_validity(8, done({"11"})));
        EXPECT_TRUE(state.is_done("11"));
    }
    const FetchState state = open("imap://alice@localhost");
    EXPECT_EQ(state.validity(), 8U);
    EXPECT_TRUE(state.is_done("11"));
    EXPECT_FALSE(state.is_done("1"));
    EXPECT_EQ(state.done_at("11"), 1000);
}

TEST_F(FetchStateTest, TellsWhatSourcesPutThere) {
    FetchState other = open("pop3://bob@localhost");  // held meanwhile
    ASSERT_TRUE(other.record_done(done({"a"})));
    ASSERT_TRUE(other.record_staged({staged("b", 1, "2.M2")}));
    // By its routes, into one that is the destination of others.
    ASSERT_TRUE(other.record_done({{"d", 1, {}, "maildir:/routed to;ID=3.M3", 1}}));
    ASSERT_TRUE(other.record_staged({{"e", 1, "4.M4", {}, "maildir:/routed to"}}));
    const auto told = [this](const char* place) {
        std::vector<std::string> all;
        const auto tell = [&all](std::string_view what) { all.emplace_back(what); };
        EXPECT_TRUE(each_delivered({directory_}, place, tell));
        return all;
    };
    EXPECT_EQ(told("maildir:/box"), (std::vector<std::string>{"maildir:/box;ID=1.M1 %", "2.M2"}));
    EXPECT_EQ(told("maildir:/routed to"), (std::vector<std::string>{"maildir:/routed to;ID=3.M3", "4.M4"}));
    EXPECT_TRUE(told("maildir:/bo").empty());
}

TEST_F(FetchStateTest, PlacesWithPendingMessages) {
    {
        FetchState state = open();
        ASSERT_TRUE(state.record_staged({staged("a", 1, "1.M1"),
                                         {"b", 1, "2.M2", {}, "mbox:/x y"},
                                         {"c", 1, "3.M3", {}, "mbox:/z"},
                                         {"d", 1, "4.M4", {}, "mbox:/z"}}));
        ASSERT_TRUE(state.record_lost({"c"}));
    }
    const FetchState state = open();
    EXPECT_EQ(state.pending_places(), (std::set<std::string>{"mbox:/x y", "mbox:/z"}));
    ASSERT_EQ(state.pending("mbox:/z").size(), 1U);
    EXPECT_EQ(state.pending("mbox:/z")[0].key, "d");
    EXPECT_EQ(state.pending().size(), 1U);
}

TEST_F(FetchStateTest, SecondProcessIsTold) {
    const FetchState first = open();
    const auto second = FetchState::open({directory_}, location("pop3://alice@localhost"), "maildir:/box");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::temporary);
    EXPECT_TRUE(FetchState::open({directory_}, location("pop3://alice@localhost"), "maildir:/other"));
    EXPECT_TRUE(FetchState::open({directory_}, location("pop3://bob@localhost"), "maildir:/box"));
}

TEST_F(FetchStateTest, SourcesThatAreTheSame) {
    struct Row {
        const char* a;
        const char* b;
        bool same;
    };
    for (const Row& row :
         {Row{"pop3://a@host", "pop3s://a@host", true}, Row{"imap://a@host", "imaps://a@HOST", true},
          Row{"imap://a@host", "imap://a@host/INBOX", true}, Row{"imap://a@host", "imap://a@host:1143", false},
          Row{"imap://a@host/x", "imap://a@host/y", false}, Row{"imap://a@host", "pop3://a@host", false},
          Row{"imap://a@host/x;UIDVALIDITY=1/;UID=2", "imap://a@host/x", true}}) {
        EXPECT_EQ(canonical_source(location(row.a)) == canonical_source(location(row.b)), row.same) << row.a;
    }
    const auto name = state_file_name(location("imap://a%2F..%2Fb@host/../x"), "stdout");
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_LT(name.size(), 100U);
}

}  // namespace
}  // namespace mailpipe::app
