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
        auto opened = Journal::open(path("state/journal"));
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    std::string file() const { return path("state/journal"); }
};

TEST_F(JournalTest, RecordsComeBack) {
    {
        auto journal = open();
        EXPECT_TRUE(journal->records().empty());
        ASSERT_TRUE(journal->append({"one", "", "three 3"}));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->append({"four"}));
    }
    EXPECT_EQ(open()->records(), (Records{"one", "", "three 3", "four"}));
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
            EXPECT_EQ(journal->records().size(), size >= first ? 1U : 0U) << size;
            ASSERT_TRUE(journal->append({"after"}));
        }
        EXPECT_EQ(open()->records(), size >= first ? (Records{"one", "after"}) : (Records{"after"}));
    }
    for (const std::string& tail :
         Records{"garbage\n", "00000000 two\n", "\n\n\n", std::string(100'000, '\0')}) {
        write_file(file(), whole.substr(0, first) + tail);
        EXPECT_EQ(open()->records(), Records{"one"});
    }
}

TEST_F(JournalTest, ReplaceIsAtomicAndKeepsTheLock) {
    auto journal = open();
    ASSERT_TRUE(journal->append({"one", "two"}));
    ASSERT_TRUE(journal->replace({"both"}));
    ASSERT_TRUE(journal->append({"three"}));
    EXPECT_EQ(Journal::open(file()).error().kind, Errc::temporary);
    journal.reset();
    EXPECT_EQ(open()->records(), (Records{"both", "three"}));
    EXPECT_EQ(files_in(path("state")), Records{"journal"});
}

TEST_F(JournalTest, SecondProcessIsTold) {
    auto journal = open();
    in_killed_process([&] {
        const auto second = Journal::open(file());
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
    EXPECT_EQ(open()->records(), Records{"one"});
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
    EXPECT_EQ(open()->records(), (Records{"one", "two"}));
}

TEST_F(JournalTest, OddPlaces) {
    std::filesystem::create_directories(path("state/journal"));
    EXPECT_FALSE(Journal::open(file()));
    write_file(path("file"), "");
    EXPECT_FALSE(Journal::open(path("file/journal")));
    std::filesystem::create_symlink(path("elsewhere"), path("link"));
    EXPECT_FALSE(Journal::open(path("link")));
    EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
    auto opened = Journal::open(path("deep/er/journal"));
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->append({"two\nlines"}).error().kind, Errc::usage);
}

}  // namespace
}  // namespace mailpipe::store::test
