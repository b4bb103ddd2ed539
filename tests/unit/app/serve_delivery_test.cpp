#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "mailpipe/app/serve/delivery/commit_worker.hpp"
#include "mailpipe/app/serve/pop3/maildrop.hpp"
#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/support/scratch_directory.hpp"

// From the spool through the commit worker into a Maildir, and out of it through a maildrop.
namespace mailpipe::app::serve {
namespace {

namespace fs = std::filesystem;

class ServeDelivery : public testing::Test {
 protected:
    std::shared_ptr<SpooledMessage> message(const std::string& text) {
        auto spooled = std::make_shared<SpooledMessage>(root, budget);
        for (std::size_t at = 0; at < text.size(); at += 60'000) {
            EXPECT_TRUE(spooled->append(std::string_view(text).substr(at, 60'000)).has_value());
        }
        return spooled;
    }
    std::vector<Result<Delivered>> deliver(CommitWorker& worker, std::shared_ptr<SpooledMessage> spooled,
                                           std::vector<DeliveryTarget> targets) {
        std::promise<std::vector<Result<Delivered>>> promise;
        auto future = promise.get_future();
        worker.submit(
            {std::move(spooled), std::move(targets),
             [&promise](std::vector<Result<Delivered>> results) { promise.set_value(std::move(results)); }});
        return future.get();
    }
    static std::vector<std::string> files(const std::string& directory) {
        std::vector<std::string> texts;
        if (!fs::exists(directory)) return texts;
        for (const auto& entry : fs::directory_iterator(directory)) {
            std::stringstream text;
            text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
            texts.push_back(text.str());
        }
        return texts;
    }

    const tests::ScratchDirectory scratch_;
    const std::string root = scratch_.path();
    SpoolBudget budget;
};

TEST_F(ServeDelivery, SmallAndLarge) {
    CommitWorker worker{store::Format::maildir, nullptr};
    const std::string small = "Subject: x\r\n\r\nhello\r\n";
    std::string large = "Subject: y\r\n\r\n";
    while (large.size() < 3 * kSpoolMemory)
        large += "0123456789012345678901234567890123456789\r\n";
    for (const std::string& text : {small, large}) {
        auto results =
            deliver(worker, message(text), {{root + "/alice", "A: 1\r\n"}, {root + "/bob", "B: 2\r\n"}});
        ASSERT_EQ(results.size(), 2U);
        for (const auto& result : results) {
            ASSERT_TRUE(result.has_value()) << result.error().message;
            EXPECT_EQ(result->size, text.size() + 6);
        }
    }
    auto alice = files(root + "/alice/new");
    ASSERT_EQ(alice.size(), 2U);
    std::sort(alice.begin(), alice.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    EXPECT_EQ(alice[0], "A: 1\nSubject: x\n\nhello\n");
    EXPECT_EQ(alice[1].size(),
              5 + large.size() - static_cast<std::size_t>(std::count(large.begin(), large.end(), '\r')));
    EXPECT_TRUE(files(root + "/alice/tmp").empty());
    EXPECT_EQ(budget.used, 0U);
}

TEST_F(ServeDelivery, OneMailboxFailsAlone) {
    CommitWorker worker{store::Format::maildir, nullptr};
    std::ofstream(root + "/file") << "x";
    auto results = deliver(worker, message("x\r\n"), {{root + "/file", ""}, {root + "/bob", ""}});
    ASSERT_EQ(results.size(), 2U);
    EXPECT_FALSE(results[0].has_value());
    EXPECT_TRUE(results[1].has_value());
    EXPECT_EQ(files(root + "/bob/new").size(), 1U);
}

TEST_F(ServeDelivery, GroupsFromManyThreads) {
    constexpr std::size_t kEach = 50;
    std::atomic<std::size_t> delivered = 0;
    {
        CommitWorker worker{store::Format::maildir, nullptr};
        std::vector<std::thread> senders;
        for (int sender = 0; sender < 4; ++sender) {
            senders.emplace_back([&, sender] {
                for (std::size_t i = 0; i < kEach; ++i) {
                    auto spooled = std::make_shared<SpooledMessage>(root, budget);
                    ASSERT_TRUE(spooled->append("Subject: " + std::to_string(sender) + "\r\n").has_value());
                    worker.submit({spooled, {{root + "/alice", ""}}, [&delivered](const auto& results) {
                                       if (results[0]) ++delivered;
                                   }});
                }
            });
        }
        for (auto& sender : senders)
            sender.join();
    }
    EXPECT_EQ(delivered, 4 * kEach);
    EXPECT_EQ(files(root + "/alice/new").size(), 4 * kEach);
}

TEST_F(ServeDelivery, SpoolLeavesNothingBehind) {
    auto spooled = message(std::string(2 * kSpoolMemory, 'x'));
    EXPECT_EQ(budget.used, 0U);
    EXPECT_TRUE(fs::is_empty(root));
    std::size_t read = 0;
    ASSERT_TRUE(spooled
                    ->read([&read](std::string_view text) {
                        read += text.size();
                        return Result<void>{};
                    })
                    .has_value());
    EXPECT_EQ(read, 2 * kSpoolMemory);
}

TEST_F(ServeDelivery, SpoolErrorStays) {
    SpooledMessage spooled(root + "/missing", budget);
    EXPECT_TRUE(spooled.append("x").has_value());
    EXPECT_FALSE(spooled.append(std::string(kSpoolMemory, 'x')).has_value());
    EXPECT_FALSE(spooled.append("x").has_value());
}

TEST_F(ServeDelivery, MemoryOfAllIsLimited) {
    std::vector<std::shared_ptr<SpooledMessage>> all;
    for (std::size_t i = 0; i < 50; ++i)
        all.push_back(message(std::string(kSpoolMemory, 'x')));
    EXPECT_LE(budget.used, kSpoolMemoryOfAll);
    all.clear();
    EXPECT_EQ(budget.used, 0U);
}

TEST_F(ServeDelivery, MaildropListsReadsRemoves) {
    const std::string path = root + "/alice";
    {
        auto empty = Maildrop::open(path, {});
        ASSERT_TRUE(empty.has_value()) << empty.error().message;
        EXPECT_TRUE((*empty)->messages().empty());
    }
    CommitWorker worker{store::Format::maildir, nullptr};
    for (const char* text : {"1\r\n", "22\r\n", "333\r\n"}) {
        ASSERT_TRUE(deliver(worker, message(text), {{path, ""}})[0].has_value());
    }
    auto maildrop = Maildrop::open(path, {});
    ASSERT_TRUE(maildrop.has_value());
    ASSERT_EQ((*maildrop)->messages().size(), 3U);
    EXPECT_EQ((*maildrop)->messages()[1].size, 4U);
    EXPECT_EQ((*maildrop)->read(2).value()->read().value(), "333\r\n");
    const auto second = Maildrop::open(path, {});
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind, Errc::unavailable);
    ASSERT_TRUE((*maildrop)->remove({0, 2}).has_value());
    maildrop->reset();
    auto again = Maildrop::open(path, {});
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ((*again)->messages().size(), 1U);
    EXPECT_EQ((*again)->messages()[0].size, 4U);
}

TEST(ServeMaildrop, UidlFitsRfc1939) {
    EXPECT_EQ(uidl_of("1795518000.M1P2Q3R4.host,S=1,W=2"), "1795518000.M1P2Q3R4.host,S=1,W=2");
    EXPECT_EQ(uidl_of(std::string(70, 'x')), std::string(70, 'x'));
    for (const std::string& id :
         {std::string(71, 'x'), std::string("a b"), std::string("\xC3\xBC"), std::string()}) {
        const std::string uidl = uidl_of(id);
        EXPECT_EQ(uidl.size(), 64U);
        EXPECT_EQ(uidl, uidl_of(id));
    }
    EXPECT_NE(uidl_of(std::string(71, 'x')), uidl_of(std::string(72, 'x')));
}

TEST_F(ServeDelivery, TransactionJudgesAndAnswers) {
    SmtpTransaction transaction;
    transaction.add_recipient({"alice", "example.org"}, {}, {{"alice"}, {}, false}, {});
    transaction.add_recipient({"bob", "example.org"}, {}, {{"bob"}, {}, false}, {});
    transaction.add_recipient({"ALICE", "example.net"}, {}, {{"alice"}, {}, false}, {});
    transaction.begin_body(root, budget);
    for (std::size_t i = 0; i < limits::kReceivedFields; ++i)
        transaction.append("Received: x\r\n");
    EXPECT_FALSE(transaction.verdict().has_value());
    transaction.append("Received: x\r\n\r\n");
    EXPECT_EQ(transaction.verdict()->code, 554);
    EXPECT_EQ(transaction.verdict()->enhanced, "5.4.6");

    const auto store = StoreLayout{root + "/%u", root};
    const Delivery delivery = transaction.make_delivery(transaction.message(), {TraceInfo{}, {}}, store);
    ASSERT_EQ(delivery.targets.size(), 2U);
    EXPECT_EQ(delivery.targets[1].path, root + "/bob");
    EXPECT_NE(delivery.targets[1].fields.find("Delivered-To: bob@example.org\r\n"), std::string::npos);
    const std::vector<Result<Delivered>> results{Delivered{"id", 1}, fail(Errc::io, "x")};
    const auto replies = transaction.replies(results, "7");
    const auto lmtp = transaction.answers(replies, true);
    ASSERT_EQ(lmtp.size(), 3U);
    EXPECT_EQ(lmtp[0].code, 250);
    EXPECT_EQ(lmtp[1].code, 452);
    EXPECT_EQ(lmtp[2].code, 250);
    const auto smtp = transaction.answers(replies, false);
    ASSERT_EQ(smtp.size(), 1U);
    EXPECT_EQ(smtp[0].code, 452);
}

TEST_F(ServeDelivery, WhatIsForwardedAndWhatIsRelayedAreTwoMessages) {
    SmtpTransaction transaction;
    transaction.envelope.reverse_path = {"eve", "sender.example"};
    transaction.envelope.envelope_id = "id";
    const smtp::Mailbox path{"SRS0=x", "example.org"};
    smtp::RecipientOptions never;
    never.notify = smtp::Notify{};
    transaction.add_recipient({"team", "example.org"}, never,
                              {{"alice"}, {{"dan", "far.example"}, {"dora", "far.example"}}, false}, path);
    transaction.add_recipient({"all", "example.org"}, {}, {{"alice", "bob"}, {{"dan", "far.example"}}, false},
                              path);
    transaction.add_relayed({"fred", "other.example"}, {});
    transaction.begin_body(root, budget);
    transaction.append("Subject: x\r\n\r\n");
    const Delivery delivery = transaction.make_delivery(transaction.message(), {TraceInfo{}, "Date: x\r\n"},
                                                        StoreLayout{root + "/%u", root});
    EXPECT_EQ(delivery.targets.size(), 2U);
    ASSERT_EQ(delivery.relays.size(), 2U);
    EXPECT_EQ(delivery.relays[0].envelope.reverse_path, path);
    EXPECT_EQ(delivery.relays[0].envelope.recipients.size(), 2U);
    EXPECT_EQ(delivery.relays[0].envelope.recipient_options[0].notify, smtp::Notify{});
    EXPECT_EQ(delivery.relays[0].envelope.envelope_id, "id");
    EXPECT_EQ(delivery.relays[1].envelope.reverse_path.encode(), "eve@sender.example");
    EXPECT_EQ(delivery.relays[1].envelope.recipients.size(), 1U);
    EXPECT_TRUE(delivery.relays[1].fields.ends_with("Date: x\r\n"));
    // One reply a target: alice, bob, forwarded, relayed.
    const std::vector<smtp::Reply> replies{
        {250, "", {"x"}}, {452, "", {"x"}}, {550, "", {"x"}}, {250, "", {"x"}}};
    std::vector<int> codes;
    for (const smtp::Reply& reply : transaction.answers(replies, true))
        codes.push_back(reply.code);
    EXPECT_EQ(codes, (std::vector<int>{550, 452, 250}));
    EXPECT_EQ(transaction.answers(replies, false).front().code, 452);
}

TEST_F(ServeDelivery, LeftOutIsNotRead) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{300'000}}) {
        const std::string text =
            "To: a\r\nBcc: b\r\nX: " + std::string(size, 'x') + "\r\nBcc: c\r\n\r\nbody\r\n";
        const auto spooled = message(text);
        const std::uint64_t second = text.find("Bcc: c");
        spooled->leave_out({{7, 8}, {second, 8}});
        std::string read;
        ASSERT_TRUE(spooled->read([&read](std::string_view piece) {
            read += piece;
            return Result<void>{};
        }));
        EXPECT_EQ(read, "To: a\r\nX: " + std::string(size, 'x') + "\r\n\r\nbody\r\n");
        EXPECT_EQ(spooled->size(), read.size());
    }
}

}  // namespace
}  // namespace mailpipe::app::serve
