#include <map>
#include <random>
#include <set>

#include "mailpipe/index/keyword_letters.hpp"
#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class MailboxScanTest : public AccountTest {
 protected:
    MailboxScanTest() : AccountTest(memory_directory()) {}

    // What the files say: flags by the base.
    std::map<std::string, std::uint8_t> on_disk() const {
        std::map<std::string, std::uint8_t> found;
        for (const char* place : {"new", "cur"}) {
            for (const std::string& name : names(place))
                found[name.substr(0, name.find(':'))] = parse_letters(letters_of(name), {}).flags;
        }
        return found;
    }
    std::string any_name() {
        const auto all = names("cur");
        return all.empty() ? "" : all[random_() % all.size()];
    }
    std::string some_letters() {
        std::string letters;
        for (const char letter : {'D', 'F', 'R', 'S', 'X'}) {
            if (random_() % 2 == 0) letters += letter;
        }
        return letters;
    }
    // One thing that another program does.
    void meddle() {
        const std::string name = any_name();
        switch (random_() % 5) {
            case 0:
                put("new/" + std::to_string(++number_) + ".M1P1.x", "a: b\n\n");
                break;
            case 1:
                put("cur/" + std::to_string(++number_) + ".M1P1.x:2," + some_letters(), "a: b\n\n");
                break;
            case 2:
                put("cur/" + std::to_string(++number_) + ".M1P1.x", "a: b\n\n");
                break;
            case 3:
                if (!name.empty()) fs::remove(root_ + "/cur/" + name);
                break;
            default:
                if (!name.empty())
                    fs::rename(root_ + "/cur/" + name,
                               root_ + "/cur/" + name.substr(0, name.find(':')) + ":2," + some_letters());
        }
    }

    std::mt19937 random_{11};
    int number_ = 1'000'000'000;
};

TEST_F(MailboxScanTest, FollowsWhateverOthersDo) {
    open();
    std::set<Uid> given;
    for (int round = 0; round < 150; ++round) {
        for (unsigned i = random_() % 6; i > 0; --i)
            meddle();
        if (random_() % 3 == 0) {
            const auto all = uids(*inbox_);
            // Between what others did and what is known of it.
            ASSERT_TRUE(inbox_->store(all, random_() % 2 == 0 ? StoreMode::add : StoreMode::remove,
                                      {kFlagged, {}}, {}));
        }
        if (round % 10 == 9) reopen();
        const auto before = inbox_->snapshot();
        const auto files = on_disk();
        ASSERT_TRUE(inbox_->refresh());
        const auto now = inbox_->snapshot();
        ASSERT_EQ(now->size(), files.size()) << "round " << round;
        ASSERT_GE(now->highest_modseq(), before->highest_modseq());
        std::multiset<std::uint8_t> expected, seen;
        for (const auto& [base, flags] : on_disk())
            expected.insert(flags);
        now->for_each([&](std::size_t, const Message& message) {
            seen.insert(message.flags);
            // A UID that is new was never another's.
            if (!before->find(message.uid) && round % 10 != 9) {
                EXPECT_TRUE(given.insert(message.uid).second) << message.uid;
            }
            given.insert(message.uid);
        });
        ASSERT_EQ(seen, expected) << "round " << round;
        for (const Uid uid : uids(*inbox_))
            ASSERT_TRUE(inbox_->text(uid));
        ASSERT_TRUE(names("new").empty());
    }
    EXPECT_TRUE(account_->check()->problems.empty());
}

TEST_F(MailboxScanTest, NothingIsReadWhereNothingChanged) {
    put("cur/1.a:2,S", "x");
    open();
    const auto before = inbox_->snapshot();
    ASSERT_TRUE(inbox_->refresh());
    EXPECT_EQ(inbox_->snapshot(), before);
    reopen();
    EXPECT_EQ(inbox_->snapshot()->highest_modseq(), before->highest_modseq());
}

TEST_F(MailboxScanTest, WhatIsNotFoundIsLookedFor) {
    open();
    append(*inbox_, 1, 2);
    ASSERT_TRUE(inbox_->refresh());
    // A removal that no time tells, as one in the moment of a change of ours.
    const auto time = fs::last_write_time(root_ + "/cur");
    fs::remove(root_ + "/cur/" + names("cur")[0]);
    fs::last_write_time(root_ + "/cur", time);
    ASSERT_TRUE(inbox_->refresh());
    ASSERT_EQ(inbox_->snapshot()->size(), 2U);
    EXPECT_EQ(inbox_->text(1).error().kind, Errc::not_found);
    ASSERT_TRUE(inbox_->refresh());
    EXPECT_EQ(uids(*inbox_), (std::vector<Uid>{2}));
}

TEST_F(MailboxScanTest, WhatIsNoMessageIsLeftAlone) {
    put("cur/.hidden", "x");
    fs::create_directories(root_ + "/cur/directory");
    fs::create_directories(root_ + "/new");
    fs::create_symlink("/etc/passwd", root_ + "/new/1.link");
    put("cur/2.a:2,", "x");
    open();
    EXPECT_EQ(inbox_->snapshot()->size(), 1U);
    EXPECT_TRUE(fs::is_symlink(root_ + "/new/1.link"));
}

TEST_F(MailboxScanTest, AMaildirThatIsGoneIsNotAnEmptyOne) {
    put(".A/cur/1.a:2,S", "x");
    fs::create_directories(root_ + "/.A/new");
    open();
    auto mailbox = account_->mailbox("A");
    ASSERT_TRUE(mailbox);
    fs::rename(root_ + "/.A/cur", root_ + "/.A/away");
    EXPECT_FALSE((*mailbox)->refresh());
    EXPECT_EQ((*mailbox)->snapshot()->size(), 1U);
    fs::rename(root_ + "/.A/away", root_ + "/.A/cur");
    EXPECT_TRUE((*mailbox)->refresh());
    EXPECT_EQ(uids(**mailbox), (std::vector<Uid>{1}));
}

}  // namespace
}  // namespace mailpipe::index::test
