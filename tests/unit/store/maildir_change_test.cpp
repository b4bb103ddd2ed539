#include <sys/stat.h>

#include <algorithm>

#include "mailpipe/store/maildir_name.hpp"
#include "tests/unit/store/store_test_support.hpp"

// Flags, removal and moves in a Maildir.
namespace mailpipe::store::test {
namespace {

class MaildirChangeTest : public StoreTest {
 protected:
    void SetUp() override {
        for (const char* sub : {"new", "cur", "tmp"})
            std::filesystem::create_directories(path("box") + "/" + sub);
        write_file(path("box/new/1.M1P1.x"), "Subject: one\n\n");
        write_file(path("box/cur/2.M2P1.x:2,FSa"), "Subject: two\n\n");
        from_ = reader(Format::maildir, path("box"));
        ASSERT_TRUE(from_->list());
    }

    std::vector<std::string> names(const std::string& sub) const {
        auto found = files_in(root_ / sub);
        std::sort(found.begin(), found.end());
        return found;
    }

    using Names = std::vector<std::string>;
    std::unique_ptr<MailboxReader> from_;
};

TEST(MaildirName, WithFlags) {
    EXPECT_EQ(with_flags("a", {{"$seen"}, {}}), "a:2,S");
    EXPECT_EQ(with_flags("a:2,bSa", {{"$flagged"}, {"$seen"}}), "a:2,Fab");
    EXPECT_EQ(with_flags("a:2,S", {{"$seen"}, {}}), "a:2,S");
    EXPECT_EQ(with_flags("a:1,x", {{"$draft", "$deleted"}, {}}), "a:2,DT");
}

TEST_F(MaildirChangeTest, Flags) {
    const auto entries = from_->set_flags({"1.M1P1.x", "2.M2P1.x", "3.M3P1.x"}, {{"$seen"}, {"$flagged"}});
    ASSERT_TRUE(entries.has_value()) << entries.error().message;
    EXPECT_EQ((*entries)[0]->keywords, Keywords{"$seen"});
    EXPECT_EQ((*entries)[1]->keywords, Keywords{"$seen"});
    EXPECT_FALSE((*entries)[2].has_value());
    EXPECT_EQ(names("box/new"), Names{});
    // Dovecot's letters of keywords stay.
    EXPECT_EQ(names("box/cur"), (Names{"1.M1P1.x:2,S", "2.M2P1.x:2,Sa"}));
}

TEST_F(MaildirChangeTest, AMessageWithoutAFlagStaysNew) {
    ASSERT_TRUE(from_->set_flags({"1.M1P1.x"}, {{}, {"$seen"}}));
    EXPECT_EQ(names("box/new"), Names{"1.M1P1.x"});
}

TEST_F(MaildirChangeTest, AnotherProgramRenamedIt) {
    std::filesystem::rename(path("box/new/1.M1P1.x"), path("box/cur/1.M1P1.x:2,R"));
    const auto entries = from_->set_flags({"1.M1P1.x"}, {{"$seen"}, {}});
    ASSERT_TRUE(entries.has_value());
    EXPECT_EQ((*entries)[0]->keywords, (Keywords{"$answered", "$seen"}));
    EXPECT_EQ(names("box/cur").front(), "1.M1P1.x:2,RS");
}

TEST_F(MaildirChangeTest, FlagsThatAMaildirCannotKeep) {
    const auto entries = from_->set_flags({"1.M1P1.x"}, {{"$seen", "work"}, {}});
    ASSERT_FALSE(entries.has_value());
    EXPECT_EQ(entries.error().kind, Errc::unsupported);
    EXPECT_NE(entries.error().message.find("\"work\""), std::string::npos);
    EXPECT_EQ(names("box/new"), Names{"1.M1P1.x"});
}

TEST_F(MaildirChangeTest, Moves) {
    std::filesystem::rename(path("box/cur/2.M2P1.x:2,FSa"), path("box/cur/2.M2P1.x:2,F"));
    const auto moved = from_->move_to(path("other/deep"), {"1.M1P1.x", "2.M2P1.x", "3.M3P1.x"});
    ASSERT_TRUE(moved.has_value()) << moved.error().message;
    ASSERT_TRUE(moved->has_value());
    EXPECT_EQ(**moved, (Names{"1.M1P1.x", "2.M2P1.x", ""}));
    EXPECT_EQ(names("box/new"), Names{});
    EXPECT_EQ(names("box/cur"), Names{});
    EXPECT_EQ(names("other/deep/new"), Names{"1.M1P1.x"});
    EXPECT_EQ(names("other/deep/cur"), Names{"2.M2P1.x:2,F"});
}

TEST_F(MaildirChangeTest, NothingIsReplacedByAMove) {
    std::filesystem::create_directories(path("other/new"));
    std::filesystem::create_directories(path("other/cur"));
    write_file(path("other/new/1.M1P1.x"), "another\n");
    EXPECT_FALSE(from_->move_to(path("other"), {"1.M1P1.x"}).has_value());
    EXPECT_EQ(read_file(path("other/new/1.M1P1.x")), "another\n");
    EXPECT_EQ(names("box/new"), Names{"1.M1P1.x"});
}

TEST_F(MaildirChangeTest, NoMoveIntoAnotherDirectory) {
    std::filesystem::create_directories(path("other/things"));
    const auto moved = from_->move_to(path("other"), {"1.M1P1.x"});
    ASSERT_FALSE(moved.has_value());
    EXPECT_EQ(moved.error().kind, Errc::data);
}

TEST_F(MaildirChangeTest, OtherFileSystemsAreCopiedTo) {
    if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no second file system";
    const tests::ScratchDirectory scratch("/dev/shm");
    const std::string& other = scratch.path();
    struct stat here {};
    struct stat there {};
    ASSERT_EQ(::stat(path("box").c_str(), &here), 0);
    ASSERT_EQ(::stat(other.c_str(), &there), 0);
    const auto moved = from_->move_to(other + "/box", {"1.M1P1.x"});
    if (here.st_dev == there.st_dev) GTEST_SKIP() << "no second file system";
    ASSERT_TRUE(moved.has_value());
    EXPECT_FALSE(moved->has_value());
    EXPECT_EQ(names("box/new"), Names{"1.M1P1.x"});
}

}  // namespace
}  // namespace mailpipe::store::test
