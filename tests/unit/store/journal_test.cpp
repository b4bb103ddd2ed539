#include "mailpipe/store/journal.hpp"

#include <sys/resource.h>

#include <csignal>

#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

using Records = std::vector<std::string>;

class JournalTest : public StoreTest {
 protected:
    JournalTest() : StoreTest(memory_directory()) {}

    std::unique_ptr<Journal> open() {
        records_.clear();
        auto opened = Journal::open(file(), [this](std::string_view record) { records_.emplace_back(record); });
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    Records records() {
        open();
        return records_;
    }
    static void ignore(std::string_view /*record*/) {}
    std::string file() const { return path("state/journal"); }
    Records records_;  // at the last open()
};

TEST_F(JournalTest, RecordsComeBack) {
    {
        auto journal = open();
        EXPECT_TRUE(records_.empty());
        ASSERT_TRUE(journal->append({"one", "", "three 3"}));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->append({"four"}));
    }
    EXPECT_EQ(records(), (Records{"one", "", "three 3", "four"}));
    EXPECT_EQ(read_file(file()).substr(0, 13), "7a6c86f1 one\n");
}

TEST_F(JournalTest, EveryTornTailIsCutOff) {
    {
        auto journal = open();
        ASSERT_TRUE(journal->append({"one", "two"}));
    }
    const std::string whole = read_file(file());
    const std::size_t first = whole.find('\n') + 1;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(file(), whole.substr(0, size));
        {
            auto journal = open();
            EXPECT_EQ(records_.size(), size >= first ? 1U : 0U) << size;
            ASSERT_TRUE(journal->append({"after"}));
        }
        EXPECT_EQ(records(), size >= first ? (Records{"one", "after"}) : (Records{"after"}));
    }
    for (const std::string& tail :
         Records{"garbage\n", "00000000 two\n", "\n\n\n", std::string(100'000, '\0')}) {
        write_file(file(), whole.substr(0, first) + tail);
        EXPECT_EQ(records(), Records{"one"});
    }
}

TEST_F(JournalTest, GlanceAtTheEnds) {
    std::string seen;
    bool enough = true;
    const auto open_by_glance = [&] {
        seen.clear();
        records_.clear();
        auto opened = Journal::open(
            file(), [this](std::string_view record) { records_.emplace_back(record); },
            std::chrono::milliseconds(0),
            [&](std::string_view first, std::string_view last) {
                seen = std::string(first) + " " + std::string(last);
                return enough;
            });
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    };
    ASSERT_TRUE(open_by_glance()->append({"one"}));
    EXPECT_EQ(seen, "");
    {
        auto journal = open_by_glance();
        EXPECT_EQ(seen, "one one");
        EXPECT_TRUE(records_.empty());
        ASSERT_TRUE(journal->append({"two", std::string(10'000, 'x'), "three"}));
    }
    {
        auto journal = open_by_glance();
        EXPECT_EQ(seen, "one three");
        Records all;
        ASSERT_TRUE(journal->read([&all](std::string_view record) { all.emplace_back(record); }));
        EXPECT_EQ(all, (Records{"one", "two", std::string(10'000, 'x'), "three"}));
        // A write that is taken back leaves what was there.
        EXPECT_FALSE(journal->append({"no\nrecord"}));
    }
    enough = false;
    open_by_glance();
    EXPECT_EQ(records_.size(), 4U);
    enough = true;
    const std::string whole = read_file(file());
    for (const std::string& tail : Records{"garbage\n", "00000000 two\n", "7a6c86f1 one", "\n", "\n\n"}) {
        write_file(file(), whole + tail);
        open_by_glance();
        EXPECT_EQ(seen, "") << tail;
        EXPECT_EQ(records_.size(), 4U) << tail;
        EXPECT_EQ(read_file(file()), whole);
    }
    ASSERT_TRUE(open_by_glance()->append({std::string(5000, 'y')}));
    open_by_glance();
    EXPECT_EQ(seen, "");  // too long to be seen from the end
    EXPECT_EQ(records_.size(), 5U);
}

// Several pieces of the file, with records that begin in one and end in the next.
TEST_F(JournalTest, ManyRecords) {
    Records records;
    for (std::size_t i = 0; i < 5000; ++i)
        records.push_back(std::to_string(i) + std::string(i % 97, 'x'));
    records.emplace_back(200'000, 'y');
    ASSERT_TRUE(open()->append(records));
    EXPECT_EQ(this->records(), records);
    write_file(file(), read_file(file()) + "00000000 torn\n");
    EXPECT_EQ(this->records(), records);
    EXPECT_EQ(this->records(), records);
    auto journal = open();
    ASSERT_TRUE(journal->replace(records));
    EXPECT_EQ(journal->append({std::string(3'000'000, 'z')}).error().kind, Errc::usage);
    EXPECT_EQ(journal->append({"one", "two\nlines"}).error().kind, Errc::usage);
    ASSERT_TRUE(journal->append({"last"}));
    journal.reset();
    records.emplace_back("last");
    EXPECT_EQ(this->records(), records);
}

// What cannot become a record is not held: 8 MiB without a line end.
TEST_F(JournalTest, TailWithoutLineEnd) {
    write_file(file(), std::string(8U << 20U, 'x'));
    EXPECT_TRUE(records().empty());
    EXPECT_EQ(std::filesystem::file_size(file()), 0U);
}

TEST_F(JournalTest, ReplaceIsAtomicAndKeepsTheLock) {
    auto journal = open();
    ASSERT_TRUE(journal->append({"one", "two"}));
    ASSERT_TRUE(journal->replace({"both"}));
    ASSERT_TRUE(journal->append({"three"}));
    EXPECT_EQ(Journal::open(file(), ignore).error().kind, Errc::temporary);
    journal.reset();
    EXPECT_EQ(records(), (Records{"both", "three"}));
    EXPECT_EQ(files_in(path("state")), Records{"journal"});
}

TEST_F(JournalTest, SecondProcessIsTold) {
    auto journal = open();
    in_killed_process([&] {
        const auto second = Journal::open(file(), ignore);
        if (second || second.error().kind != Errc::temporary) throw std::runtime_error("opened twice");
        if (second.error().message.find("in use by another mail-fetch") == std::string::npos) {
            throw std::runtime_error(second.error().message);
        }
    });
}

TEST_F(JournalTest, KilledProcessLeavesNoLock) {
    in_killed_process([&] {
        auto journal = open();
        if (!journal->append({"one"})) throw std::runtime_error("append");
    });
    EXPECT_EQ(records(), Records{"one"});
}

TEST_F(JournalTest, FailedWriteIsTakenBack) {
    in_killed_process([&] {
        auto journal = open();
        if (!journal->append({"one"})) throw std::runtime_error("append");
        struct rlimit limit {
            100, 1'000'000
        };
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto failed = journal->append({std::string(1000, 'x')});
        if (failed || failed.error().kind != Errc::io) throw std::runtime_error("written");
        if (!journal->append({"two"})) throw std::runtime_error("of no use any more");
    });
    EXPECT_EQ(records(), (Records{"one", "two"}));
}

TEST_F(JournalTest, OddPlaces) {
    std::filesystem::create_directories(path("state/journal"));
    EXPECT_FALSE(Journal::open(file(), ignore));
    write_file(path("file"), "");
    EXPECT_FALSE(Journal::open(path("file/journal"), ignore));
    std::filesystem::create_symlink(path("elsewhere"), path("link"));
    EXPECT_FALSE(Journal::open(path("link"), ignore));
    EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
    auto opened = Journal::open(path("deep/er/journal"), ignore);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->append({"two\nlines"}).error().kind, Errc::usage);
}

}  // namespace
}  // namespace mailpipe::store::test
