#include "mailpipe/index/rows.hpp"

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class RowsTest : public AccountTest {
 protected:
    RowsTest() : AccountTest(memory_directory()) {
        auto opened = open_index(directory_ + "/index");
        EXPECT_TRUE(opened);
        EXPECT_TRUE(opened->fresh);
        database_ = std::move(opened->database);
    }
    MailboxRow row(const std::string& directory) {
        MailboxRow row;
        row.object_id = "F" + directory;
        row.directory = directory;
        row.uid_validity = 7;
        row.uid_next = 10;
        row.highest_modseq = 5;
        row.keywords = {"a", "", "c"};
        row.special_use = {"\\Sent"};
        row.times = {1, 2};
        row.id = *insert_mailbox_row(*database_, row);
        return row;
    }
    std::unique_ptr<Database> database_;
};

TEST_F(RowsTest, KeepMailboxes) {
    const MailboxRow first = row(".A");
    row(".B");
    const auto read = read_mailbox_row(*database_, ".A");
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->keywords, first.keywords);
    EXPECT_EQ((*read)->special_use, first.special_use);
    EXPECT_EQ((*read)->times, first.times);
    EXPECT_EQ(read_mailbox_rows(*database_)->size(), 2U);
    EXPECT_FALSE(*read_mailbox_row(*database_, ".C"));
    ASSERT_TRUE(remove_mailbox_row(*database_, first.id));
    EXPECT_FALSE(*read_mailbox_row(*database_, ".A"));
    // Numbers of mailboxes are not given twice.
    EXPECT_GT(row(".A").id, first.id + 1);
}

TEST_F(RowsTest, KeepMessages) {
    const MailboxRow mailbox = row(".A"), other = row(".B");
    for (const Uid uid : {1U, 2U, 3U, 9U}) {
        const Message message{uid, kSeen, ~std::uint64_t{0}, 5, -1, 2, 3};
        const FileName file{"base" + std::to_string(uid), "X"};
        ASSERT_TRUE(put_messages(*database_, mailbox.id, {{&message, &file}}));
    }
    const Message elsewhere{4, 0, 0, 1, 0, 0, 0};
    const FileName file{"base", ""};
    ASSERT_TRUE(put_messages(*database_, other.id, {{&elsewhere, &file}}));
    ASSERT_TRUE(update_flags(*database_, mailbox.id, {2, kDraft, 1, 4, 0, 0, 0}));
    const auto read = read_snapshot(*database_, mailbox);
    ASSERT_TRUE(read);
    ASSERT_EQ((*read)->size(), 4U);
    EXPECT_EQ((**read)[0].keywords, ~std::uint64_t{0});
    EXPECT_EQ((**read)[0].internal_date, -1);
    EXPECT_EQ((**read)[1].flags, kDraft);
    EXPECT_EQ((**read)[1].size, 3U);
    ASSERT_TRUE(remove_messages(*database_, mailbox.id, {2, 3, 9}));
    EXPECT_EQ((*read_snapshot(*database_, mailbox))->size(), 1U);
    EXPECT_EQ((*read_file_name(*database_, mailbox.id, 1))->base, "base1");
    EXPECT_FALSE(*read_file_name(*database_, mailbox.id, 2));
    EXPECT_EQ((*read_snapshot(*database_, other))->size(), 1U);
}

// By statements of many rows, and what is left over one by one.
TEST_F(RowsTest, KeepManyMessages) {
    MailboxRow mailbox = row(".A");
    mailbox.uid_next = 100;
    for (const std::size_t count : {0U, 1U, 15U, 16U, 17U, 35U}) {
        SCOPED_TRACE(count);
        std::vector<Message> messages;
        std::vector<FileName> files;
        for (Uid uid = 1; uid <= count; ++uid) {
            messages.push_back({uid, kSeen, uid, 5, -1, 2, uid + 100});
            files.push_back({"base" + std::to_string(uid), uid % 2 == 0 ? "X" : ""});
        }
        std::vector<MessageRow> rows;
        for (std::size_t i = 0; i < count; ++i)
            rows.push_back({&messages[i], &files[i]});
        ASSERT_TRUE(put_messages(*database_, mailbox.id, rows));
        const auto read = read_snapshot(*database_, mailbox);
        ASSERT_TRUE(read);
        ASSERT_EQ((*read)->size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ((**read)[i].uid, i + 1);
            EXPECT_EQ((**read)[i].size, i + 101);
            EXPECT_EQ((*read_file_name(*database_, mailbox.id, messages[i].uid))->base, files[i].base);
            EXPECT_EQ((*read_file_name(*database_, mailbox.id, messages[i].uid))->extra, files[i].extra);
        }
        ASSERT_TRUE(remove_messages(*database_, mailbox.id, [&] {
            std::vector<Uid> uids;
            for (const Message& message : messages)
                uids.push_back(message.uid);
            return uids;
        }()));
    }
}

TEST_F(RowsTest, NoIndexHasSuchRows) {
    const MailboxRow mailbox = row(".A");
    const Message rows[] = {{10, 0, 0, 1, 0, 0, 0}, {1, 0, 0, 6, 0, 0, 0}, {1, 32, 0, 1, 0, 0, 0}};
    for (const Message& message : rows) {
        const FileName file{"base", ""};
        ASSERT_TRUE(put_messages(*database_, mailbox.id, {{&message, &file}}));
        EXPECT_EQ(read_snapshot(*database_, mailbox).error().kind, Errc::data);
        ASSERT_TRUE(remove_messages(*database_, mailbox.id, {message.uid}));
    }
}

TEST_F(RowsTest, KeepWhatVanished) {
    ASSERT_TRUE(add_vanished(*database_, 1, 5, {1, 2, 3, 9}));
    ASSERT_TRUE(add_vanished(*database_, 1, 6, {4, 7}));
    ASSERT_TRUE(add_vanished(*database_, 2, 6, {100}));
    EXPECT_EQ(*read_vanished(*database_, 1, 0), (UidRanges{{1, 4}, {7, 7}, {9, 9}}));
    EXPECT_EQ(*read_vanished(*database_, 1, 5), (UidRanges{{4, 4}, {7, 7}}));
    EXPECT_TRUE(read_vanished(*database_, 1, 6)->empty());
}

}  // namespace
}  // namespace mailpipe::index::test
