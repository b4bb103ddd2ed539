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
