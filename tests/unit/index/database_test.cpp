#include "mailpipe/index/database.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(DatabaseTest, KeepsWhatIsCommitted) {
    const std::string path = directory_ + "/db";
    for (int pass = 0; pass < 2; ++pass) {
        auto database = Database::open(path);
        ASSERT_TRUE(database);
        if (pass == 0) {
            ASSERT_TRUE((*database)->execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)"));
            auto begun = Transaction::begin(**database);
            ASSERT_TRUE((*database)->query("INSERT INTO t VALUES(?,?)")->run(1, std::string_view("a\0b", 3)));
            ASSERT_TRUE((*database)->query("INSERT INTO t VALUES(?,?)")->run(2, std::optional<std::string>()));
            ASSERT_TRUE((*database)->query("INSERT INTO t VALUES(?,?)")->run(3, Blob{}));
            ASSERT_TRUE(begun->commit());
            auto dropped = Transaction::begin(**database);
            ASSERT_TRUE((*database)->query("INSERT INTO t VALUES(?,?)")->run(4, std::string_view("x")));
        }
        EXPECT_EQ(*(*database)->number("SELECT count(*) FROM t"), 3);
        auto query = (*database)->query("SELECT b FROM t ORDER BY a");
        ASSERT_TRUE(*query->start().step());
        EXPECT_EQ(query->text(0), std::string_view("a\0b", 3));
        ASSERT_TRUE(*query->step());
        EXPECT_TRUE(query->is_null(0));
        ASSERT_TRUE(*query->step());
        EXPECT_FALSE(query->is_null(0));
    }
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(DatabaseTest, SaysWhatIsWrong) {
    EXPECT_EQ(Database::open(directory_ + "/none/db").error().kind, Errc::cannot_create);
    std::ofstream(directory_ + "/garbage") << std::string(5000, 'x');
    EXPECT_EQ(Database::open(directory_ + "/garbage").error().kind, Errc::data);
    auto database = Database::open(directory_ + "/db");
    ASSERT_TRUE(database);
    EXPECT_EQ((*database)->execute("nonsense").error().kind, Errc::io);
    EXPECT_EQ(Database::open(directory_ + "/db").error().kind, Errc::unavailable);
    fs::create_symlink(directory_ + "/elsewhere", directory_ + "/link");
    EXPECT_FALSE(Database::open(directory_ + "/link"));
}

// A tmpfs, for root.
class FullDiskTest : public AccountTest {
 protected:
    FullDiskTest() {
        small_ = directory_ + "/small";
        fs::create_directory(small_);
        mounted_ = ::mount("tmpfs", small_.c_str(), "tmpfs", 0, "size=1300k") == 0;
        root_ = small_ + "/mail";
    }
    ~FullDiskTest() override {
        inbox_.reset();
        account_.reset();
        if (mounted_) ::umount2(small_.c_str(), MNT_DETACH);
    }
    // All that is left but `octets`.
    void fill(std::size_t octets) const {
        std::ofstream file(small_ + "/filler", std::ios::binary);
        const auto left = fs::space(small_).available;
        if (left > octets) file << std::string(left - octets, 'x');
    }

    std::string small_;
    bool mounted_ = false;
};

TEST_F(FullDiskTest, NothingIsHalfDone) {
    if (!mounted_) GTEST_SKIP() << "cannot mount a tmpfs";
    open();
    append(*inbox_, 1, 20);
    for (const std::size_t left : {0U, 4096U, 8192U, 16384U}) {
        fill(left);
        const auto before = inbox_->snapshot();
        auto append = inbox_->begin_append();
        bool done = append.has_value();
        for (int i = 0; i < 10 && done; ++i) {
            done = (*append)->begin({}, {}) && (*append)->octets(std::string(3000, 'x')) && (*append)->end();
        }
        if (done) done = (*append)->commit().has_value();
        EXPECT_FALSE(done);
        append = fail(Errc::io, "");
        EXPECT_EQ(inbox_->snapshot()->size(), before->size());
        for (Uid uid = 1; uid <= 20; ++uid) {
            const auto stored =
                inbox_->store({uid}, StoreMode::add, {kFlagged, {std::to_string(left) + "k"}}, {});
            const auto& message = (*inbox_->snapshot())[uid - 1];
            if (!stored) {
                EXPECT_EQ(stored.error().kind, Errc::io);
                EXPECT_NE(stored.error().message.find("No space left on device"), std::string::npos)
                    << stored.error().message;
                EXPECT_EQ(message.modseq, (*before)[uid - 1].modseq);
            }
        }
        const auto now = inbox_->snapshot();
        fs::remove(small_ + "/filler");
        reopen();
        ASSERT_EQ(inbox_->snapshot()->size(), now->size());
        for (std::size_t i = 0; i < now->size(); ++i)
            EXPECT_EQ((*inbox_->snapshot())[i].flags, (*now)[i].flags);
        EXPECT_TRUE(names("tmp").empty());
    }
    EXPECT_EQ(AccountTest::append(*inbox_, 21, 1), (std::vector<Uid>{21}));
}

}  // namespace
}  // namespace mailpipe::index::test
