#include "mailpipe/app/fetch/receipt.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {
namespace {

TEST(FetchReceiptTest, OneLineOfJson) {
    EXPECT_EQ(encode_receipt({"pop3://a@b/;UIDL=x", "maildir:/box;ID=1", 5, "TLSv1.3", 0.12345}),
              "{\"ref\":\"pop3://a@b/;UIDL=x\",\"to\":\"maildir:/box;ID=1\",\"size\":5,\"tls\":\"TLSv1.3\","
              "\"seconds\":0.123}\n");
    EXPECT_EQ(encode_receipt({"", "mbox:/box;OFFSET=0", 0, "", -1}),
              "{\"to\":\"mbox:/box;OFFSET=0\",\"size\":0}\n");
    EXPECT_EQ(encode_receipt({"a\nb\xff", "", 0, "", -1}).find('\n'),
              encode_receipt({"a\nb\xff", "", 0, "", -1}).size() - 1);
}

TEST(FetchReceiptTest, Summaries) {
    FetchTotals source;
    source.source = "pop3://a@b";
    source.destination = "maildir:/box";
    EXPECT_EQ(describe_summary(source, false), "0 messages (0 octets) from pop3://a@b to maildir:/box");
    EXPECT_FALSE(source.any_news());
    source.messages = 1;
    source.octets = 1000;
    source.routed = 1;
    source.skipped = 2;
    source.deleted = 3;
    source.seconds = 0.1239;
    EXPECT_TRUE(source.any_news());
    EXPECT_EQ(describe_summary(source, true),
              "1 message (1.0 kB) from pop3://a@b to maildir:/box, 1 of them by --route, 2 skipped, 3 deleted "
              "there, in 0.1 s");
    EXPECT_EQ(encode_summary(source),
              "{\"source\":\"pop3://"
              "a@b\",\"messages\":1,\"size\":1000,\"skipped\":2,\"deleted\":3,\"seconds\":0.124}\n");
    FetchRunTotals all;
    all.add(source);
    all.add(source);
    all.sources = 3;
    all.failed = 1;
    all.seconds = 2;
    EXPECT_EQ(describe_summary(all, true),
              "2 messages (2.0 kB) from 3 sources (1 with errors), 2 of them by --route, 4 skipped, 6 deleted "
              "there, in 2.0 s");
    EXPECT_EQ(encode_summary(all),
              "{\"sources\":3,\"failed\":1,\"messages\":2,\"size\":2000,\"skipped\":4,\"deleted\":6,"
              "\"seconds\":2.0}\n");
}

TEST(FetchReceiptTest, ReadableSizes) {
    struct Row {
        std::uint64_t octets;
        const char* text;
    };
    for (const Row& row : {Row{0, "0 octets"}, Row{999, "999 octets"}, Row{1000, "1.0 kB"}, Row{1999, "1.9 kB"},
                           Row{999'999, "999.9 kB"}, Row{1'000'000, "1.0 MB"}, Row{209'715'200, "209.7 MB"},
                           Row{5'000'000'000'000, "5.0 TB"}}) {
        EXPECT_EQ(readable_size(row.octets), row.text);
    }
}

}  // namespace
}  // namespace mailpipe::app
