#include <sys/wait.h>

#include <functional>

#include "mailpipe/index/uid_trace.hpp"
#include "tests/unit/index/index_test_support.hpp"

// What the power takes of a process that has said that it is done: all that was not synced. The index always is.
namespace mailpipe::index::test {
namespace {

class CrashTest : public AccountTest {
 protected:
    // Runs in a process that ends without closing anything.
    void crash_after(const std::function<void(Account&, Mailbox&)>& work) {
        close();
        const pid_t child = ::fork();
        if (child == 0) {
            auto account = Account::open(root_, describe);
            auto inbox = (*account)->mailbox("INBOX");
            work(**account, **inbox);
            ::_exit(::testing::Test::HasFailure() ? 1 : 0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_EQ(status, 0);
    }
    void rename_back(const std::string& from, const std::string& to) {
        fs::rename(root_ + "/" + from, root_ + "/" + to);
    }
    // The name of the only file of `directory`.
    std::string only(const std::string& directory) const { return directory + "/" + names(directory).at(0); }
};

TEST_F(CrashTest, NamesOfFilesAreMadeUpFor) {
    open();
    append(*inbox_, 1, 1);
    const std::string old = only("cur");
    crash_after([](Account&, Mailbox& inbox) {
        ASSERT_TRUE(inbox.store({1}, StoreMode::add, {kSeen | kFlagged, {"work"}}, {}));
    });
    rename_back(only("cur"), old);
    open();
    EXPECT_EQ((*inbox_->snapshot())[0].flags, kSeen | kFlagged);
    EXPECT_EQ((*inbox_->snapshot())[0].keywords, 1U);
    EXPECT_EQ(letters(0), "FSa");
    // From now on the file is right again.
    close();
    rename_back(only("cur"), old);
    open();
    EXPECT_EQ((*inbox_->snapshot())[0].flags, 0);
}

TEST_F(CrashTest, ATraceThatHadJustBegunIsBegunAgain) {
    open();
    append(*inbox_, 1, 1);
    for (const std::size_t left : {0, 10}) {
        fs::resize_file(root_ + "/mailpipe-uidlist", left);
        append(*inbox_, 2, 1);
    }
    const std::uint32_t validity = inbox_->snapshot()->uid_validity();
    close();
    fs::remove(root_ + "/.mailpipe-index");
    open();
    EXPECT_EQ(inbox_->snapshot()->uid_validity(), validity);
    EXPECT_EQ(inbox_->snapshot()->size(), 3U);
    EXPECT_GT(inbox_->snapshot()->uid_next(), kReservedUids);
}

TEST_F(CrashTest, FilesThatWereToGoGo) {
    open();
    append(*inbox_, 1, 2);
    const std::string old = only("cur");
    fs::copy(root_ + "/" + old, root_ + "/kept");
    crash_after([](Account&, Mailbox& inbox) {
        ASSERT_TRUE(inbox.store({1}, StoreMode::add, {kDeleted, {}}, {}));
        ASSERT_TRUE(inbox.expunge(std::nullopt));
    });
    rename_back("kept", old);
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2}));
    EXPECT_EQ(names("cur").size(), 1U);
}

TEST_F(CrashTest, MessagesThatAreStillInTmpAreThere) {
    open();
    crash_after([this](Account&, Mailbox& inbox) { append(inbox, 1, 1, {kSeen, {"work"}}); });
    const std::string name = names("cur").at(0);
    rename_back("cur/" + name, "tmp/" + name.substr(0, name.find(':')));
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1}));
    EXPECT_EQ(*inbox_->text(1), message_text(1));
    EXPECT_EQ(names("cur"), (std::vector<std::string>{name}));
}

TEST_F(CrashTest, AMoveIsDoneOnce) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    append(*inbox_, 1, 1);
    const std::string old = only("cur");
    fs::copy(root_ + "/" + old, root_ + "/kept");
    crash_after([](Account& account, Mailbox& inbox) {
        auto target = account.mailbox("A");
        ASSERT_TRUE(inbox.copy({1}, **target, true));
    });
    const std::string name = names(".A/cur").at(0);
    rename_back(".A/cur/" + name, ".A/tmp/" + name.substr(0, name.find(':')));
    rename_back("kept", old);
    open();
    EXPECT_TRUE(inbox_->snapshot()->empty());
    EXPECT_TRUE(names("cur").empty());
    auto target = account_->mailbox("A");
    EXPECT_EQ(*(*target)->text(1), message_text(1));
}

TEST_F(CrashTest, DeliveriesThatAreStillInNewKeepTheirUids) {
    open();
    put("new/1000000003.M1P1.host", "a: b\n\nc\n");
    crash_after([](Account&, Mailbox& inbox) { ASSERT_EQ(uids(inbox), (std::vector<Uid>{1})); });
    rename_back("cur/1000000003.M1P1.host:2,", "new/1000000003.M1P1.host");
    put("new/1000000002.M1P1.host", "a: b\n\nc\n");
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1, 2}));
    EXPECT_TRUE(names("new").empty());
}

TEST_F(CrashTest, WithoutTheIndexUidsThatWereGivenAreNotGivenAgain) {
    open();
    append(*inbox_, 1, 1);
    crash_after([this](Account&, Mailbox& inbox) {
        append(inbox, 2, 5);
        ASSERT_TRUE(inbox.store({2, 3, 4, 5, 6}, StoreMode::add, {kDeleted, {}}, {}));
        ASSERT_TRUE(inbox.expunge(std::nullopt));
    });
    fs::remove(root_ + "/.mailpipe-index");
    // The lines of the trace were not synced.
    std::ifstream trace(root_ + "/mailpipe-uidlist");
    std::string kept;
    for (std::string line; std::getline(trace, line);) {
        if (line[0] < '2' || line[0] > '6') kept += line + "\n";
    }
    put("mailpipe-uidlist", kept);
    open();
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{1}));
    EXPECT_GT(inbox_->snapshot()->uid_next(), 6U);
}

TEST_F(CrashTest, ARemovedMailboxLeavesNothing) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    append(**account_->mailbox("A"), 1, 1);
    close();
    rename_back(".A", "tmp/mailpipe-removed.x");
    open();
    EXPECT_TRUE(names("tmp").empty());
    EXPECT_EQ(account_->mailbox("A").error().kind, Errc::not_found);
    EXPECT_EQ(account_->mailboxes()->size(), 1U);
}

}  // namespace
}  // namespace mailpipe::index::test
