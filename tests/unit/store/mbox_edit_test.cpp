#include "mailpipe/store/mbox_edit.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

constexpr const char* kThree =
    "From a@x Mon Nov  2 10:00:00 2026\nSubject: one\n\n>From here\n\n"
    "From b@x Mon Nov  2 11:00:00 2026\nSubject: two\nStatus: O\n\nbody\n\n"
    "From c@x Mon Nov  2 12:00:00 2026\nSubject: three\n\nlast\n";

class MboxEditTest : public StoreTest {
 protected:
    void SetUp() override { write_file(path("box"), kThree); }

    // The ids of all messages of a reader that stays open for the change.
    std::vector<std::string> list() {
        from_ = reader(Format::mbox, path("box"));
        std::vector<std::string> ids;
        const Entries entries = from_->list().value();
        for (const Entry& entry : entries)
            ids.push_back(entry.id);
        return ids;
    }

    std::unique_ptr<MailboxReader> from_;
};

TEST_F(MboxEditTest, FlagsChangeTwoFieldsAndNothingElse) {
    const auto ids = list();
    ASSERT_EQ(ids.size(), 3U);
    const auto entries = from_->set_flags({ids[0], ids[1]}, {{"$seen", "$flagged"}, {}});
    ASSERT_TRUE(entries.has_value()) << entries.error().message;
    EXPECT_EQ(read_file(path("box")),
              "From a@x Mon Nov  2 10:00:00 2026\nSubject: one\nStatus: RO\nX-Status: F\n\n>From here\n\n"
              "From b@x Mon Nov  2 11:00:00 2026\nSubject: two\nStatus: RO\nX-Status: F\n\nbody\n\n"
              "From c@x Mon Nov  2 12:00:00 2026\nSubject: three\n\nlast\n");
    const auto now = reader(Format::mbox, path("box"))->list().value();
    for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_TRUE((*entries)[i].has_value());
        EXPECT_EQ((*entries)[i]->id, now[i].id);
        EXPECT_EQ((*entries)[i]->keywords, (Keywords{"$seen", "$flagged"}));
        EXPECT_EQ(now[i].keywords, (Keywords{"$seen", "$flagged"}));
    }
    // The reader goes on with what is there now.
    EXPECT_EQ(read_message(*from_, now[2].id), "Subject: three\r\n\r\nlast\r\n");
}

TEST_F(MboxEditTest, RemovesWholeMessages) {
    const auto ids = list();
    ASSERT_TRUE(from_->remove({ids[1]}));
    EXPECT_EQ(
        read_all(Format::mbox, path("box")),
        (std::vector<std::string>{"Subject: one\r\n\r\nFrom here\r\n", "Subject: three\r\n\r\nlast\r\n"}));
    // Until list() is called, no id means anything.
    ASSERT_TRUE(from_->remove({ids[0]}));
    EXPECT_EQ(read_all(Format::mbox, path("box")).size(), 2U);
    const Entries entries = from_->list().value();
    ASSERT_EQ(entries.size(), 2U);
    ASSERT_TRUE(from_->remove({entries[1].id}));
    EXPECT_EQ(read_all(Format::mbox, path("box")).size(), 1U);
}

TEST_F(MboxEditTest, AllCanGo) {
    const auto ids = list();
    ASSERT_TRUE(from_->remove(ids));
    EXPECT_EQ(read_file(path("box")), "");
}

TEST_F(MboxEditTest, WhatAnotherProgramChangedIsGone) {
    const auto ids = list();
    // The first message is removed by another program; the offset of the second is now that of nothing, and at 0
    // stands another message.
    write_file(path("box"), std::string(kThree).substr(std::stoul(ids[1])));
    const std::string before = read_file(path("box"));
    const auto entries = from_->set_flags({ids[0], ids[1]}, {{"$seen"}, {}});
    ASSERT_TRUE(entries.has_value());
    EXPECT_FALSE((*entries)[0].has_value());
    EXPECT_FALSE((*entries)[1].has_value());
    EXPECT_EQ(read_file(path("box")), before);
}

TEST_F(MboxEditTest, WhatWasAppendedMeanwhileStays) {
    const auto ids = list();
    write_file(path("box"),
               std::string(kThree) + "\nFrom d@x Mon Nov  2 13:00:00 2026\nSubject: four\n\nx\n\n");
    ASSERT_TRUE(from_->remove({ids[0], ids[2]}));
    EXPECT_EQ(
        read_all(Format::mbox, path("box")),
        (std::vector<std::string>{"Subject: two\r\nStatus: O\r\n\r\nbody\r\n", "Subject: four\r\n\r\nx\r\n"}));
}

TEST_F(MboxEditTest, NothingIsWrittenWhenNothingChanges) {
    const auto ids = list();
    struct stat before {};
    ASSERT_EQ(::stat(path("box").c_str(), &before), 0);
    ASSERT_TRUE(from_->set_flags({ids[0]}, {{}, {"$seen"}}));
    struct stat after {};
    ASSERT_EQ(::stat(path("box").c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(MboxEditTest, ModeAndLinkStay) {
    ASSERT_EQ(::chmod(path("box").c_str(), 0640), 0);
    std::filesystem::create_symlink(path("box"), path("link"));
    const auto linked = reader(Format::mbox, path("link"));
    const auto entries = linked->list().value();
    ASSERT_TRUE(linked->remove({entries[0].id}));
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
    EXPECT_EQ(read_all(Format::mbox, path("box")).size(), 2U);
    struct stat info {};
    ASSERT_EQ(::stat(path("box").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0640U);
}

TEST_F(MboxEditTest, FlagsThatAnMboxCannotKeep) {
    const auto ids = list();
    for (const char* keyword : {"$forwarded", "work"}) {
        const auto entries = from_->set_flags(ids, {{"$seen", keyword}, {}});
        ASSERT_FALSE(entries.has_value());
        EXPECT_EQ(entries.error().kind, Errc::unsupported);
        EXPECT_NE(entries.error().message.find(keyword), std::string::npos) << entries.error().message;
    }
    EXPECT_EQ(read_file(path("box")), kThree);
}

TEST_F(MboxEditTest, OddHeaders) {
    const std::string long_from = "From " + std::string(40'000, 'x') + "\n";
    write_file(path("box"),
               long_from + "\nbody without a header\n\nFrom b@x\nSubject: no body\n\nFrom c@x\nSubject: end");
    const auto ids = list();
    ASSERT_EQ(ids.size(), 3U);
    ASSERT_TRUE(from_->set_flags(ids, {{"$seen"}, {}}));
    EXPECT_EQ(read_file(path("box")),
              long_from +
                  "Status: RO\n\nbody without a header\n\nFrom b@x\nSubject: no body\nStatus: RO\n\n"
                  "From c@x\nSubject: end\nStatus: RO\n");
}

TEST_F(MboxEditTest, HeaderLimit) {
    write_file(path("box"), "From a@x\nX: " + std::string(limits::kHeaderSize + 1, 'x') + "\n\nbody\n");
    const auto ids = list();
    const auto entries = from_->set_flags(ids, {{"$seen"}, {}});
    ASSERT_FALSE(entries.has_value());
    EXPECT_EQ(entries.error().kind, Errc::limit);
    EXPECT_NE(entries.error().message.find("kHeaderSize"), std::string::npos);
    EXPECT_EQ(read_all(Format::mbox, path("box")).size(), 1U);
}

TEST_F(MboxEditTest, AMissingMboxIsNotMade) {
    const auto ids = list();
    std::filesystem::remove(path("box"));
    const auto entries = from_->set_flags(ids, {{"$seen"}, {}});
    ASSERT_FALSE(entries.has_value());
    EXPECT_EQ(entries.error().kind, Errc::not_found);
    EXPECT_FALSE(std::filesystem::exists(path("box")));
}

// The flags are changed while a group that a dead process had begun to publish waits for its completion.
TEST_F(MboxEditTest, AGroupHalfPublishedIsCompleted) {
    in_killed_process([this] {
        auto to = writer(Format::mbox, path("box"));
        stage(*to, "Subject: four\r\n\r\nx\r\n");
        if (!to->publish()) throw std::runtime_error("publish");
    });
    const auto ids = list();
    ASSERT_EQ(ids.size(), 4U);
    ASSERT_TRUE(from_->set_flags({ids[3]}, {{"$seen"}, {}}));
    EXPECT_EQ(read_all(Format::mbox, path("box")).back(), "Subject: four\r\nStatus: RO\r\n\r\nx\r\n");
}

}  // namespace
}  // namespace mailpipe::store::test
