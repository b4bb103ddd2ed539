#include "mailpipe/app/fetch/state.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace mailpipe::app {
namespace {

class FetchStateTest : public ::testing::Test {
 protected:
    FetchStateTest() {
        std::string name = ::testing::TempDir() + "mailpipe-state-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        directory_ = name;
    }
    ~FetchStateTest() override { std::filesystem::remove_all(directory_); }

    static Location location(const std::string& text) {
        auto parsed = parse_location(text);
        if (!parsed) throw std::runtime_error(parsed.error().message);
        return *parsed;
    }
    FetchState open(const std::string& source = "pop3://alice@localhost") {
        auto state = FetchState::open(directory_, location(source), "maildir:/box");
        if (!state) throw std::runtime_error(state.error().message);
        return std::move(*state);
    }
    static std::function<bool(std::string_view)> is(const std::string& key) {
        return [key](std::string_view other) { return other == key; };
    }
    std::string directory_;
};

TEST_F(FetchStateTest, RemembersAcrossProcesses) {
    {
        FetchState state = open();
        EXPECT_FALSE(state.is_done("a b%"));
        ASSERT_TRUE(state.record_staged({{"a b%", 5, "1.M1.x:2,S"}, {"c", 6, "2"}, {"d", 7, "3"}}));
        ASSERT_TRUE(state.record_done({"a b%"}));
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
        staged.push_back({"k" + std::to_string(i), 1, "s" + std::to_string(i)});
    { ASSERT_TRUE(open().record_staged(staged)); }
    const auto pending = open().pending();
    ASSERT_EQ(pending.size(), 100U);
    for (std::size_t i = 0; i < pending.size(); ++i)
        EXPECT_EQ(pending[i].id, "s" + std::to_string(i));
}

TEST_F(FetchStateTest, ForgetsWhatWasDeletedOnlyWhenItIsListedNoMore) {
    FetchState state = open();
    ASSERT_TRUE(state.record_done({"a", "b", "kept"}));
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
        ASSERT_TRUE(state.record_done({"1"}));
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
        ASSERT_TRUE(state.record_done(keys));
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

TEST_F(FetchStateTest, SecondProcessIsTold) {
    const FetchState first = open();
    const auto second = FetchState::open(directory_, location("pop3://alice@localhost"), "maildir:/box");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::temporary);
    EXPECT_TRUE(FetchState::open(directory_, location("pop3://alice@localhost"), "maildir:/other"));
    EXPECT_TRUE(FetchState::open(directory_, location("pop3://bob@localhost"), "maildir:/box"));
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
