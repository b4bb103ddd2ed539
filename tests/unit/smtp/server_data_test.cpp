#include <gtest/gtest.h>

#include <string>

#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

const std::string kEnvelope = "EHLO x\r\nMAIL FROM:<a@b.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n";

struct Row {
    std::string name;
    std::string body;  // as sent, the end included
    std::string codes;
};

class ServerData : public testing::TestWithParam<Row> {};

TEST_P(ServerData, WholeAndSplitAtEveryByte) {
    const std::string input = kEnvelope + GetParam().body + "NOOP\r\n";
    const ServerLog whole = run_server(input, server_options(), std::string::npos);
    EXPECT_EQ(whole.codes(), "220 250 250 250 354 " + GetParam().codes + " 250") << whole.output;
    for (std::size_t at = kEnvelope.size() - 1; at <= input.size(); ++at) {
        ServerRun run(server_options());
        run.feed(std::string_view(input).substr(0, at));
        run.feed(std::string_view(input).substr(at));
        EXPECT_EQ(run.log.codes(), whole.codes()) << at;
        EXPECT_EQ(run.log.events, whole.events) << at;
    }
}

const auto kName = [](const auto& param) { return param.param.name; };

// threats.md: SMTP smuggling. Only CRLF.CRLF ends data; what else looks like an end is read on and refused, and
// the commands behind it are part of the message.
const std::string kSmuggled = "MAIL FROM:<evil@b.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nspoof\r\n.\r\n";
INSTANTIATE_TEST_SUITE_P(SmtpSmuggling, ServerData,
                         testing::Values(Row{"lf_dot_lf", "x\n.\n" + kSmuggled, "550"},
                                         Row{"lf_dot_crlf", "x\n.\r\n" + kSmuggled, "550"},
                                         Row{"crlf_dot_lf", "x\r\n.\n" + kSmuggled, "550"},
                                         Row{"cr_dot_cr", "x\r.\r" + kSmuggled, "550"},
                                         Row{"cr_dot_crlf", "x\r.\r\n" + kSmuggled, "550"},
                                         Row{"crlf_dot_cr", "x\r\n.\r" + kSmuggled, "550"},
                                         Row{"lf_dot_cr_lf", "x\n.\r\r\n" + kSmuggled, "550"},
                                         Row{"crlf_nul_dot", "x\r\n\0.\r\n"s + kSmuggled, "550"},
                                         Row{"cr_cr_lf", "x\r\r\n.\r\r\n" + kSmuggled, "550"}),
                         kName);

INSTANTIATE_TEST_SUITE_P(LineEnds, ServerData,
                         testing::Values(Row{"bare_lf", "a\nb\r\n.\r\n", "550"},
                                         Row{"bare_cr", "a\rb\r\n.\r\n", "550"},
                                         Row{"nul", "a\0b\r\n.\r\n"s, "550"},
                                         Row{"eight_bit", "\xC3\xBC\r\n.\r\n", "250"},
                                         Row{"long_line", std::string(9000, 'a') + "\r\n.\r\n", "250"}),
                         kName);

TEST(ServerData, RefusedMessageIsNotPassedOn) {
    const ServerLog log =
        run_server(kEnvelope + "a\nb\r\n" + std::string(5000, 'x') + "\r\n.\r\n", server_options(), 100);
    EXPECT_EQ(log.events.back(), "refused 550");
    EXPECT_LE(log.body.size(), 100U);
}

TEST(ServerData, SizeIsEnforcedWhileStreaming) {
    ServerRun run(server_options());
    run.feed(kEnvelope);
    for (int i = 0; i < 1000; ++i)
        run.feed(std::string(98, 'x') + "\r\n");
    EXPECT_EQ(run.log.body.size(), 10000U);
    run.feed(".\r\nNOOP\r\n");
    EXPECT_EQ(run.log.codes(), "220 250 250 250 354 552 250");
    EXPECT_EQ(run.log.events.back(), "refused 552");
    ServerRun exact(server_options());
    exact.feed(kEnvelope + std::string(9998, 'x') + "\r\n.\r\n");
    EXPECT_EQ(exact.log.codes(), "220 250 250 250 354 250");
}

TEST(ServerData, TooLargeAndMalformedIsMalformedHoweverItIsCut) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::string::npos}) {
        for (const std::string& body :
             {"a\nb\r\n" + std::string(20'000, 'x'), std::string(20'000, 'x') + "\r\na\nb"}) {
            const ServerLog log = run_server(kEnvelope + body + "\r\n.\r\n", server_options(), piece);
            EXPECT_EQ(log.events.back(), "refused 550") << piece;
        }
    }
}

TEST(ServerData, LmtpRefusesForEachRecipient) {
    const ServerLog log =
        run_server("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\na\nb\r\n.\r\n",
                   server_options(ServerProtocol::lmtp), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 250 250 250 354 550 550");
}

}  // namespace
}  // namespace mailpipe::smtp::test
