#include "mailpipe/store/delivery_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "mailpipe/store/maildir.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store {
namespace {

using test::read_file;
using test::write_file;

namespace fs = std::filesystem;

class DeliveryLogTest : public test::StoreTest {
 protected:
    void SetUp() override {
        const Fd directory(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!honours_syncfs(directory.get())) GTEST_SKIP() << "no syncfs() here";
        ASSERT_TRUE(open_maildir_writer(mailbox()));
        log_ = open();
        ASSERT_TRUE(log_);
    }

    std::string root() const { return root_.string(); }
    std::string mailbox(const std::string& name = "alice") const { return root() + "/" + name; }
    fs::path new_file(const std::string& id) const { return fs::path(mailbox()) / "new" / id; }

    std::unique_ptr<DeliveryLog> open() const {
        auto log = DeliveryLog::open(root(), [](const Error& error) { ADD_FAILURE() << error.message; });
        if (!log) return nullptr;
        return std::move(*log);
    }
    void commit(const std::string& id, const std::string& text) {
        ASSERT_TRUE(log_->add(mailbox(), id, text));
        ASSERT_TRUE(log_->commit());
    }
    // As if the process had been killed here and started again.
    void crash() {
        const fs::path log = fs::path(root()) / ".delivery-log";
        std::map<std::string, std::string> kept;
        for (const char* name : {"log-0", "log-1"})
            kept[name] = read_file(log / name);
        log_.reset();
        for (const auto& [name, octets] : kept)
            write_file(log / name, octets);
        log_ = open();
        ASSERT_TRUE(log_);
    }

    std::unique_ptr<DeliveryLog> log_;
};

TEST_F(DeliveryLogTest, WhatIsMissingIsPutInPlace) {
    commit("1.M1", "first\n");
    crash();
    EXPECT_EQ(read_file(new_file("1.M1")), "first\n");
}

TEST_F(DeliveryLogTest, WhatIsThereInPartIsWrittenAgain) {
    commit("1.M1", "first\n");
    write_file(new_file("1.M1"), "fir");
    commit("2.M1", "second\n");
    write_file(fs::path(mailbox()) / "cur" / "2.M1:2,S", "");
    crash();
    EXPECT_EQ(read_file(new_file("1.M1")), "first\n");
    EXPECT_EQ(read_file(fs::path(mailbox()) / "cur" / "2.M1:2,S"), "second\n");
    EXPECT_FALSE(fs::exists(new_file("2.M1")));
}

TEST_F(DeliveryLogTest, WhatIsThereIsLeftAlone) {
    commit("1.M1", "first\n");
    write_file(fs::path(mailbox()) / "cur" / "1.M1:2,RS", "first\n");
    write_file(fs::path(mailbox()) / "tmp" / "1.M1", "first\n");
    crash();
    EXPECT_FALSE(fs::exists(new_file("1.M1")));
    EXPECT_FALSE(fs::exists(fs::path(mailbox()) / "tmp" / "1.M1"));
    EXPECT_EQ(read_file(fs::path(mailbox()) / "cur" / "1.M1:2,RS"), "first\n");
}

TEST_F(DeliveryLogTest, WhatWasRemovedStaysSo) {
    commit("1.M1", "first\n");
    commit("2.M1", "second\n");
    ASSERT_TRUE(log_->remove(mailbox(), {"1.M1"}));
    crash();
    EXPECT_FALSE(fs::exists(new_file("1.M1")));
    EXPECT_EQ(read_file(new_file("2.M1")), "second\n");
}

TEST_F(DeliveryLogTest, ACheckpointForgets) {
    commit("1.M1", "first\n");
    log_->in_place();
    const fs::path file = fs::path(root()) / ".delivery-log" / "log-0";
    const std::string before = read_file(file).substr(0, 20);
    for (int i = 0; i < 400 && read_file(file).substr(0, 20) == before; ++i)
        ::usleep(25'000);
    EXPECT_NE(read_file(file).substr(0, 20), before) << "no checkpoint in time";
    crash();
    // Nobody has put it in place, and the checkpoint could not know.
    EXPECT_FALSE(fs::exists(new_file("1.M1")));
}

TEST_F(DeliveryLogTest, ItTakesMoreThanItHolds) {
    const std::string text(kLoggedMessage - 100, 'x');
    for (int i = 0; i < 200; ++i) {
        commit("1.M" + std::to_string(i), text);
        log_->in_place();
    }
    EXPECT_FALSE(log_->add(mailbox(), "2.M1", std::string(kLoggedMessage + 1, 'x')));
    int added = 0;
    while (log_->add(mailbox(), "3.M" + std::to_string(added), text))
        ASSERT_LT(++added, 100);
    EXPECT_GT(added, 25);
    ASSERT_TRUE(log_->commit());
    crash();
    for (int i = 0; i < added; ++i)
        EXPECT_EQ(fs::file_size(new_file("3.M" + std::to_string(i))), text.size());
}

TEST_F(DeliveryLogTest, AnEndInPeaceLeavesNothing) {
    commit("1.M1", "first\n");
    log_.reset();
    log_ = open();
    EXPECT_FALSE(fs::exists(new_file("1.M1")));
}

TEST_F(DeliveryLogTest, OneProcessHasIt) {
    auto again = DeliveryLog::open(root(), {});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, Errc::unavailable);
}

TEST_F(DeliveryLogTest, ItCoversWhatLiesBelow) {
    EXPECT_TRUE(log_->covers(mailbox()));
    EXPECT_FALSE(log_->covers(mailbox("nobody")));
    EXPECT_FALSE(log_->covers(root()));
    EXPECT_FALSE(log_->covers(root() + "x/alice"));
    EXPECT_FALSE(log_->covers("/tmp"));
}

TEST_F(DeliveryLogTest, NamesFromTheDiskStayBelowTheRoot) {
    ASSERT_TRUE(log_->add(root() + "/../evil", "1.M1", "x"));
    ASSERT_TRUE(log_->add(mailbox(), "../1.M1", "x"));
    ASSERT_TRUE(log_->commit());
    crash();
    EXPECT_FALSE(fs::exists(root() + "/../evil"));
    EXPECT_FALSE(fs::exists(fs::path(mailbox()) / "1.M1"));
}

}  // namespace
}  // namespace mailpipe::store
