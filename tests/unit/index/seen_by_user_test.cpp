#include "mailpipe/index/seen_by_user.hpp"

#include "mailpipe/index/database.hpp"
#include "mailpipe/index/schema.hpp"
#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class SeenByUser : public AccountTest {
 protected:
    void SetUp() override {
        open();
        append(*inbox_, 1, 3);
        append(*inbox_, 4, 1, {kSeen, {}});
    }
    void set(const std::optional<std::string>& value) {
        ASSERT_TRUE(account_->set_metadata("INBOX", kSeenByUser, value));
    }
    std::shared_ptr<Mailbox> of(const std::string& user) {
        auto mailbox = mailbox_for(inbox_, user);
        EXPECT_TRUE(mailbox);
        return *mailbox;
    }
    // As of a session: UIDs that are \Seen.
    static std::vector<Uid> seen(const Mailbox& mailbox) {
        std::vector<Uid> found;
        std::size_t unseen = 0;
        const auto now = mailbox.snapshot();
        now->for_each([&](std::size_t, const Message& message) {
            EXPECT_LE(message.modseq, now->highest_modseq());
            if ((message.flags & kSeen) != 0) found.push_back(message.uid);
            if ((message.flags & kSeen) == 0) ++unseen;
        });
        EXPECT_EQ(now->unseen(), unseen);
        return found;
    }
    static ModSeq modseq(const Mailbox& mailbox, Uid uid) {
        const auto now = mailbox.snapshot();
        return (*now)[*now->find(uid)].modseq;
    }
    using Uids = std::vector<Uid>;
};

TEST_F(SeenByUser, IsOneFlagForAllUnlessSet) {
    EXPECT_EQ(of("bob"), inbox_);
    set("no");
    EXPECT_EQ(of("bob"), inbox_);
}

TEST_F(SeenByUser, EachHasHisOwn) {
    set("yes");
    const auto bob = of("bob"), carol = of("carol");
    EXPECT_EQ(seen(*bob), Uids());
    const auto before = modseq(*inbox_, 2), of_carol = modseq(*carol, 2);
    auto stored = bob->store({1, 2}, StoreMode::add, {kSeen, {}}, {});
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->stored, (Uids{1, 2}));
    EXPECT_EQ(seen(*bob), (Uids{1, 2}));
    EXPECT_EQ(seen(*of("bob")), (Uids{1, 2}));  // another session of his
    EXPECT_EQ(seen(*carol), Uids());
    EXPECT_EQ(seen(*inbox_), (Uids{4}));
    EXPECT_EQ(letters(0), "");
    // RFC 7162: a change for him is none for others.
    EXPECT_EQ(modseq(*bob, 2), stored->modseq);
    EXPECT_EQ(modseq(*inbox_, 2), before);
    EXPECT_EQ(modseq(*carol, 2), of_carol);
    EXPECT_GE(inbox_->snapshot()->highest_modseq(), stored->modseq);
    ASSERT_TRUE(inbox_->store({3}, StoreMode::add, {kSeen, {}}, {}));
    EXPECT_EQ(seen(*inbox_), (Uids{3, 4}));
    EXPECT_EQ(seen(*bob), (Uids{1, 2}));
}

TEST_F(SeenByUser, OtherFlagsAreEverybodys) {
    set("yes");
    const auto bob = of("bob");
    ASSERT_TRUE(bob->store({4}, StoreMode::replace, {kSeen | kFlagged, {"work"}}, {}));
    EXPECT_EQ((*inbox_->snapshot())[3].flags, kSeen | kFlagged);
    ASSERT_TRUE(bob->store({4}, StoreMode::replace, {0, {}}, {}));
    EXPECT_EQ((*inbox_->snapshot())[3].flags, kSeen);
    EXPECT_EQ((*bob->snapshot())[3].flags, 0);
    EXPECT_EQ((*bob->snapshot())[3].keywords, 0U);
}

TEST_F(SeenByUser, UnchangedSinceIsByUser) {
    set("yes");
    const auto bob = of("bob"), carol = of("carol");
    const ModSeq known = bob->snapshot()->highest_modseq();
    ASSERT_TRUE(bob->store({1}, StoreMode::add, {kSeen, {}}, known));
    EXPECT_EQ(bob->store({1}, StoreMode::remove, {kSeen, {}}, known)->modified, (Uids{1}));
    EXPECT_EQ(carol->store({1}, StoreMode::add, {kSeen, {}}, known)->stored, (Uids{1}));
    EXPECT_EQ(inbox_->store({1}, StoreMode::add, {kSeen, {}}, known)->stored, (Uids{1}));
}

TEST_F(SeenByUser, StaysOverARestartAndGoesWithTheMessage) {
    set("yes");
    ASSERT_TRUE(of("bob")->store({1, 2}, StoreMode::add, {kSeen, {}}, {}));
    ASSERT_TRUE(of("bob")->store({2}, StoreMode::remove, {kSeen, {}}, {}));
    const ModSeq changed = modseq(*of("bob"), 2);
    reopen();
    EXPECT_EQ(seen(*of("bob")), (Uids{1}));
    EXPECT_EQ(modseq(*of("bob"), 2), changed);
    auto bob = of("bob");
    ASSERT_TRUE(bob->store({1}, StoreMode::add, {kDeleted, {}}, {}));
    ASSERT_TRUE(bob->expunge({}));
    EXPECT_EQ(seen(*bob), Uids());
    EXPECT_EQ(uids(*bob), (Uids{2, 3, 4}));
    bob.reset();
    close();
    auto database = Database::open(root_ + "/.mailpipe-index");
    ASSERT_TRUE(database);
    EXPECT_EQ(*(*database)->number("SELECT count(*) FROM seen"), 1);
}

TEST_F(SeenByUser, WhatComesInIsSeenByWhoBringsIt) {
    set("yes");
    const auto bob = of("bob");
    EXPECT_EQ(append(*bob, 5, 1, {kSeen | kFlagged, {}}), (Uids{5}));
    EXPECT_EQ(append(*bob, 6, 1), (Uids{6}));
    EXPECT_EQ(seen(*bob), (Uids{5}));
    EXPECT_EQ(seen(*inbox_), (Uids{4}));
    EXPECT_EQ((*inbox_->snapshot())[4].flags, kFlagged);
    EXPECT_EQ(append(*inbox_, 7, 1, {kSeen, {}}), (Uids{7}));
    EXPECT_EQ(seen(*bob), (Uids{5}));
}

TEST_F(SeenByUser, ACopyIsAsTheUserSawIt) {
    set("yes");
    ASSERT_TRUE(account_->create("Other", {}));
    auto other = account_->mailbox("Other");
    ASSERT_TRUE(other);
    const auto bob = of("bob");
    ASSERT_TRUE(bob->store({2}, StoreMode::add, {kSeen, {}}, {}));
    ASSERT_TRUE(bob->copy({2, 4}, **other, false));
    EXPECT_EQ(seen(**other), (Uids{1}));
    ASSERT_TRUE((*other)->copy({1, 2}, *bob, false));
    EXPECT_EQ(seen(*bob), (Uids{2, 5}));
    EXPECT_EQ(seen(*inbox_), (Uids{4}));
    ASSERT_TRUE(bob->copy({2}, *bob, true));
    EXPECT_EQ(seen(*bob), (Uids{5, 7}));
    ASSERT_TRUE((*other)->copy({1}, *bob, true, {0, true}));  // who may not set \Seen there
    EXPECT_EQ(seen(*bob), (Uids{5, 7}));
}

TEST_F(SeenByUser, TheSwitchChangesAllModseqsOfOthers) {
    set("yes");
    auto bob = of("bob");
    const ModSeq owners = modseq(*inbox_, 1);
    ASSERT_TRUE(bob->store({1}, StoreMode::add, {kSeen, {}}, {}));
    const ModSeq known = bob->snapshot()->highest_modseq();
    set(std::nullopt);
    EXPECT_EQ(seen(*bob), (Uids{4}));
    EXPECT_GT(modseq(*bob, 3), known);
    EXPECT_EQ(modseq(*inbox_, 1), owners);
    bob.reset();
    reopen();
    EXPECT_GT(modseq(*of("bob"), 3), known);
    ASSERT_TRUE(of("bob")->store({3}, StoreMode::add, {kSeen, {}}, {}));
    EXPECT_EQ(seen(*inbox_), (Uids{3, 4}));
    set("yes");
    EXPECT_EQ(seen(*of("bob")), (Uids{1}));
}

// One session of a user is told of what another does.
TEST_F(SeenByUser, IsTold) {
    set("yes");
    const auto bob = of("bob"), again = of("bob");
    std::atomic<int> told = 0;
    const auto token = again->watch([&told] { ++told; });
    const auto before = again->snapshot();
    ASSERT_TRUE(bob->store({1}, StoreMode::add, {kSeen, {}}, {}));
    EXPECT_EQ(told, 1);
    const auto diff = SnapshotDiff::between(*before, *again->snapshot());
    EXPECT_EQ(diff.changed, (std::vector<std::size_t>{0}));
}

TEST_F(SeenByUser, AnIndexOfBeforeGetsTheTable) {
    close();
    {
        auto database = Database::open(root_ + "/.mailpipe-index");
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->execute("DROP TABLE seen"));
    }
    open();
    EXPECT_EQ(seen(*inbox_), (Uids{4}));
    set("yes");
    ASSERT_TRUE(of("bob")->store({1}, StoreMode::add, {kSeen, {}}, {}));
    EXPECT_EQ(seen(*of("bob")), (Uids{1}));
}

}  // namespace
}  // namespace mailpipe::index::test
