#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/index/account.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::index::test {

namespace fs = std::filesystem;
using tests::memory_directory;

inline unsigned describe(std::string_view text, unsigned want, Facts& facts) {
    const std::string_view header = text.substr(0, text.find("\r\n\r\n") + 4);
    facts.header = header;
    facts.envelope = "E" + std::string(header.substr(0, 20));
    if ((want & ~kOfHeader) == 0) {
        EXPECT_EQ(text, header);
        return kOfHeader;
    }
    facts.body = "B";
    facts.body_structure = "S" + std::to_string(text.size());
    facts.preview = "preview";
    return kOfHeader | kBody | kBodyStructure | kPreview;
}

inline std::string message_text(int number) {
    return "From: a@example.org\r\nSubject: " + std::to_string(number) + "\r\nMessage-ID: <" +
           std::to_string(number) + "@example.org>\r\n\r\nText " + std::to_string(number) + "\r\n";
}

// An account in a directory that goes with it.
class AccountTest : public ::testing::Test {
 protected:
    explicit AccountTest(const std::string& parent = ::testing::TempDir()) : scratch_(parent) {}
    ~AccountTest() override {
        inbox_.reset();
        account_.reset();
    }

    void open() {
        auto account = Account::open(root_, describe);
        // A call of the folder watcher may hold what was closed a moment longer.
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!account && account.error().kind == Errc::unavailable &&
               std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            account = Account::open(root_, describe);
        }
        ASSERT_TRUE(account) << account.error().message;
        account_ = *account;
        auto inbox = account_->mailbox("INBOX");
        ASSERT_TRUE(inbox) << inbox.error().message;
        inbox_ = *inbox;
    }
    void close() {
        inbox_.reset();
        account_.reset();
    }
    void reopen() {
        close();
        open();
    }
    // As another program does it.
    void put(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(root_ + "/" + path).parent_path());
        std::ofstream(root_ + "/" + path) << text;
    }
    std::vector<std::string> names(const std::string& directory) const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(root_ + "/" + directory))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }
    std::string letters(std::size_t index) const {
        const std::string name = names("cur").at(index);
        return name.substr(name.find(":2,") + 3);
    }
    std::vector<Uid> append(Mailbox& mailbox, int first, int count, const FlagSet& flags = {}) {
        auto append = mailbox.begin_append();
        EXPECT_TRUE(append) << append.error().message;
        for (int i = first; i < first + count; ++i) {
            EXPECT_TRUE((*append)->begin(flags, 1'000'000'000 + i));
            EXPECT_TRUE((*append)->octets(message_text(i)));
            EXPECT_TRUE((*append)->end());
        }
        auto uids = (*append)->commit();
        EXPECT_TRUE(uids) << uids.error().message;
        return uids ? *uids : std::vector<Uid>{};
    }
    static std::vector<Uid> uids(const Mailbox& mailbox) {
        std::vector<Uid> all;
        mailbox.snapshot()->for_each(
            [&all](std::size_t, const Message& message) { all.push_back(message.uid); });
        return all;
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    std::string root_ = directory_ + "/mail";
    std::shared_ptr<Account> account_;
    std::shared_ptr<Mailbox> inbox_;
};

}  // namespace mailpipe::index::test
