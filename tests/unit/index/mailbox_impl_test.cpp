#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

using MailboxTest = AccountTest;

TEST_F(MailboxTest, TakesUpAMaildirInTheOrderOfArrival) {
    put("cur/1000000002.M2P1.host,S=5,W=6:2,FS", "x: y\n");
    put("cur/1000000001.M1P1.host:2,", "x: y\n");
    put("new/1000000003.M1P1.host", "a: b\n\nc\n");
    open();
    const auto now = inbox_->snapshot();
    ASSERT_EQ(now->size(), 3U);
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2, 3}));
    EXPECT_EQ((*now)[0].flags, 0);
    EXPECT_EQ((*now)[1].flags, kFlagged | kSeen);
    EXPECT_EQ((*now)[2].size, 11U);
    EXPECT_EQ(now->uid_next(), 4U);
    EXPECT_TRUE(names("new").empty());
    EXPECT_EQ(names("cur").size(), 3U);
    const auto validity = now->uid_validity();
    reopen();
    EXPECT_EQ(inbox_->snapshot()->uid_validity(), validity);
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2, 3}));
}

TEST_F(MailboxTest, AppendsAndReads) {
    open();
    EXPECT_EQ(append(*inbox_, 1, 3, {kSeen, {"work"}}), (std::vector<Uid>{1, 2, 3}));
    const auto now = inbox_->snapshot();
    ASSERT_EQ(now->size(), 3U);
    EXPECT_EQ((*now)[0].flags, kSeen);
    EXPECT_EQ((*now)[0].internal_date, 1'000'000'001);
    EXPECT_EQ((*now)[0].size, message_text(1).size());
    EXPECT_EQ(now->keywords(), (std::vector<std::string>{"work"}));
    EXPECT_EQ(letters(0), "Sa");
    const auto text = inbox_->text(2);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, message_text(2));
    auto reader = inbox_->open(3);
    ASSERT_TRUE(reader);
    EXPECT_EQ(*(*reader)->read(), message_text(3));
    EXPECT_EQ(inbox_->text(4).error().kind, Errc::not_found);
    EXPECT_TRUE(names("tmp").empty());
    reopen();
    EXPECT_EQ((*inbox_->snapshot())[2].flags, kSeen);
    EXPECT_EQ((*inbox_->snapshot())[2].keywords, 1U);
}

TEST_F(MailboxTest, WhatIsNotCommittedIsNotThere) {
    open();
    {
        auto append = inbox_->begin_append();
        ASSERT_TRUE(append);
        ASSERT_TRUE((*append)->begin({}, {}));
        ASSERT_TRUE((*append)->octets("a: b\r\n\r\n"));
        ASSERT_TRUE((*append)->end());
    }
    EXPECT_TRUE(inbox_->snapshot()->empty());
    EXPECT_TRUE(names("tmp").empty());
}

TEST_F(MailboxTest, StoresFlags) {
    open();
    append(*inbox_, 1, 3);
    const ModSeq before = inbox_->snapshot()->highest_modseq();
    auto stored = inbox_->store({1, 3, 9}, StoreMode::add, {kSeen, {"$Forwarded", "Work"}}, {});
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(stored->stored, (std::vector<Uid>{1, 3}));
    EXPECT_EQ(stored->gone, (std::vector<Uid>{9}));
    EXPECT_GT(stored->modseq, before);
    EXPECT_EQ(letters(0), "PSb");
    EXPECT_EQ(letters(1), "");
    auto conditional = inbox_->store({1, 2}, StoreMode::replace, {kFlagged, {"WORK"}}, before);
    ASSERT_TRUE(conditional);
    EXPECT_EQ(conditional->modified, (std::vector<Uid>{1}));
    EXPECT_EQ(conditional->stored, (std::vector<Uid>{2}));
    EXPECT_EQ(letters(1), "Fb");
    ASSERT_TRUE(inbox_->store({1}, StoreMode::remove, {kSeen, {"none"}}, {}));
    EXPECT_EQ(letters(0), "Pb");
    const ModSeq last = inbox_->snapshot()->highest_modseq();
    ASSERT_TRUE(inbox_->store({1}, StoreMode::remove, {kSeen, {}}, {}));
    EXPECT_EQ(inbox_->snapshot()->highest_modseq(), last);
    reopen();
    EXPECT_EQ((*inbox_->snapshot())[1].flags, kFlagged);
    EXPECT_EQ((*inbox_->snapshot())[0].keywords, 3U);
    EXPECT_EQ(inbox_->snapshot()->highest_modseq(), last);
}

TEST_F(MailboxTest, HasAsManyKeywordsAsABitEach) {
    open();
    append(*inbox_, 1, 1);
    std::vector<std::string> keywords;
    for (int i = 0; i < 64; ++i)
        keywords.push_back("k" + std::to_string(i));
    ASSERT_TRUE(inbox_->store({1}, StoreMode::add, {0, keywords}, {}));
    EXPECT_EQ((*inbox_->snapshot())[0].keywords, ~std::uint64_t{0});
    const auto more = inbox_->store({1}, StoreMode::add, {0, {"more"}}, {});
    EXPECT_EQ(more.error().kind, Errc::limit);
    reopen();
    EXPECT_EQ((*inbox_->snapshot())[0].keywords, ~std::uint64_t{0});
}

TEST_F(MailboxTest, Expunges) {
    open();
    append(*inbox_, 1, 5);
    const ModSeq before = inbox_->snapshot()->highest_modseq();
    ASSERT_TRUE(inbox_->store({1, 2, 4}, StoreMode::add, {kDeleted, {}}, {}));
    auto some = inbox_->expunge(std::vector<Uid>{2, 3});
    ASSERT_TRUE(some);
    EXPECT_EQ(some->first, (std::vector<Uid>{2}));
    auto rest = inbox_->expunge(std::nullopt);
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->first, (std::vector<Uid>{1, 4}));
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{3, 5}));
    EXPECT_EQ(names("cur").size(), 2U);
    EXPECT_EQ(*inbox_->vanished_since(before), (UidRanges{{1, 2}, {4, 4}}));
    EXPECT_EQ(*inbox_->vanished_since(some->second), (UidRanges{{1, 1}, {4, 4}}));
    reopen();
    EXPECT_EQ(*inbox_->vanished_since(before), (UidRanges{{1, 2}, {4, 4}}));
    EXPECT_EQ(append(*inbox_, 6, 1), (std::vector<Uid>{6}));
}

TEST_F(MailboxTest, SeesWhatOthersDo) {
    open();
    append(*inbox_, 1, 3);
    const auto cur = names("cur");
    const std::string base = cur[1].substr(0, cur[1].find(':'));
    fs::rename(root_ + "/cur/" + cur[1], root_ + "/cur/" + base + ":2,RSZ");
    fs::remove(root_ + "/cur/" + cur[0]);
    put("new/1000000003.M1P1.host", "a: b\n\nc\n");
    ASSERT_TRUE(inbox_->refresh());
    const auto now = inbox_->snapshot();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2, 3, 4}));
    EXPECT_EQ((*now)[0].flags, kAnswered | kSeen);
    // A letter without a meaning stays.
    ASSERT_TRUE(inbox_->store({2}, StoreMode::replace, {kFlagged, {}}, {}));
    EXPECT_TRUE(fs::exists(root_ + "/cur/" + base + ":2,FZ"));
    EXPECT_TRUE(names("new").empty());
    EXPECT_EQ(*inbox_->vanished_since(1), (UidRanges{{1, 1}}));
}

TEST_F(MailboxTest, ReadsAndStoresWhatWasRenamedMeanwhile) {
    open();
    append(*inbox_, 1, 1);
    const std::string name = names("cur")[0];
    fs::rename(root_ + "/cur/" + name, root_ + "/cur/" + name + "R");
    EXPECT_EQ(*inbox_->text(1), message_text(1));
    ASSERT_TRUE(inbox_->store({1}, StoreMode::add, {kSeen, {}}, {}));
    // What was stored is what counts.
    ASSERT_TRUE(inbox_->refresh());
    EXPECT_EQ((*inbox_->snapshot())[0].flags, kSeen);
    EXPECT_EQ(letters(0), "S");
}

TEST_F(MailboxTest, CopiesAndMoves) {
    open();
    ASSERT_TRUE(account_->create("A/B", {}));
    auto other = account_->mailbox("A/B");
    ASSERT_TRUE(other) << other.error().message;
    append(*inbox_, 1, 4, {kSeen, {"x", "y"}});
    const std::string email = *inbox_->email_id(2);
    auto copied = inbox_->copy({3, 2, 9}, **other, false);
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->from, (std::vector<Uid>{3, 2}));
    EXPECT_EQ(copied->to, (std::vector<Uid>{1, 2}));
    EXPECT_EQ(copied->uid_validity, (*other)->snapshot()->uid_validity());
    EXPECT_EQ(*(*other)->text(1), message_text(3));
    EXPECT_EQ(*(*other)->email_id(2), email);
    EXPECT_EQ((*(*other)->snapshot())[0].keywords, 3U);
    EXPECT_EQ((*(*other)->snapshot())[0].internal_date, 1'000'000'003);
    auto moved = inbox_->copy({1, 4}, **other, true);
    ASSERT_TRUE(moved);
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2, 3}));
    EXPECT_EQ(uids(**other), (std::vector<Uid>{1, 2, 3, 4}));
    EXPECT_EQ(names("cur").size(), 2U);
    EXPECT_EQ(names(".A.B/cur").size(), 4U);
    EXPECT_TRUE(names(".A.B/tmp").empty());
    auto itself = inbox_->copy({2}, *inbox_, true);
    ASSERT_TRUE(itself) << itself.error().message;
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{3, 5}));
    EXPECT_EQ(*inbox_->text(5), message_text(2));
}

TEST_F(MailboxTest, CopiesIntoAnotherAccount) {
    open();
    append(*inbox_, 1, 2);
    auto account = Account::open(directory_ + "/other", describe);
    ASSERT_TRUE(account);
    auto other = (*account)->mailbox("INBOX");
    ASSERT_TRUE(other);
    auto moved = inbox_->copy({2}, **other, true);
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1}));
    EXPECT_EQ(*(*other)->text(1), message_text(2));
}

TEST_F(MailboxTest, ReplacesAMessage) {
    open();
    append(*inbox_, 1, 2);
    auto append = inbox_->begin_append();
    ASSERT_TRUE((*append)->begin({}, {}));
    ASSERT_TRUE((*append)->octets(message_text(9)));
    ASSERT_TRUE((*append)->end());
    auto replaced = (*append)->commit_replacing(1);
    ASSERT_TRUE(replaced);
    EXPECT_EQ(*replaced, (std::vector<Uid>{3}));
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2, 3}));
}

TEST_F(MailboxTest, KeepsFacts) {
    open();
    append(*inbox_, 1, 600);
    ASSERT_TRUE(inbox_->store({7}, StoreMode::add, {kDeleted, {}}, {}));
    ASSERT_TRUE(inbox_->expunge(std::nullopt));
    for (int pass = 0; pass < 2; ++pass) {
        std::vector<Uid> all;
        for (Uid uid = 1; uid <= 600; ++uid)
            all.push_back(uid);
        std::vector<Uid> seen;
        ASSERT_TRUE(inbox_->facts(all, kEnvelope | kBodyStructure, [&](Uid uid, const Facts& facts) {
            EXPECT_EQ(facts.envelope, "EFrom: a@example.org\r");
            EXPECT_EQ(facts.body_structure, "S" + std::to_string(message_text(static_cast<int>(uid)).size()));
            seen.push_back(uid);
            return seen.size() < 550;
        }));
        EXPECT_EQ(seen.size(), 550U);
        // From the index alone.
        fs::remove_all(root_ + "/cur");
        fs::create_directory(root_ + "/cur");
    }
}

TEST_F(MailboxTest, ThreadsByReferences) {
    open();
    put("new/1.a", "Message-ID: <1@x>\n\n");
    put("new/2.a", "Message-ID: <2@x>\nReferences: <1@x>\n\n");
    put("new/3.a", "Message-ID: <3@x>\nIn-Reply-To: <2@x>\n\n");
    put("new/4.a", "Subject: none\n\n");
    ASSERT_TRUE(inbox_->refresh());
    ASSERT_EQ(inbox_->snapshot()->size(), 4U);
    const std::string thread = *inbox_->thread_id(3);
    EXPECT_EQ(*inbox_->thread_id(2), thread);
    EXPECT_EQ(*inbox_->thread_id(1), thread);
    EXPECT_NE(*inbox_->thread_id(4), thread);
    EXPECT_EQ(thread.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
}

TEST_F(MailboxTest, TellsThoseWhoWatch) {
    open();
    std::atomic<int> calls = 0;
    auto token = inbox_->watch([&calls] { ++calls; });
    append(*inbox_, 1, 1);
    EXPECT_GE(calls, 1);
    put("new/1000000003.M1P1.host", "a: b\n\nc\n");
    for (int i = 0; i < 500 && calls < 2; ++i)
        ::usleep(10'000);
    EXPECT_EQ(inbox_->snapshot()->size(), 2U);
    EXPECT_GE(calls, 2);
    token.reset();
    const int before = calls;
    append(*inbox_, 2, 1);
    EXPECT_EQ(calls, before);
}

}  // namespace
}  // namespace mailpipe::index::test
