#include "mailpipe/smtp/server_session.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

struct Dialogue {
    std::string name;
    std::string input;
    std::string codes;
    std::string events;  // joined by '|'
    ServerProtocol protocol = ServerProtocol::smtp;
};

std::string joined(const std::vector<std::string>& events) {
    std::string out;
    for (const auto& event : events)
        out += (out.empty() ? "" : "|") + event;
    return out;
}

class ServerDialogue : public testing::TestWithParam<Dialogue> {};

TEST_P(ServerDialogue, WholeAndSplitAtEveryByte) {
    const auto& row = GetParam();
    const auto options = server_options(row.protocol);
    const ServerLog whole = run_server(row.input, options, std::string_view::npos);
    EXPECT_EQ(whole.codes(), row.codes) << whole.output;
    EXPECT_EQ(joined(whole.events), row.events);
    for (const std::size_t piece : {1U, 2U, 3U, 7U})
        EXPECT_EQ(run_server(row.input, options, piece), whole) << piece;
    for (std::size_t at = 0; at <= row.input.size(); ++at) {
        ServerRun run(options);
        run.feed(std::string_view(row.input).substr(0, at));
        run.feed(std::string_view(row.input).substr(at));
        EXPECT_EQ(run.log, whole) << "split at " << at;
    }
}

const std::string kHello = "EHLO client.example.org\r\n";
const std::string kMail = "MAIL FROM:<a@b.org>\r\n";
const std::string kRcpt = "RCPT TO:<alice@example.org>\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, ServerDialogue,
    testing::Values(
        Dialogue{"message", kHello + kMail + kRcpt + "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
                 "220 250 250 250 354 250 221", "mail <a@b.org>|rcpt <alice@example.org>|body|end|quit"},
        Dialogue{"empty message", kHello + kMail + kRcpt + "DATA\r\n.\r\n", "220 250 250 250 354 250",
                 "mail <a@b.org>|rcpt <alice@example.org>|body|end"},
        Dialogue{"two transactions",
                 kHello + kMail + kRcpt + "DATA\r\n1\r\n.\r\n" + kMail + kRcpt + "DATA\r\n2\r\n.\r\n",
                 "220 250 250 250 354 250 250 250 354 250",
                 "mail <a@b.org>|rcpt <alice@example.org>|body|end|mail <a@b.org>|rcpt "
                 "<alice@example.org>|body|end"},
        Dialogue{"helo",
                 "HELO x\r\nMAIL FROM:<> \r\n" + kRcpt + "RSET\r\nNOOP x y\r\nHELP\r\nVRFY alice\r\nQUIT\r\n",
                 "220 250 250 250 250 250 214 252 221", "mail <>|rcpt <alice@example.org>|aborted|quit"},
        Dialogue{"order", kMail + kRcpt + "DATA\r\n" + kHello + "DATA\r\n" + kRcpt + kMail + kMail + "DATA\r\n",
                 "220 503 503 503 250 503 503 250 503 554", "mail <a@b.org>"},
        Dialogue{"ehlo resets", kHello + kMail + kHello + "DATA\r\n", "220 250 250 250 503",
                 "mail <a@b.org>|aborted"},
        Dialogue{"quit inside", kHello + kMail + "QUIT\r\n", "220 250 250 221", "mail <a@b.org>|aborted|quit"},
        Dialogue{"syntax", "EHLO\r\nEHLO a b\r\nLHLO x\r\nEXPN l\r\nVRFY\r\nRSET x\r\nQUIT x\r\nSTARTTLS x\r\n",
                 "220 501 501 500 502 501 501 501 501", ""},
        Dialogue{"parameters",
                 kHello + "MAIL FROM:<a@b> SIZE=10001\r\nMAIL FROM:<a@b> X=1\r\n"
                          "MAIL FROM:<a@b> SIZE=9 BODY=8BITMIME AUTH=<>\r\nRCPT TO:<a@b> ORCPT=x\r\n",
                 "220 250 552 555 250 555", "mail <a@b> 8bit size 9"},
        Dialogue{"no such user", kHello + kMail + "RCPT TO:<nobody@example.org>\r\nDATA\r\n",
                 "220 250 250 550 554", "mail <a@b.org>|rcpt <nobody@example.org>"},
        Dialogue{"lmtp",
                 "EHLO x\r\nHELO x\r\nLHLO x\r\n" + kMail + kRcpt +
                     "RCPT TO:<nobody@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n",
                 "220 500 500 250 250 250 550 250 354 250 250 221",
                 "mail <a@b.org>|rcpt <alice@example.org>|rcpt <nobody@example.org>|rcpt "
                 "<bob@example.org>|body|end|quit",
                 ServerProtocol::lmtp},
        Dialogue{"lmtp without recipient", "LHLO x\r\n" + kMail + "DATA\r\n", "220 250 250 503",
                 "mail <a@b.org>", ServerProtocol::lmtp},
        Dialogue{"auth",
                 kHello + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n" + "AUTH PLAIN\r\nSTARTTLS\r\n" + kHello + kMail,
                 "220 250 235 503 503 250 250", "auth alice/secret|mail <a@b.org>"},
        Dialogue{"auth login", kHello + "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n", "220 250 334 334 235",
                 "auth alice/secret"}),
    [](const auto& param) {
        std::string name = param.param.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

TEST(ServerSession, EhloListsExtensions) {
    const ServerLog log = run_server(kHello, server_options(), std::string_view::npos);
    for (const char* line :
         {"250-mx.example.org greets client.example.org\r\n", "250-PIPELINING\r\n", "250-SIZE 10000\r\n",
          "250-8BITMIME\r\n", "ENHANCEDSTATUSCODES\r\n", "STARTTLS\r\n", "AUTH PLAIN LOGIN\r\n"}) {
        EXPECT_NE(log.output.find(line), std::string::npos) << line << log.output;
    }
    auto options = server_options();
    options.auth_without_tls = false;
    options.tls_available = false;
    options.max_size = 0;
    const ServerLog bare = run_server(kHello, options, std::string_view::npos);
    for (const char* line : {"AUTH", "STARTTLS", "SIZE"})
        EXPECT_EQ(bare.output.find(line), std::string::npos) << line;
}

TEST(ServerSession, BodyIsPassedOnWithoutTransparency) {
    const ServerLog log = run_server(kHello + kMail + kRcpt + "DATA\r\n..\r\n.x\r\na.\r\n.\r\n",
                                     server_options(), std::string_view::npos);
    EXPECT_EQ(log.body, ".\r\nx\r\na.\r\n");
}

// RFC 2920 section 3.2: the replies to a group go out in one piece.
TEST(ServerSession, RepliesOfAGroupAreOneOutput) {
    ServerSession session(server_options());
    ASSERT_TRUE(std::holds_alternative<wire::Output>(session.next()));
    session.feed("NOOP\r\nNOOP\r\nVRFY x\r\n");
    auto step = session.next();
    ASSERT_TRUE(std::holds_alternative<wire::Output>(step));
    EXPECT_EQ(std::get<wire::Output>(step).octets,
              "250 2.0.0 OK\r\n250 2.0.0 OK\r\n252 2.1.5 Not verified; try RCPT\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::NeedInput>(session.next()));
}

TEST(ServerSession, AnswerMayComeLater) {
    ServerSession session(server_options());
    session.feed(kHello + kMail + "NOOP\r\n");
    auto step = session.next();
    while (!std::holds_alternative<MailRequested>(step))
        step = session.next();
    ASSERT_TRUE(std::holds_alternative<wire::Output>(session.next()));
    EXPECT_TRUE(std::holds_alternative<wire::NeedInput>(session.next()));
    session.feed("NOOP\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::NeedInput>(session.next()));
    session.refuse(Reply{451, "4.3.0", {"Later"}});
    step = session.next();
    ASSERT_TRUE(std::holds_alternative<wire::Output>(step));
    EXPECT_EQ(std::get<wire::Output>(step).octets, "451 4.3.0 Later\r\n250 2.0.0 OK\r\n250 2.0.0 OK\r\n");
}

TEST(ServerSession, ShutDownFinishesTheMessageInFlight) {
    ServerRun run(server_options());
    run.feed(kHello + kMail + kRcpt + "DATA\r\nhalf");
    run.session.shut_down();
    run.drain();
    EXPECT_EQ(run.log.error, "");
    run.feed(" of it\r\n.\r\n" + kMail);
    EXPECT_EQ(run.log.codes(), "220 250 250 250 354 250 421");
    EXPECT_EQ(run.log.body, "half of it\r\n");
    EXPECT_EQ(run.log.error, "server is shutting down");
}

TEST(ServerSession, ShutDownBetweenCommands) {
    ServerRun run(server_options());
    run.feed(kHello + kMail);
    run.session.shut_down();
    run.drain();
    EXPECT_EQ(run.log.codes(), "220 250 250 421");
    EXPECT_EQ(joined(run.log.events), "mail <a@b.org>|aborted");
}

TEST(ServerSession, TimeOut) {
    ServerRun run(server_options());
    run.feed(kHello + kMail + kRcpt + "DATA\r\nhalf");
    run.session.time_out();
    run.drain();
    EXPECT_EQ(run.log.codes(), "220 250 250 250 354 421");
    EXPECT_EQ(run.log.events.back(), "aborted");
    EXPECT_NE(run.log.error, "");
}

TEST(ServerSession, EndOfInput) {
    ServerRun idle(server_options());
    idle.feed_eof();
    EXPECT_EQ(idle.log.error, "peer closed the connection without QUIT");
    ServerRun inside(server_options());
    inside.feed(kHello + kMail + kRcpt + "DATA\r\nhalf\r\n");
    inside.feed_eof();
    EXPECT_EQ(inside.log.error, "peer closed the connection inside a message");
    EXPECT_EQ(inside.log.events.back(), "aborted");
    EXPECT_EQ(inside.log.codes(), "220 250 250 250 354");
}

TEST(ServerSession, RecipientsAreLimited) {
    ServerRun run(server_options());
    run.feed(kHello + kMail);
    for (std::size_t i = 0; i < limits::kRecipients; ++i)
        run.feed("RCPT TO:<u" + std::to_string(i) + "@x.org>\r\n");
    run.log.output.clear();
    run.feed(kRcpt);
    EXPECT_EQ(run.log.output.substr(0, 9), "452 4.5.3");
    run.feed("DATA\r\nx\r\n.\r\n");
    EXPECT_EQ(run.log.codes(), "452 354 250");
}

TEST(ServerSession, HardErrorsEndTheSession) {
    ServerRun run(server_options());
    for (std::size_t i = 0; i < limits::kHardErrors; ++i)
        run.feed("FOO\r\n");
    EXPECT_NE(run.log.output.find("\r\n421 4.7.0"), std::string::npos);
    EXPECT_NE(run.log.error.find("kHardErrors"), std::string::npos);
    run.log.output.clear();
    run.feed("NOOP\r\n");
    EXPECT_EQ(run.log.output, "");
}

TEST(ServerSession, LmtpRefusalsAreNoHardErrors) {
    ServerRun run(server_options(ServerProtocol::lmtp));
    run.feed("LHLO x\r\n" + kMail);
    for (std::size_t i = 0; i < 3 * limits::kHardErrors; ++i)
        run.feed("RCPT TO:<nobody@x.org>\r\n");
    EXPECT_EQ(run.log.error, "");
}

TEST(ServerSession, CallerThatAnswersTooLittlePromisesNothing) {
    ServerSession session(server_options(ServerProtocol::lmtp));
    session.feed("LHLO x\r\n" + kMail + "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nx\r\n.\r\n");
    std::string output;
    while (true) {
        auto step = session.next();
        if (std::holds_alternative<wire::NeedInput>(step)) break;
        if (auto* out = std::get_if<wire::Output>(&step)) output += out->octets;
        const bool asks =
            std::holds_alternative<MailRequested>(step) || std::holds_alternative<RecipientRequested>(step);
        if (asks) session.accept();
        if (std::holds_alternative<BodyEnd>(step)) session.body_answered({Reply{}});
    }
    EXPECT_NE(output.find("354 "), std::string::npos);
    EXPECT_NE(output.find("250 OK\r\n451 4.3.0"), std::string::npos) << output;
}

class Lines : public Trace {
 public:
    void client_line(std::string_view line) override { text += "C: " + std::string(line) + "\n"; }
    void server_line(std::string_view line) override { text += "S: " + std::string(line) + "\n"; }
    std::string text;
};

TEST(ServerSession, TraceHidesCredentials) {
    Lines lines;
    auto options = server_options();
    options.trace = &lines;
    run_server(kHello + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n" + kMail + kRcpt + "DATA\r\nhello\r\n.\r\n",
               options, 5);
    EXPECT_NE(lines.text.find("C: AUTH PLAIN ***\n"), std::string::npos) << lines.text;
    EXPECT_EQ(lines.text.find("AGFsaW"), std::string::npos);
    EXPECT_NE(lines.text.find("C: [7 octets]\n"), std::string::npos);
    EXPECT_NE(lines.text.find("S: 235 2.7.0 Logged in\n"), std::string::npos);
    Lines login;
    options.trace = &login;
    run_server(kHello + "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n", options, 5);
    EXPECT_EQ(login.text.find("c2VjcmV0"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::smtp::test
