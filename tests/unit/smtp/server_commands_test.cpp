#include <gtest/gtest.h>

#include <string>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/smtp/server_run.hpp"

// Each test is named after its class in threats.md.
namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

TEST(Threats, CommandsBeforeStarttlsKeptAfterIt) {
    for (const char* injected : {"RSET\r\n", "R", "\r\n"}) {
        const ServerLog log =
            run_server("EHLO x\r\nSTARTTLS\r\n"s + injected, server_options(), std::string::npos);
        EXPECT_EQ(log.codes(), "220 250 554") << injected;
        EXPECT_EQ(log.events, std::vector<std::string>{}) << injected;
        EXPECT_EQ(log.error, "peer sent data behind STARTTLS") << injected;
    }
}

TEST(Threats, CommandsBeforeTheHandshakeEndTheSession) {
    ServerSession session(server_options());
    session.feed("EHLO x\r\nSTARTTLS\r\n");
    auto step = session.next();
    while (!std::holds_alternative<wire::StartTls>(step))
        step = session.next();
    session.feed("MAIL FROM:<>\r\n");
    step = session.next();
    while (!std::holds_alternative<wire::Failed>(step))
        step = session.next();
    EXPECT_EQ(std::get<wire::Failed>(step).error.kind, Errc::protocol);
}

TEST(Threats, StateBeforeStarttlsIsForgotten) {
    ServerRun run(server_options());
    run.feed("EHLO before\r\nMAIL FROM:<a@b.org>\r\nSTARTTLS\r\n");
    EXPECT_EQ(run.log.events, (std::vector<std::string>{"mail <a@b.org>", "aborted", "tls"}));
    run.feed("RCPT TO:<a@b.org>\r\nMAIL FROM:<a@b.org>\r\nSTARTTLS\r\n");
    EXPECT_EQ(run.log.codes(), "220 250 250 220 503 503 503");
    EXPECT_EQ(run.session.helo_name(), "");
    EXPECT_EQ(run_server("EHLO x\r\nSTARTTLS\r\n", server_options(), 1).codes(), "220 250 220");
}

TEST(Threats, CrLfNulInAddressesAndNames) {
    for (const std::string& line : {"MAIL FROM:<a\0b@c.org>\r\n"s, "MAIL FROM:<\"a\rb\"@c.org>\r\n"s,
                                    "MAIL FROM:<a@c.org\0>\r\n"s, "MAIL FROM:<a@c.org>\tSIZE=1\r\n"s}) {
        const ServerLog log = run_server("EHLO x\r\n" + line, server_options(), std::string::npos);
        EXPECT_EQ(log.codes().substr(8, 1), "5") << line << log.output;
        EXPECT_TRUE(log.events.empty());
    }
    EXPECT_EQ(run_server("EHLO x\x01y\r\n", server_options(), 1).codes(), "220 500");
}

TEST(Threats, SmtpSmugglingBareLfInCommand) {
    const ServerLog log =
        run_server("EHLO x\r\nNOOP\nMAIL FROM:<a@b.org>\r\n", server_options(), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 500");
    EXPECT_EQ(log.error, "bare LF in command");
    EXPECT_EQ(run_server("EHLO x\r\nNOOP\nMAIL FROM:<a@b.org>\r\n", server_options(), 1), log);
}

TEST(Threats, NulEmptyQuotedLocalPartInvalidUtf8) {
    const ServerLog log = run_server(
        "EHLO x\r\nMAIL FROM:<\"\"@b.org>\r\nMAIL FROM:<>\r\nRCPT TO:<\"\"@b.org>\r\nRCPT TO:<\xFF@b.org>\r\n",
        server_options(), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 501 250 501 501");
}

TEST(Threats, RelayTricksSourceRoute) {
    const ServerLog log =
        run_server("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<@example.org:victim@elsewhere.net>\r\n",
                   server_options(), std::string::npos);
    EXPECT_EQ(log.codes(), "220 250 250 550");
    EXPECT_NE(log.output.find("550 5.7.1"), std::string::npos);
}

TEST(Threats, OverlongLinesAreDroppedInBoundedMemory) {
    ServerRun run(server_options());
    run.feed("EHLO x\r\n");
    for (int i = 0; i < 1000; ++i)
        run.feed(std::string(10000, 'A'));
    EXPECT_EQ(run.log.codes(), "220 250");
    run.feed("\r\nNOOP\r\n");
    EXPECT_EQ(run.log.codes(), "220 250 500 250");
    const std::string line = "NOOP " + std::string(limits::kCommandLineBeforeLogin - 5, 'x') + "\r\n";
    EXPECT_EQ(run_server(line, server_options(), 1000).codes(), "220 250");
    EXPECT_EQ(run_server("x" + line + "NOOP\r\n", server_options(), 1).codes(), "220 500 250");
}

TEST(Threats, WebPageThatSpeaksToThePort) {
    const ServerLog log = run_server("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.org>\r\n",
                                     server_options(), std::string::npos);
    EXPECT_EQ(log.codes(), "220 554");
    EXPECT_TRUE(log.events.empty());
}

TEST(Threats, ReplyTextCannotBreakTheLine) {
    ServerSession session(server_options());
    session.feed("EHLO x\r\nMAIL FROM:<>\r\n");
    auto step = session.next();
    while (!std::holds_alternative<MailRequested>(step))
        step = session.next();
    session.refuse(Reply{550, "5.7.1", {"no\r\n250 yes"}});
    step = session.next();
    const std::string octets = std::get<wire::Output>(step).octets;
    EXPECT_NE(octets.find("550 5.7.1 no??250 yes\r\n"), std::string::npos) << octets;
}

}  // namespace
}  // namespace mailpipe::smtp::test
