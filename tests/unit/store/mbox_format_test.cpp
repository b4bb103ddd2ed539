#include "mailpipe/store/mbox_format.hpp"

#include "tests/support/decoded_mbox.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

using mailpipe::test::decode_mbox;
using mailpipe::test::is_scanned_alike;

TEST(MboxFormatTest, DecodesAtEverySplit) {
    struct Row {
        const char* name;
        std::string mbox;
        std::vector<std::string> messages;
    };
    const std::string marked = "From NO-EOL-AT-END Thu Jan  1 00:00:00 1970\n";
    const Row rows[] = {
        {"empty", "", {}},
        {"one", "From a\nSubject: a\n\nbody\n\n", {"Subject: a\n\nbody\n"}},
        {"two", "From a\na\n\nFrom b\nb\n\n", {"a\n", "b\n"}},
        {"no empty line between", "From a\na\nFrom b\nb\n", {"a\n", "b\n"}},
        {"cut off", "From a\na", {"a"}},
        {"empty messages", "From a\n\nFrom b\n\n", {"", ""}},
        {"nothing after the From line", "From a\nFrom b\n", {"", ""}},
        {"From line cut off", "From a", {""}},
        {"CRLF", "From a\r\na\r\n\r\nFrom b\r\nb\r\n\r\n", {"a\r\n", "b\r\n"}},
        {"quoted", "From a\n>From b\n>>From c\n>Frombd\n\n", {"From b\n>From c\n>Frombd\n"}},
        {"quotes at the end", "From a\n>>>", {">>>"}},
        {"cut off in From", "From a\nFro", {"Fro"}},
        {"marked", marked + "abc\n\n" + marked + "abc\r\n\n" + marked + "\n\n\n", {"abc", "abc\r", "\n"}},
        {"only line ends", "From a\n\n\n\n", {"\n\n"}},
        {"an empty CRLF line alone", "From a\n\r\nFrom b\n\r\n\r\n", {"", "\r\n"}},
        {"marked, CRLF", marked + "abc\r\n\r\n", {"abc\r"}},
        {"flags",
         "From a\nStatus: RO\nX-Status: AF\n\nStatus: no\n\nFrom b\nstatus: R\n",
         {"Status: RO\nX-Status: AF\n\nStatus: no\n", "status: R\n"}},
        {"no flags",
         "From a\nStatus: O\n\nStatus: R\nFrom b\nX-Status: TD",
         {"Status: O\n\nStatus: R\n", "X-Status: TD"}},
    };
    for (const auto& row : rows) {
        const auto whole = decode_mbox(row.mbox, row.mbox.size() + 1);
        ASSERT_EQ(whole.messages.size(), row.messages.size()) << row.name;
        for (std::size_t i = 0; i < row.messages.size(); ++i) {
            EXPECT_EQ(whole.messages[i].text, row.messages[i]) << row.name;
        }
        for (std::size_t piece = 1; piece <= row.mbox.size(); ++piece) {
            EXPECT_EQ(decode_mbox(row.mbox, piece), whole) << row.name << " " << piece;
            EXPECT_TRUE(is_scanned_alike(row.mbox, piece, whole)) << row.name << " " << piece;
        }
    }
}

TEST(MboxFormatTest, ForeignFiles) {
    for (const std::string text : {"Subject: a\n", "\nFrom a\n", ">From a\n", "Fro", "F"}) {
        EXPECT_TRUE(decode_mbox(text, 3).foreign) << text;
        EXPECT_TRUE(decode_mbox(text, 1).foreign) << text;
        for (const std::size_t piece : {1U, 3U, 100U})
            EXPECT_TRUE(is_scanned_alike(text, piece, decode_mbox(text, 1))) << text << piece;
    }
}

TEST(MboxFormatTest, FromLines) {
    EXPECT_EQ(encode_from_line(0, false), "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
    EXPECT_EQ(encode_from_line(1'700'000'000, true), "From NO-EOL-AT-END Tue Nov 14 22:13:20 2023\n");
    for (const std::time_t time : {std::time_t{0}, std::time_t{1'700'000'000}, std::time_t{4'102'444'799}}) {
        for (const bool no_newline : {false, true}) {
            const auto line = encode_from_line(time, no_newline);
            EXPECT_EQ(line.size(), kFromLineSize);
            EXPECT_EQ(parse_from_date(line.substr(0, line.size() - 1)), time);
        }
    }
    EXPECT_EQ(encode_from_line(-5, false).size(), kFromLineSize);
    EXPECT_EQ(encode_from_line(std::time_t{1} << 60, false).size(), kFromLineSize);
    struct Row {
        const char* line;
        std::time_t time;
    };
    for (const Row& row : {Row{"From alice@example.org Tue Nov 14 22:13:20 2023", 1'700'000'000},
                           Row{"From alice smith  Tue Nov 14 22:13 2023 remote from x", 1'699'999'980},
                           Row{"From a Tue Nov 14 22:13:20 +0000 2023", 1'700'000'000}, Row{"From a", 0},
                           Row{"From a Tue Nov 99 22:13:20 2023", 0}, Row{"From a Tue Nov 14 25:13:20 2023", 0},
                           Row{"From a Tue Nov 14 22:13:20 99999", 0}, Row{"", 0}}) {
        EXPECT_EQ(parse_from_date(row.line), row.time) << row.line;
    }
}

TEST(MboxFormatTest, QuoterAtEverySplit) {
    const std::string text = "From a\n>From b\n>>From c\n >From d\nFro\n>\nFrom";
    const std::string quoted = ">From a\n>>From b\n>>>From c\n >From d\nFro\n>\nFrom";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        FromQuoter quoter;
        std::string out;
        for (std::size_t at = 0; at < text.size(); at += piece) {
            quoter.append(std::string_view(text).substr(at, piece), out);
        }
        quoter.finish(out);
        EXPECT_EQ(out, quoted) << piece;
    }
}

TEST(MboxFormatTest, LinearInQuotesAndLineStarts) {
    std::string mbox = "From a\n";
    mbox += std::string(2'000'000, '>') + "From b\n\n";
    const auto decoded = decode_mbox(mbox, 7);
    ASSERT_EQ(decoded.messages.size(), 1U);
    EXPECT_EQ(decoded.messages[0].text.size(), 2'000'000U - 1 + 7);
}

}  // namespace
}  // namespace mailpipe::store::test
