#include <gtest/gtest.h>

#include <string>

#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

const std::string kHello = "EHLO x\r\n";
const std::string kEnvelope = kHello + "MAIL FROM:<a@b.org>\r\nRCPT TO:<alice@example.org>\r\n";
const std::string kBinary = kHello + "MAIL FROM:<a@b.org> BODY=BINARYMIME\r\nRCPT TO:<alice@example.org>\r\n";

std::string bdat(const std::string& octets, bool last = true) {
    return "BDAT " + std::to_string(octets.size()) + (last ? " LAST\r\n" : "\r\n") + octets;
}

struct Row {
    std::string name;
    std::string input;
    std::string codes;  // behind "220 250"
    std::string body;
    std::string last_event;
};
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

class ServerChunk : public testing::TestWithParam<Row> {};

TEST_P(ServerChunk, WholeAndSplitAtEveryByte) {
    const Row& row = GetParam();
    const ServerLog whole = run_server(row.input, server_options(), std::string::npos);
    EXPECT_EQ(whole.codes(), "220 250 " + row.codes) << whole.output;
    EXPECT_EQ(whole.body, row.body);
    EXPECT_EQ(whole.events.empty() ? "none" : whole.events.back(), row.last_event);
    // How much of a message is passed on before it is refused depends on how it was cut.
    const bool refused = row.last_event == "refused 550";
    const auto same = [&](ServerLog log) {
        if (refused) log.body = whole.body;
        return log == whole;
    };
    EXPECT_TRUE(same(run_server(row.input, server_options(), 1)));
    for (std::size_t at = 0; at <= row.input.size(); ++at) {
        ServerRun run(server_options());
        run.feed(std::string_view(row.input).substr(0, at));
        run.feed(std::string_view(row.input).substr(at));
        EXPECT_TRUE(same(run.log)) << at;
    }
}

const std::string kText = "Subject: a\r\n\r\n.\r\nb\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, ServerChunk,
    testing::Values(
        Row{"one", kEnvelope + bdat(kText), "250 250 250", kText, "end"},
        Row{"several", kEnvelope + bdat("Subject: a\r", false) + bdat("\n\r\nx", false) + bdat("\r\n"),
            "250 250 250 250 250", "Subject: a\r\n\r\nx\r\n", "end"},
        Row{"last_is_empty", kEnvelope + bdat(kText, false) + bdat(""), "250 250 250 250", kText, "end"},
        Row{"only_is_empty", kEnvelope + bdat(""), "250 250 250", "", "end"},
        Row{"without_end_of_line", kEnvelope + bdat("a"), "250 250 250", "a\r\n", "end"},
        // threats.md: SMTP smuggling. The size alone says where a chunk ends.
        Row{"end_of_data_inside", kEnvelope + bdat("a\r\n.\r\nMAIL FROM:<evil@b.org>\r\n") + "NOOP\r\n",
            "250 250 250 250", "a\r\n.\r\nMAIL FROM:<evil@b.org>\r\n", "end"},
        Row{"bare_lf", kEnvelope + bdat("a\nb\r\n") + "NOOP\r\n", "250 250 550 250", "", "refused 550"},
        Row{"bare_cr_between_chunks", kEnvelope + bdat("a\r", false) + bdat("b\r\n"), "250 250 250 550", "a\r",
            "refused 550"},
        Row{"bare_cr_at_the_end", kEnvelope + bdat("a\r"), "250 250 550", "a\r", "refused 550"},
        Row{"nul", kEnvelope + bdat("a\0b\r\n"s), "250 250 550", "", "refused 550"},
        Row{"binary", kBinary + bdat("a\nb\0c\rd"s), "250 250 250", "a\nb\0c\rd"s, "end"},
        Row{"binary_needs_bdat", kBinary + "DATA\r\n" + bdat("a"), "250 250 503 250", "a", "end"},
        Row{"without_mail", kHello + bdat("NOOP\r\nNOOP\r\n") + "NOOP\r\n", "503 250", "", "none"},
        Row{"without_recipients", kHello + "MAIL FROM:<a@b.org>\r\n" + bdat("RSET\r\n") + "NOOP\r\n",
            "250 554 250", "", "mail <a@b.org>"},
        Row{"larger_than_allowed", kEnvelope + bdat(std::string(10001, 'a')) + "NOOP\r\n", "250 250 552 250",
            "", "rcpt <alice@example.org>"},
        Row{"larger_together",
            kEnvelope + bdat(std::string(200, 'a'), false) + bdat(std::string(9801, 'a')) + bdat("x\r\n"),
            "250 250 250 552 503", std::string(200, 'a'), "aborted"},
        Row{"data_in_between", kEnvelope + bdat("a", false) + "DATA\r\n" + bdat("\r\n"), "250 250 250 503 250",
            "a\r\n", "end"},
        Row{"rcpt_in_between", kEnvelope + bdat("a", false) + "RCPT TO:<bob@example.org>\r\n" + bdat("\r\n"),
            "250 250 250 503 250", "a\r\n", "end"},
        Row{"rset_in_between", kEnvelope + bdat("a", false) + "RSET\r\n" + bdat("b"), "250 250 250 250 503",
            "a", "aborted"},
        Row{"no_size", kEnvelope + "BDAT\r\nNOOP\r\n", "250 250 501", "", "aborted"},
        Row{"negative_size", kEnvelope + "BDAT -1\r\nNOOP\r\n", "250 250 501", "", "aborted"},
        Row{"size_that_overflows", kEnvelope + "BDAT 18446744073709551616 LAST\r\nNOOP\r\n", "250 250 501", "",
            "aborted"},
        Row{"another_word", kEnvelope + "BDAT 1 FIRST\r\nNOOP\r\n", "250 250 501", "", "aborted"}),
    [](const auto& param) { return param.param.name; });

TEST(ServerChunk, HugeSizeHoldsNoMemoryAndIsDropped) {
    ServerRun run(server_options());
    run.feed(kEnvelope + "BDAT 18446744073709551615 LAST\r\n");
    for (int i = 0; i < 1000; ++i)
        run.feed(std::string(10000, 'x'));
    EXPECT_EQ(run.log.body, "");
    EXPECT_EQ(run.log.codes(), "220 250 250 250");
}

// Each message may be as large as it may be, whatever came before it.
TEST(ServerChunk, TheSizeBeginsAnewWithEachMessage) {
    const std::string next = "MAIL FROM:<a@b.org>\r\nRCPT TO:<alice@example.org>\r\n";
    const std::string large(8000, 'a');
    const ServerLog log = run_server(kEnvelope + bdat(large) + next + bdat(large) + next + "DATA\r\n" + large +
                                         large + "\r\n.\r\n" + next + bdat(large),
                                     server_options(), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 250 250 250 250 250 250 250 250 354 552 250 250 250");
}

TEST(ServerChunk, NotOfferedEndsTheSession) {
    ServerOptions options = server_options();
    options.extensions.chunking = false;
    const ServerLog log = run_server(kEnvelope + bdat("RSET\r\nMAIL FROM:<evil@b.org>\r\n"), options, 1000);
    EXPECT_EQ(log.codes(), "220 250 250 250 502");
    EXPECT_EQ(log.output.find("CHUNKING"), std::string::npos);
}

TEST(ServerChunk, LmtpHasOneReplyForEachRecipient) {
    const ServerLog log = run_server(
        "LHLO x\r\nMAIL FROM:<a@b.org>\r\nRCPT TO:<alice@example.org>\r\n"
        "RCPT TO:<bob@example.org>\r\n" +
            bdat("a", false) + bdat("\r\n"),
        server_options(ServerProtocol::lmtp), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 250 250 250 250 250 250");
}

TEST(ServerChunk, EndOfInputInsideIsSaid) {
    ServerRun run(server_options());
    run.feed(kEnvelope + "BDAT 100 LAST\r\nabc");
    run.feed_eof();
    EXPECT_EQ(run.log.error, "peer closed the connection inside a message");
    EXPECT_EQ(run.log.events.back(), "aborted");
}

}  // namespace
}  // namespace mailpipe::smtp::test
