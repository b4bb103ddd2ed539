#include "mailpipe/store/maildir.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <barrier>
#include <ctime>
#include <thread>

#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MaildirTest : public StoreTest {
 protected:
    std::string deliver(std::string_view text, const Keywords& keywords = {}) {
        auto to = writer(Format::maildir, path("box"));
        stage(*to, text, keywords);
        return to->publish()->at(0);
    }
};

TEST_F(MaildirTest, LayoutOnDisk) {
    const auto id = deliver("Subject: a\r\n\r\nbody\r\n");
    const auto names = files_in(path("box/new"));
    ASSERT_EQ(names, std::vector<std::string>{id});
    EXPECT_NE(id.find(",S=17,W=20"), std::string::npos) << id;
    EXPECT_EQ(read_file(path("box/new/" + id)), "Subject: a\n\nbody\n");
    EXPECT_TRUE(files_in(path("box/tmp")).empty());
    struct stat info {};
    ASSERT_EQ(::stat(path("box/new/" + id).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_EQ(info.st_mtime, 1'700'000'000);
    EXPECT_GT(info.st_atime, 1'700'000'000);
    ASSERT_EQ(::stat(path("box/new").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

// Two commands that make the same Maildir at the same time.
TEST_F(MaildirTest, MadeByTwoAtOnce) {
    constexpr int kRounds = 400;
    constexpr int kMakers = 3;
    std::barrier together(kMakers);
    std::vector<std::string> errors(kMakers);
    const auto make = [&](int maker) {
        for (int round = 0; round < kRounds; ++round) {
            together.arrive_and_wait();
            const auto made = open_writer(Format::maildir, path("made-" + std::to_string(round)));
            if (!made) errors.at(static_cast<std::size_t>(maker)) += made.error().message + "\n";
        }
    };
    std::vector<std::thread> makers;
    for (int maker = 0; maker < kMakers; ++maker)
        makers.emplace_back(make, maker);
    for (std::thread& maker : makers)
        maker.join();
    EXPECT_EQ(errors, std::vector<std::string>(kMakers));
}

TEST_F(MaildirTest, KeywordsGoToCur) {
    const auto id = deliver("Subject: a\r\n\r\n", {"$seen", "$flagged"});
    EXPECT_EQ(files_in(path("box/cur")), std::vector<std::string>{id + ":2,FS"});
    const auto entries = reader(Format::maildir, path("box"))->list();
    EXPECT_EQ((*entries)[0].keywords, (Keywords{"$flagged", "$seen"}));
    EXPECT_EQ((*entries)[0].id, id);
}

TEST_F(MaildirTest, FollowsAFlagChange) {
    const auto id = deliver("Subject: a\r\n\r\n");
    auto from = reader(Format::maildir, path("box"));
    ASSERT_TRUE(from->list());
    std::filesystem::rename(path("box/new/" + id), path("box/cur/" + id + ":2,S"));
    EXPECT_EQ(read_message(*from, id), "Subject: a\r\n\r\n");
    std::filesystem::rename(path("box/cur/" + id + ":2,S"), path("box/cur/" + id + ":2,RS"));
    EXPECT_EQ(read_message(*from, id), "Subject: a\r\n\r\n");
    std::filesystem::remove(path("box/cur/" + id + ":2,RS"));
    EXPECT_EQ(from->open(id).error().kind, Errc::not_found);
}

TEST_F(MaildirTest, RemoveFollowsRenamesAndIgnoresWhatIsGone) {
    const auto a = deliver("Subject: a\r\n\r\n");
    const auto b = deliver("Subject: b\r\n\r\n");
    const auto c = deliver("Subject: c\r\n\r\n");
    auto from = reader(Format::maildir, path("box"));
    ASSERT_TRUE(from->list());
    std::filesystem::rename(path("box/new/" + a), path("box/cur/" + a + ":2,S"));
    std::filesystem::remove(path("box/new/" + b));
    ASSERT_TRUE(from->remove({a, b, "never-there"}));
    EXPECT_TRUE(files_in(path("box/cur")).empty());
    EXPECT_EQ(files_in(path("box/new")), std::vector<std::string>{c});
}

TEST_F(MaildirTest, ForeignFiles) {
    deliver("Subject: a\r\n\r\n");
    write_file(path("box/cur/letter:2,S"), "Subject: old\r\n\r\nCRLF on disk\r\n");
    write_file(path("box/new/.hidden"), "x");
    std::filesystem::create_directory(path("box/new/directory"));
    std::filesystem::create_symlink("/etc/passwd", path("box/new/symlink"));
    ASSERT_EQ(::mkfifo(path("box/new/fifo").c_str(), 0600), 0);
    auto from = reader(Format::maildir, path("box"));
    const auto entries = from->list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2U);
    EXPECT_EQ((*entries)[0].id, "letter");
    EXPECT_FALSE((*entries)[0].size);
    EXPECT_EQ(read_message(*from, "letter"), "Subject: old\r\n\r\nCRLF on disk\r\n");
    for (const char* id : {"symlink", "fifo", "directory"})
        EXPECT_FALSE(from->open(id)) << id;
}

TEST_F(MaildirTest, RecoverFindsWhatAReaderMoved) {
    std::string staged;
    in_killed_process([&] {
        auto to = writer(Format::maildir, path("box"));
        write_file(path("id"), stage(*to, "Subject: a\r\n\r\n").id);
        if (!to->publish()) throw std::runtime_error("publish");
    });
    const std::string id = read_file(path("id"));
    std::filesystem::rename(path("box/new/" + id), path("box/cur/" + id + ":2,S"));
    auto to = writer(Format::maildir, path("box"));
    EXPECT_EQ(to->recover({id}).value(), std::vector<std::string>{id});
    EXPECT_EQ(read_all(Format::maildir, path("box")).size(), 1U);
    std::filesystem::remove(path("box/cur/" + id + ":2,S"));
    EXPECT_EQ(to->recover({id}).value(), std::vector<std::string>{""});
}

TEST_F(MaildirTest, RecoverRemovesLinkedLeftover) {
    const auto id = deliver("Subject: a\r\n\r\n");
    std::filesystem::create_hard_link(path("box/new/" + id), path("box/tmp/" + id));
    auto to = writer(Format::maildir, path("box"));
    EXPECT_EQ(to->recover({id}).value(), std::vector<std::string>{id});
    EXPECT_TRUE(files_in(path("box/tmp")).empty());
    EXPECT_EQ(read_all(Format::maildir, path("box")).size(), 1U);
}

TEST_F(MaildirTest, PublishNeverOverwrites) {
    auto to = writer(Format::maildir, path("box"));
    const auto staged = stage(*to, "Subject: a\r\n\r\n");
    write_file(path("box/new/" + staged.id), "precious");
    EXPECT_FALSE(to->publish());
    EXPECT_EQ(read_file(path("box/new/" + staged.id)), "precious");
}

// What only the ctime of a file tells cannot be aged in a test; what is fresh must stay.
TEST_F(MaildirTest, FreshTmpFilesOfOthersStay) {
    auto to = writer(Format::maildir, path("box"));
    write_file(path("box/tmp/other"), "x");
    const struct timespec old[2] = {{1, 0}, {1, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path("box/tmp/other").c_str(), old, 0), 0);
    ASSERT_TRUE(to->recover({}));
    EXPECT_EQ(files_in(path("box/tmp")).size(), 1U);
}

TEST_F(MaildirTest, ManyMessagesAreMadeDurableAtOnce) {
    auto to = writer(Format::maildir, path("box"));
    for (int i = 0; i < 300; ++i)
        stage(*to, "Subject: " + std::to_string(i) + "\r\n\r\n");
    ASSERT_TRUE(to->make_durable());
    EXPECT_EQ(to->publish()->size(), 300U);
    EXPECT_EQ(read_all(Format::maildir, path("box")).size(), 300U);
}

}  // namespace
}  // namespace mailpipe::store::test
