#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <functional>

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

using IndexAccountTest = AccountTest;

TEST_F(IndexAccountTest, IsOpenInOneProcess) {
    open();
    const auto again = Account::open(root_, describe);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, Errc::unavailable);
    // The lock of POP3 is another.
    const int maildir = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
    EXPECT_EQ(::flock(maildir, LOCK_EX | LOCK_NB), 0);
    ::close(maildir);
    close();
    EXPECT_TRUE(Account::open(root_, describe));
}

TEST_F(IndexAccountTest, AccountsAreShared) {
    Accounts accounts(describe);
    EXPECT_EQ(accounts.find(root_), nullptr);
    auto first = accounts.open(root_);
    ASSERT_TRUE(first) << first.error().message;
    auto second = accounts.open(root_);
    ASSERT_TRUE(second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(accounts.find(root_), *first);
    first = second = std::shared_ptr<Account>();
    EXPECT_EQ(accounts.find(root_), nullptr);
    auto mailbox = (*accounts.open(root_))->mailbox("INBOX");
    ASSERT_TRUE(mailbox);
    EXPECT_NE(accounts.find(root_), nullptr);
    EXPECT_TRUE(accounts.open(root_));
}

TEST_F(IndexAccountTest, CreatesListsAndRemoves) {
    open();
    ASSERT_TRUE(account_->create("Sent", {"\\Sent"}));
    ASSERT_TRUE(account_->create("A/B/\xC3\xA4", {}));
    EXPECT_TRUE(fs::is_directory(root_ + "/.A.B.&AOQ-/cur"));
    ASSERT_TRUE(account_->subscribe("A/gone", true));
    ASSERT_TRUE(account_->subscribe("inbox", true));
    const auto list = account_->mailboxes();
    ASSERT_TRUE(list);
    std::string text;
    for (const MailboxInfo& info : *list) {
        text += info.name + (info.exists ? "" : " -") + (info.subscribed ? " s" : "") +
                (info.has_children ? " +" : "");
        for (const auto& use : info.special_use)
            text += " " + use;
        text += "\n";
    }
    EXPECT_EQ(text, "INBOX s\nA - +\nA/B - +\nA/B/\xC3\xA4\nA/gone - s\nSent \\Sent\n");
    EXPECT_EQ(account_->create("sent/../x", {}).error().kind, Errc::usage);
    EXPECT_EQ(account_->create("a//b", {}).error().kind, Errc::usage);
    EXPECT_EQ(account_->create("Sent", {}).error().kind, Errc::unavailable);
    EXPECT_EQ(account_->create("Inbox", {}).error().kind, Errc::unavailable);
    EXPECT_EQ(account_->remove("INBOX").error().kind, Errc::permanent);
    EXPECT_EQ(account_->remove("none").error().kind, Errc::not_found);
    auto sent = account_->mailbox("Sent");
    ASSERT_TRUE(sent);
    const auto validity = (*sent)->snapshot()->uid_validity();
    ASSERT_TRUE(account_->remove("Sent"));
    EXPECT_EQ((*sent)->refresh().error().kind, Errc::not_found);
    EXPECT_EQ((*sent)->begin_append().error().kind, Errc::not_found);
    EXPECT_TRUE(names("tmp").empty());
    ASSERT_TRUE(account_->create("Sent", {}));
    EXPECT_GT((*account_->mailbox("Sent"))->snapshot()->uid_validity(), validity);
}

// Another program has removed a mailbox, or left something in its place.
TEST_F(IndexAccountTest, RenamesToWhatOnceWas) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    ASSERT_TRUE(account_->create("B", {}));
    std::filesystem::remove_all(root_ + "/.B");
    ASSERT_TRUE(account_->rename("A", "B"));
    ASSERT_TRUE(account_->create("A", {}));
    std::filesystem::remove_all(root_ + "/.A");
    ASSERT_TRUE(account_->create("A", {}));
    std::filesystem::create_directory(root_ + "/.C");
    EXPECT_EQ(account_->rename("A", "C").error().kind, Errc::unavailable);
    EXPECT_TRUE(account_->mailbox("A"));
    reopen();
    EXPECT_TRUE(account_->mailbox("A"));
    EXPECT_TRUE(account_->mailbox("B"));
}

TEST_F(IndexAccountTest, RenamesWithAllThatIsBelow) {
    open();
    for (const char* name : {"A", "A/B", "A/B/C", "AB"})
        ASSERT_TRUE(account_->create(name, {}));
    auto mailbox = account_->mailbox("A/B");
    append(**mailbox, 1, 2);
    const std::string id = (*mailbox)->id();
    ASSERT_TRUE(account_->rename("A", "X/Y"));
    EXPECT_EQ((*mailbox)->name(), "X/Y/B");
    EXPECT_EQ(append(**mailbox, 3, 1), (std::vector<Uid>{3}));
    EXPECT_EQ(*account_->mailbox("X/Y/B"), *mailbox);
    EXPECT_EQ(account_->mailbox("A").error().kind, Errc::not_found);
    EXPECT_TRUE(account_->mailbox("AB"));
    *mailbox = nullptr;
    reopen();
    EXPECT_EQ((*account_->mailbox("X/Y/B"))->id(), id);
    // Into itself, and back.
    ASSERT_TRUE(account_->rename("X/Y", "X/Y/Z"));
    EXPECT_TRUE(account_->mailbox("X/Y/Z/B/C"));
    ASSERT_TRUE(account_->rename("X/Y/Z", "X/Y"));
    EXPECT_EQ(uids(**account_->mailbox("X/Y/B")), (std::vector<Uid>{1, 2, 3}));
    EXPECT_EQ(account_->rename("AB", "X/Y").error().kind, Errc::unavailable);
    EXPECT_EQ(account_->rename("none", "N").error().kind, Errc::not_found);
}

TEST_F(IndexAccountTest, RenamingInboxMovesItsMessages) {
    open();
    append(*inbox_, 1, 3);
    ASSERT_TRUE(account_->rename("INBOX", "Old"));
    EXPECT_TRUE(inbox_->snapshot()->empty());
    EXPECT_EQ(uids(**account_->mailbox("Old")), (std::vector<Uid>{1, 2, 3}));
}

TEST_F(IndexAccountTest, KeepsSettings) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    ASSERT_TRUE(account_->set_acl("A", "bob", "lr"));
    ASSERT_TRUE(account_->set_metadata("A", "/private/comment", std::string("a\0b", 3)));
    ASSERT_TRUE(account_->set_metadata("", "/shared/admin", "x"));
    ASSERT_TRUE(account_->set_secret("key", std::string("\0\1", 2)));
    ASSERT_TRUE(account_->rename("A", "B"));
    reopen();
    EXPECT_EQ(*account_->acl("B"), (Account::Acl{{"bob", "lr"}}));
    EXPECT_EQ(*account_->metadata("B"), (Account::Metadata{{"/private/comment", std::string("a\0b", 3)}}));
    EXPECT_EQ(*account_->metadata(""), (Account::Metadata{{"/shared/admin", "x"}}));
    EXPECT_EQ(*account_->secret("key"), std::string("\0\1", 2));
    EXPECT_EQ(*account_->secret("none"), "");
    ASSERT_TRUE(account_->set_acl("B", "bob", ""));
    ASSERT_TRUE(account_->set_metadata("B", "/private/comment", std::nullopt));
    EXPECT_TRUE(account_->acl("B")->empty());
    EXPECT_TRUE(account_->metadata("B")->empty());
    EXPECT_EQ(account_->acl("none").error().kind, Errc::not_found);
}

TEST_F(IndexAccountTest, CountsWhatIsUsed) {
    put(".Old/cur/1.a,W=100:2,", "x");
    put(".Old/new/2.a,W=20", "x");
    open();
    append(*inbox_, 1, 2);
    const auto usage = account_->usage();
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->messages, 4U);
    EXPECT_EQ(usage->octets, 120 + 2 * message_text(1).size());
    ASSERT_TRUE(inbox_->store({1}, StoreMode::add, {kDeleted, {}}, {}));
    ASSERT_TRUE(inbox_->expunge(std::nullopt));
    EXPECT_EQ(account_->usage()->messages, 3U);
}

TEST_F(IndexAccountTest, TellsWhatHappens) {
    open();
    std::vector<std::string> told;
    auto token = account_->watch([&told](const AccountChange& change) {
        told.push_back(std::to_string(static_cast<int>(change.kind)) + " " + change.mailbox + " " +
                       change.old_name);
    });
    ASSERT_TRUE(account_->create("A", {}));
    ASSERT_TRUE(account_->rename("A", "B"));
    ASSERT_TRUE(account_->subscribe("B", true));
    account_->delivered(root_ + "/.B");
    account_->delivered(root_);
    account_->delivered("/elsewhere");
    ASSERT_TRUE(account_->remove("B"));
    EXPECT_EQ(told, (std::vector<std::string>{"0 A ", "2 B A", "3 B ", "5 B ", "5 INBOX ", "1 B "}));
}

TEST_F(IndexAccountTest, TakesOverWhatDovecotLeft) {
    put("cur/1000000001.M1P1.host:2,Sab", "x: y\n");
    put("cur/1000000002.M1P1.host:2,", "x: y\n");
    put("new/1000000003.M1P1.host", "x: y\n");
    put("dovecot-uidlist", "3 V1234 N90 G0123\n80 :1000000002.M1P1.host\n81 W6 :1000000001.M1P1.host:2,S\n");
    put("dovecot-keywords", "0 $Forwarded\n1 Work\n");
    put("subscriptions", "V\t2\n\nINBOX\nA\t&AOQ-\n");
    open();
    const auto now = inbox_->snapshot();
    EXPECT_EQ(now->uid_validity(), 1234U);
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{80, 81, 90}));
    EXPECT_EQ((*now)[1].flags, kSeen);
    EXPECT_EQ((*now)[1].keywords, 3U);
    EXPECT_EQ(now->keywords(), (std::vector<std::string>{"$Forwarded", "Work"}));
    const auto list = account_->mailboxes();
    ASSERT_EQ(list->size(), 2U);
    EXPECT_TRUE((*list)[0].subscribed);
    EXPECT_EQ((*list)[1].name, "A/\xC3\xA4");
    EXPECT_TRUE((*list)[1].subscribed);
}

TEST_F(IndexAccountTest, TakesOverWhatCourierLeft) {
    put("cur/1000000001.M1P1.host:2,S", "x: y\n");
    put("cur/1000000002.M1P1.host:2,", "x: y\n");
    put("courierimapuiddb", "1 77 12\n5 1000000002.M1P1.host\n7 1000000001.M1P1.host\n");
    put("courierimapkeywords/:list", "one\ntwo\n\n1000000002.M1P1.host:1\n");
    put("courierimapsubscribed", "INBOX\nINBOX.Sent\n");
    open();
    const auto now = inbox_->snapshot();
    EXPECT_EQ(now->uid_validity(), 77U);
    EXPECT_EQ(now->uid_next(), 12U);
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{5, 7}));
    EXPECT_EQ((*now)[0].keywords, 2U);
    EXPECT_EQ((*account_->mailboxes())[1].name, "Sent");
}

struct Damage {
    const char* name;
    std::function<void(const std::string& index)> damage;
};

class LostIndexTest : public AccountTest, public ::testing::WithParamInterface<Damage> {};

TEST_P(LostIndexTest, UidsStay) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    append(*inbox_, 1, 5, {kSeen, {"work"}});
    append(**account_->mailbox("A"), 1, 2);
    ASSERT_TRUE(inbox_->store({2, 5}, StoreMode::add, {kDeleted, {}}, {}));
    ASSERT_TRUE(inbox_->expunge(std::nullopt));
    const auto before = inbox_->snapshot();
    const std::string id = inbox_->id();
    close();
    GetParam().damage(root_ + "/.mailpipe-index");
    put("new/1000000003.M1P1.host", "x: y\n");
    open();
    const auto now = inbox_->snapshot();
    EXPECT_EQ(now->uid_validity(), before->uid_validity());
    EXPECT_EQ(inbox_->id(), id);
    ASSERT_EQ(now->size(), 4U);
    EXPECT_EQ((*now)[0].uid, 1U);
    EXPECT_EQ((*now)[1].uid, 3U);
    EXPECT_EQ((*now)[2].uid, 4U);
    // UIDs that may have been given are not given again.
    EXPECT_GE((*now)[3].uid, before->uid_next());
    EXPECT_EQ((*now)[0].flags, kSeen);
    EXPECT_EQ((*now)[0].keywords, 1U);
    EXPECT_EQ(now->keywords(), before->keywords());
    EXPECT_GT(now->highest_modseq(), before->highest_modseq());
    EXPECT_EQ(*inbox_->text(4), message_text(4));
    EXPECT_EQ(uids(**account_->mailbox("A")), (std::vector<Uid>{1, 2}));
    const auto gone = inbox_->vanished_since(before->highest_modseq());
    EXPECT_EQ(gone->front(), (UidRange{2, 2}));
    reopen();
    EXPECT_EQ(inbox_->snapshot()->size(), 4U);
}

const Damage kDamages[] = {
    {"deleted", [](const std::string& index) { fs::remove(index); }},
    {"empty", [](const std::string& index) { fs::resize_file(index, 0); }},
    {"truncated", [](const std::string& index) { fs::resize_file(index, fs::file_size(index) / 2); }},
    {"cut_in_a_page", [](const std::string& index) { fs::resize_file(index, 4096 * 3 + 17); }},
    {"garbage", [](const std::string& index) { std::ofstream(index) << std::string(100'000, 'x'); }},
    {"garbage_behind_the_header",
     [](const std::string& index) {
         std::fstream file(index, std::ios::in | std::ios::out | std::ios::binary);
         file.seekp(4096);
         file << std::string(fs::file_size(index) - 4096, '\xA5');
     }},
};
INSTANTIATE_TEST_SUITE_P(Damages, LostIndexTest, ::testing::ValuesIn(kDamages),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(IndexAccountTest, WithoutAnyTraceUidValidityIsGreater) {
    open();
    append(*inbox_, 1, 2);
    const auto before = inbox_->snapshot()->uid_validity();
    close();
    for (const char* name : {"/.mailpipe-index", "/mailpipe-uidlist"})
        fs::remove(root_ + name);
    ::sleep(1);
    open();
    EXPECT_GT(inbox_->snapshot()->uid_validity(), before);
    EXPECT_EQ(inbox_->snapshot()->size(), 2U);
}

TEST_F(IndexAccountTest, ChecksAndRebuilds) {
    open();
    append(*inbox_, 1, 3);
    EXPECT_TRUE(account_->check()->problems.empty());
    EXPECT_EQ(account_->check()->messages, 3U);
    fs::remove(root_ + "/cur/" + names("cur")[0]);
    put("cur/1000000003.M1P1.host:2,", "x: y\n");
    const auto checked = account_->check();
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->problems,
              (std::vector<std::string>{"INBOX: message 1 has no file",
                                        "INBOX: file 1000000003.M1P1.host:2, is not in the index"}));
    ASSERT_TRUE(account_->rebuild());
    EXPECT_TRUE(account_->check()->problems.empty());
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2, 3, 4}));
}

TEST_F(IndexAccountTest, AnotherDirectoryIsAnotherMailbox) {
    open();
    ASSERT_TRUE(account_->create("A", {}));
    auto first = account_->mailbox("A");
    append(**first, 1, 2);
    fs::remove_all(root_ + "/.A");
    EXPECT_EQ(account_->mailbox("A").error().kind, Errc::not_found);
    put(".A/cur/1.a:2,", "x");
    put(".A/new/2.a", "x");
    auto second = account_->mailbox("A");
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_GT((*second)->snapshot()->uid_validity(), (*first)->snapshot()->uid_validity());
    EXPECT_NE((*second)->id(), (*first)->id());
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

class ManyMailboxesTest : public AccountTest {
 protected:
    ManyMailboxesTest() : AccountTest(memory_directory()) {}
};

TEST_F(ManyMailboxesTest, ThoseThatNobodyHasAreClosed) {
    open();
    const std::size_t before = open_descriptors();
    const auto name_of = [](int number) { return "M" + std::to_string(number); };
    std::shared_ptr<Mailbox> held;
    for (int i = 0; i < 150; ++i) {
        ASSERT_TRUE(account_->create(name_of(i), {}));
        auto mailbox = account_->mailbox(name_of(i));
        append(**mailbox, i, 1, {kSeen, {}});
        if (i == 0) held = *mailbox;
    }
    EXPECT_LT(open_descriptors(), before + 80);
    EXPECT_EQ(account_->mailbox("M0")->get()->snapshot()->size(), 1U);
    append(*held, 500, 1);
    EXPECT_EQ(account_->mailbox("M0")->get()->snapshot()->size(), 2U);
    for (int i = 1; i < 150; ++i) {
        auto mailbox = account_->mailbox(name_of(i));
        ASSERT_TRUE(mailbox) << mailbox.error().message;
        EXPECT_EQ((*mailbox)->snapshot()->size(), 1U);
        EXPECT_EQ(append(**mailbox, 1000 + i, 1), (std::vector<Uid>{2}));
    }
}

TEST_F(IndexAccountTest, SaysThatItMayShare) {
    EXPECT_FALSE(may_share(root_));
    open();
    EXPECT_FALSE(may_share(root_));
    ASSERT_TRUE(account_->set_acl("INBOX", "bob", "lr"));
    EXPECT_TRUE(may_share(root_));
    // As of an index that was copied without what lies beside it: who looks opens it.
    close();
    fs::remove(root_ + "/.mailpipe-shared");
    EXPECT_TRUE(may_share(root_));
    open();
    EXPECT_TRUE(may_share(root_));
    ASSERT_TRUE(account_->set_acl("INBOX", "bob", ""));
    close();
    fs::remove(root_ + "/.mailpipe-shared");
    open();
    EXPECT_FALSE(may_share(root_));
}

}  // namespace
}  // namespace mailpipe::index::test
