#include "mailpipe/index/copied_index.hpp"

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

// What a client was told must stay true although the index is one of yesterday.
class CopiedIndexTest : public AccountTest {
 protected:
    std::string index_path() const { return root_ + "/.mailpipe-index"; }
    void keep(const std::string& path) { fs::copy(path, directory_ + "/kept", fs::copy_options::recursive); }
    void restore(const std::string& path) {
        fs::remove_all(path);
        fs::copy(directory_ + "/kept", path, fs::copy_options::recursive);
    }
    // Into the same file, as cp(1) does.
    void overwrite(const std::string& path) {
        fs::copy(directory_ + "/kept", path, fs::copy_options::overwrite_existing);
    }
};

TEST_F(CopiedIndexTest, OwnFileIsKnown) {
    open();
    append(*inbox_, 1, 2);
    const ModSeq modseq = inbox_->snapshot()->highest_modseq();
    reopen();
    EXPECT_EQ(inbox_->snapshot()->highest_modseq(), modseq);
    EXPECT_EQ(inbox_->snapshot()->uid_next(), 3U);
}

TEST_F(CopiedIndexTest, UidsOfTheTraceCount) {
    open();
    append(*inbox_, 1, 2);
    close();
    keep(index_path());
    open();
    append(*inbox_, 3, 3);
    ASSERT_TRUE(inbox_->store({4}, StoreMode::add, {kSeen | kDeleted, {}}, {}));
    ASSERT_TRUE(inbox_->expunge(std::vector<Uid>{4}));
    ASSERT_TRUE(inbox_->store({5}, StoreMode::add, {kFlagged, {}}, {}));
    const auto before = inbox_->snapshot();
    const std::string text = *inbox_->text(5);
    close();
    restore(index_path());
    open();
    const auto after = inbox_->snapshot();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2, 3, 5}));
    EXPECT_EQ(*inbox_->text(5), text);
    EXPECT_EQ((*after)[3].flags, kFlagged);
    EXPECT_EQ(after->uid_validity(), before->uid_validity());
    EXPECT_GE(after->uid_next(), before->uid_next());
    for (std::size_t i = 0; i < after->size(); ++i)
        EXPECT_GT((*after)[i].modseq, before->highest_modseq());
    // The one that has gone since is among what is told to who comes back.
    auto vanished = inbox_->vanished_since(before->highest_modseq() - 2);
    ASSERT_TRUE(vanished);
    EXPECT_EQ(vanished->front(), (std::pair<Uid, Uid>{4, 4}));
    const ModSeq modseq = after->highest_modseq();
    reopen();
    EXPECT_EQ(inbox_->snapshot()->highest_modseq(), modseq);
}

TEST_F(CopiedIndexTest, OneThatWasOverwrittenIsNoticed) {
    open();
    append(*inbox_, 1, 2);
    close();
    keep(index_path());
    open();
    append(*inbox_, 3, 3);
    ASSERT_TRUE(inbox_->store({4}, StoreMode::add, {kDeleted, {}}, {}));
    ASSERT_TRUE(inbox_->expunge(std::nullopt));
    const ModSeq modseq = inbox_->snapshot()->highest_modseq();
    close();
    overwrite(index_path());
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2, 3, 5}));
    EXPECT_GT(inbox_->snapshot()->highest_modseq(), modseq);
}

TEST_F(CopiedIndexTest, AllRestoredGivesNoUidAgain) {
    open();
    append(*inbox_, 1, 2);
    close();
    keep(root_);
    open();
    const Uid given = append(*inbox_, 3, 5).back();
    const ModSeq modseq = inbox_->snapshot()->highest_modseq();
    close();
    restore(root_);
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2}));
    EXPECT_GT(append(*inbox_, 8, 1).back(), given);
    EXPECT_GT(inbox_->snapshot()->highest_modseq(), modseq);
}

TEST_F(CopiedIndexTest, AMailboxThatWasMadeAnewIsNotTheOldOne) {
    open();
    ASSERT_TRUE(account_->create("Work", {}));
    auto work = *account_->mailbox("Work");
    append(*work, 1, 3);
    const std::uint32_t old_validity = work->snapshot()->uid_validity();
    work.reset();
    close();
    keep(index_path());
    open();
    ASSERT_TRUE(account_->remove("Work"));
    ASSERT_TRUE(account_->create("Work", {}));
    work = *account_->mailbox("Work");
    append(*work, 1, 2);
    const std::uint32_t validity = work->snapshot()->uid_validity();
    ASSERT_NE(validity, old_validity);
    work.reset();
    close();
    restore(index_path());
    open();
    work = *account_->mailbox("Work");
    EXPECT_EQ(work->snapshot()->uid_validity(), validity);
    EXPECT_EQ(uids(*work), (std::vector<Uid>{1, 2}));
}

}  // namespace
}  // namespace mailpipe::index::test
