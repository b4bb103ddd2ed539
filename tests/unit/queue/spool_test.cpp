#include "mailpipe/queue/spool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::uint32_t kArrived = 1'795'687'200;

GiveText text_of(std::string text) {
    return [text = std::move(text)](const TakeText& take) { return take(text); };
}

class QueueSpool : public ::testing::Test {
 protected:
    QueueSpool() { spool_ = open(); }

    std::string path() const { return directory_ + "/queue"; }
    std::unique_ptr<Spool> open() const {
        auto spool = Spool::open(path());
        if (!spool) throw std::runtime_error(spool.error().message);
        return std::move(*spool);
    }

    static Submission submission(std::uint64_t size, std::size_t recipients = 1) {
        Submission result;
        result.arrived = kArrived;
        result.envelope.reverse_path = {"alice", "example.org"};
        for (std::size_t i = 0; i < recipients; ++i)
            result.envelope.recipients.push_back({"bob" + std::to_string(i), "example.net"});
        result.envelope.size = size;
        return result;
    }

    Entry add(const std::string& text, std::size_t recipients = 1) {
        std::vector<QueuedFile> added;
        auto file = spool_->add(submission(text.size(), recipients), kArrived, text_of(text));
        if (!file) throw std::runtime_error(file.error().message);
        added.push_back(std::move(*file));
        if (!spool_->commit(added)) throw std::runtime_error("commit");
        return added.front().entry();
    }
    std::vector<Entry> entries() const {
        std::vector<Entry> found;
        EXPECT_TRUE(spool_->scan([&found](const Entry& entry) { found.push_back(entry); }));
        return found;
    }
    std::string file_of(const Entry& entry) const {
        return path() + "/messages/" + bucket_name(entry.id) + '/' + encode_name(entry);
    }
    static std::string read_all(QueuedFile& file) {
        std::string text;
        while (true) {
            const auto piece = file.read_text(text.size());
            if (!piece || piece->empty()) return text;
            text += *piece;
        }
    }
    static Event attempt(Outcome outcome, std::uint32_t due = 0) {
        Event event;
        event.time = kArrived;
        event.recipients = {0};
        event.attempt = {kArrived, outcome, due, 450, "4.2.1", "later", "mx", ""};
        return event;
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    std::unique_ptr<Spool> spool_;
};

TEST_F(QueueSpool, WhatWasAddedIsThereForEverybody) {
    const std::string text(200'000, 'x');
    const Entry entry = add(text, 1000);
    const auto other = open();
    EXPECT_EQ(entries(), std::vector{entry});
    EXPECT_EQ(*other->find(entry.id), entry);
    auto file = other->lock(entry);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(*file);
    EXPECT_EQ((*file)->message().submission().envelope.recipients.size(), 1000U);
    EXPECT_EQ(read_all(**file), text);
    EXPECT_EQ(std::filesystem::status(file_of(entry)).permissions(), std::filesystem::perms(0600));
}

TEST_F(QueueSpool, OneHasItAtATime) {
    const Entry entry = add("a\r\n");
    const auto other = open();
    {
        auto mine = spool_->lock(entry);
        ASSERT_TRUE(mine && *mine);
        const auto theirs = other->lock(entry);
        ASSERT_FALSE(theirs);
        EXPECT_EQ(theirs.error().kind, Errc::temporary);
        auto looked = other->look_at(entry);
        ASSERT_TRUE(looked && *looked);
        EXPECT_EQ(read_all(**looked), "a\r\n");
    }
    EXPECT_TRUE(*other->lock(entry));
}

TEST_F(QueueSpool, NobodyDeliversItBeforeItIsDurable) {
    auto file = spool_->add(submission(3), kArrived, text_of("a\r\n"));
    ASSERT_TRUE(file);
    const auto other = open();
    EXPECT_EQ(other->lock(file->entry()).error().kind, Errc::temporary);
}

TEST_F(QueueSpool, EventsAreReadAgain) {
    Entry entry = add("text\r\n");
    {
        auto file = spool_->lock(entry);
        ASSERT_TRUE(file && *file);
        ASSERT_TRUE((*file)->append(attempt(Outcome::deferred, kArrived + 300)));
        ASSERT_TRUE((*file)->rename());
        ASSERT_TRUE(spool_->sync({&**file}));
        entry = (*file)->entry();
        EXPECT_EQ(entry.due, kArrived + 300);
    }
    EXPECT_EQ(entries(), std::vector{entry});
    auto file = spool_->lock(entry);
    ASSERT_TRUE(file && *file);
    ASSERT_TRUE((*file)->message().recipients()[0].last);
    EXPECT_EQ((*file)->message().recipients()[0].last->text, "later");
    EXPECT_EQ(read_all(**file), "text\r\n");
    ASSERT_TRUE((*file)->remove());
    EXPECT_EQ(entries(), std::vector<Entry>{});
}

TEST_F(QueueSpool, AnOldNameIsNobodys) {
    const Entry entry = add("text\r\n");
    {
        auto file = spool_->lock(entry);
        ASSERT_TRUE((*file)->rename(kArrived + 77));
        EXPECT_EQ((*file)->entry().due, kArrived + 77);
    }
    EXPECT_FALSE(*spool_->lock(entry));
    EXPECT_FALSE(*spool_->lock({make_id(5, 0, 5), 0, 0, 1}));
}

TEST_F(QueueSpool, ATornEventIsCutOff) {
    const Entry entry = add("text\r\n");
    {
        auto file = spool_->lock(entry);
        ASSERT_TRUE((*file)->append(attempt(Outcome::deferred, 5)));
    }
    const auto whole = std::filesystem::file_size(file_of(entry));
    std::string content(whole, '\0');
    std::ifstream(file_of(entry), std::ios::binary).read(content.data(), static_cast<std::streamsize>(whole));
    std::size_t with_event = 0;
    const std::size_t trailer = content.rfind('\n', whole - 2) + 1;
    for (std::size_t size = trailer; size <= whole; ++size) {
        std::filesystem::resize_file(file_of(entry), 0);
        std::ofstream(file_of(entry), std::ios::binary) << content.substr(0, size);
        auto file = spool_->lock(entry);
        ASSERT_TRUE(file && *file) << size;
        const bool has = (*file)->message().recipients()[0].last.has_value();
        EXPECT_EQ(has, size == whole);
        with_event += has ? 1 : 0;
        ASSERT_TRUE((*file)->append(attempt(Outcome::deferred, 9)));
        auto again = spool_->look_at(entry);
        ASSERT_TRUE(again && *again) << size;
        EXPECT_EQ((*again)->message().recipients()[0].due, 9U) << "it stands behind what is whole";
    }
    EXPECT_EQ(with_event, 1U);
}

TEST_F(QueueSpool, WhatWasNotWrittenWholeIsSetAside) {
    const std::string text(1000, 'x');
    const Entry model = add(text);
    const auto whole = std::filesystem::file_size(file_of(model));
    std::string content(whole, '\0');
    std::ifstream(file_of(model), std::ios::binary).read(content.data(), static_cast<std::streamsize>(whole));
    for (std::size_t size = 0; size < whole; size += size + 40 < whole ? 37 : 1) {
        std::ofstream(file_of(model), std::ios::binary | std::ios::trunc) << content.substr(0, size);
        auto file = spool_->lock(model);
        ASSERT_FALSE(file) << size;
        EXPECT_EQ(file.error().kind, Errc::data);
        EXPECT_NE(file.error().message.find("damaged/"), std::string::npos) << file.error().message;
        EXPECT_EQ(entries(), std::vector<Entry>{});
        std::filesystem::remove(path() + "/damaged/" + encode_name(model));
    }
    // Blocks that a power cut lost read as zeros.
    content[content.find('x') + 500] = '\0';
    std::ofstream(file_of(model), std::ios::binary | std::ios::trunc) << content;
    EXPECT_FALSE(spool_->lock(model));
}

TEST_F(QueueSpool, AGroupIsCommittedAtOnce) {
    std::vector<QueuedFile> added;
    for (int i = 0; i < 50; ++i) {
        auto file = spool_->add(submission(3), kArrived, text_of("a\r\n"));
        ASSERT_TRUE(file);
        added.push_back(std::move(*file));
    }
    ASSERT_TRUE(spool_->commit(added));
    EXPECT_EQ(entries().size(), 50U);
}

TEST_F(QueueSpool, ATextOfAnotherLengthIsRefusedAndLeavesNothing) {
    for (std::uint64_t size : {2U, 4U}) {
        const auto file = spool_->add(submission(size), kArrived, text_of("a\r\n"));
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().kind, Errc::data);
    }
    EXPECT_TRUE(std::filesystem::is_empty(path() + "/tmp"));
    EXPECT_EQ(entries(), std::vector<Entry>{});
}

TEST_F(QueueSpool, CleanRemovesWhatTheDeadLeft) {
    std::ofstream(path() + "/tmp/1.1") << "half";
    std::filesystem::create_directory(path() + "/messages/0000");
    const Entry entry = add("a\r\n");
    ASSERT_TRUE(spool_->clean());
    EXPECT_TRUE(std::filesystem::is_empty(path() + "/tmp"));
    EXPECT_FALSE(std::filesystem::exists(path() + "/messages/0000"));
    EXPECT_EQ(entries(), std::vector{entry});
    // And the next one makes its bucket again.
    auto file = spool_->lock(entry);
    ASSERT_TRUE((*file)->remove());
    ASSERT_TRUE(open()->clean());
    EXPECT_EQ(entries(), std::vector<Entry>{});
    add("b\r\n");
    EXPECT_EQ(entries().size(), 1U);
}

TEST_F(QueueSpool, OtherDirectoriesAreLeftAlone) {
    std::filesystem::create_directory(directory_ + "/home");
    std::ofstream(directory_ + "/home/letter") << "x";
    const auto spool = Spool::open(directory_ + "/home");
    ASSERT_FALSE(spool);
    EXPECT_EQ(spool.error().kind, Errc::data);
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/home/messages"));
    EXPECT_EQ(Spool::open_existing(directory_ + "/none").error().kind, Errc::not_found);
}

}  // namespace
}  // namespace mailpipe::queue
