#include "mailpipe/app/fetch/known_messages.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "mailpipe/store/open.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

KnownMessages::Known known(std::uint64_t header, std::uint64_t identity, std::uint64_t size, const char* to) {
    return {{header, identity}, size, to, 7};
}

TEST(FetchKnownMessages, EachIsGivenOutOnce) {
    KnownMessages messages;
    EXPECT_TRUE(messages.empty());
    messages.add(known(1, 10, 100, "a"));
    messages.add(known(1, 10, 100, "b"));
    const auto first = messages.take({1, 10}, 100);
    const auto second = messages.take({1, 10}, 100);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->to, second->to);
    EXPECT_EQ(first->time, 7U);
    EXPECT_FALSE(messages.take({1, 10}, 100));
    EXPECT_TRUE(messages.empty());
}

TEST(FetchKnownMessages, WhatCountsAsTheSame) {
    struct Row {
        Fingerprint print;
        std::uint64_t size;
        const char* to;  // nullptr: none
    };
    for (const Row& row : {Row{{1, 10}, 100, "one"},  // all the same
                           Row{{1, 10}, 99, "one"},   // a wrong size
                           Row{{9, 10}, 100, "one"},  // another header
                           Row{{9, 10}, 99, nullptr}, Row{{9, 0}, 100, nullptr},
                           Row{{2, 0}, 50, "without Message-ID"},  // the same header and size
                           Row{{2, 0}, 51, nullptr}, Row{{0, 0}, 100, nullptr}}) {
        KnownMessages messages;
        messages.add(known(1, 10, 100, "one"));
        messages.add(known(2, 0, 50, "without Message-ID"));
        const auto found = messages.take(row.print, row.size);
        ASSERT_EQ(found.has_value(), row.to != nullptr) << row.print.header << " " << row.size;
        EXPECT_EQ(found ? found->to : "", row.to == nullptr ? "" : row.to);
    }
}

TEST(FetchKnownMessages, WhatLiesInAStoreMustBeExact) {
    KnownMessages messages(true);
    messages.add(known(1, 10, 100, "one"));
    EXPECT_FALSE(messages.take({1, 10}, 99));
    EXPECT_FALSE(messages.take({9, 10}, 100));
    EXPECT_TRUE(messages.take({1, 10}, 100));
}

TEST(FetchKnownMessages, ThoseOfAStoreThatNoSourcePutThere) {
    const tests::ScratchDirectory scratch;
    const std::string& directory = scratch.path();
    for (const char* scheme : {"maildir", "mbox"}) {
        const Location box = *parse_location(std::string(scheme) + ":" + directory + "/" + scheme);
        const bool maildir = box.scheme == Scheme::maildir;
        auto writer =
            std::move(*store::open_writer(maildir ? store::Format::maildir : store::Format::mbox, box.path));
        std::vector<std::string> texts{"Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n\r\n"};
        for (const auto& text : texts) {
            ASSERT_TRUE(writer->begin());
            ASSERT_TRUE(writer->append(text));
            ASSERT_TRUE(writer->finish({}, std::nullopt));
        }
        const auto ids = writer->publish();
        ASSERT_TRUE(ids);
        const auto count = [&] {
            KnownMessages found = *KnownInStores().in({box}, {directory});
            std::size_t known = 0;
            for (const auto& text : texts) {
                Fingerprinter fingerprinter;
                fingerprinter.append(text);
                const auto one = found.take(fingerprinter.finish(), text.size());
                known += one ? 1 : 0;
            }
            return known;
        };
        EXPECT_EQ(count(), 2U);
        {
            auto other = FetchState::open({directory}, *parse_location("pop3://bob@localhost"), encode(box));
            ASSERT_TRUE(other);
            const std::string ref = encode(box) + (maildir ? ";ID=" : ";OFFSET=") + ids->front();
            ASSERT_TRUE(other->record_done({{"u", 1, {}, ref, 1}}));
        }
        EXPECT_EQ(count(), 1U);
        // One look for all who ask, and each message for one of them.
        KnownInStores stores;
        KnownMessages first = *stores.in({box}, {directory});
        std::filesystem::remove_all(box.path);
        KnownMessages second = *stores.in({box}, {directory});
        EXPECT_FALSE(second.empty());
        Fingerprinter fingerprinter;
        fingerprinter.append(texts[1]);
        const Fingerprint print = fingerprinter.finish();
        EXPECT_TRUE(first.take(print, texts[1].size()));
        EXPECT_FALSE(second.take(print, texts[1].size()));
        EXPECT_TRUE(second.empty());
    }
}

}  // namespace
}  // namespace mailpipe::app
