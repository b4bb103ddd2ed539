#include "mailpipe/smtp/server_extensions.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

ServerOptions everything() {
    ServerOptions options = server_options();
    options.extensions.dsn = options.extensions.priority = options.extensions.require_tls = true;
    options.extensions.deliver_by_minimum = 0;
    options.extensions.max_hold_for = 86400;
    options.extensions.max_hold_until = 1795694400;
    return options;
}

const std::string kLogin = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";

std::vector<std::string> lines_of(const std::string& output) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < output.size(); at = output.find("\r\n", at) + 2)
        lines.push_back(output.substr(at + 4, output.find("\r\n", at) - at - 4));
    return lines;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST(ServerExtensions, WhatEhloLists) {
    const auto before = lines_of(run_server("EHLO x\r\n", everything(), 100).output);
    for (const char* line :
         {"CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN", "MT-PRIORITY", "DELIVERBY", "LIMITS RCPTMAX=1000"})
        EXPECT_TRUE(has(before, line)) << line;
    EXPECT_FALSE(has(before, "REQUIRETLS"));
    const std::string hold = "FUTURERELEASE 86400 2026-11-26T12:00:00Z";
    EXPECT_TRUE(has(before, hold));
    ServerOptions nobody = everything();
    nobody.auth_available = false;
    EXPECT_FALSE(has(lines_of(run_server("EHLO x\r\n", nobody, 100).output), hold));
    const auto after = lines_of(run_server("EHLO x\r\nSTARTTLS\r\n", everything(), 100).output);
    ServerRun run(everything());
    run.feed("EHLO x\r\n");
    run.feed("STARTTLS\r\n");
    run.log.output.clear();
    run.feed("EHLO x\r\n");
    EXPECT_TRUE(has(lines_of(run.log.output), "REQUIRETLS"));
    run.feed(kLogin);
    run.log.output.clear();
    run.feed("EHLO x\r\n");
    EXPECT_TRUE(has(lines_of(run.log.output), hold));
    ServerOptions minimum = everything();
    minimum.extensions.deliver_by_minimum = 30;
    EXPECT_TRUE(has(lines_of(run_server("EHLO x\r\n", minimum, 100).output), "DELIVERBY 30"));
}

TEST(ServerExtensions, ReachTheCaller) {
    ServerRun run(everything());
    run.feed("EHLO x\r\n" + kLogin +
             "MAIL FROM:<j\xC3\xB6rg@b.org> SMTPUTF8 RET=FULL ENVID=x1 BY=60;N MT-PRIORITY=4 HOLDFOR=60\r\n"
             "RCPT TO:<\xC3\xA4@example.org> NOTIFY=SUCCESS ORCPT=rfc822;a@b.org\r\n");
    EXPECT_EQ(run.log.codes(), "220 250 235 250 250") << run.log.output;
    ASSERT_EQ(run.envelopes.size(), 1U);
    EXPECT_EQ(run.envelopes[0].envelope_id, "x1");
    EXPECT_EQ(run.envelopes[0].hold_for, 60U);
    EXPECT_EQ(run.envelopes[0].priority, 4);
    ASSERT_EQ(run.recipient_options.size(), 1U);
    EXPECT_TRUE(run.recipient_options[0].notify->success);
    EXPECT_EQ(run.recipient_options[0].original, "rfc822;a@b.org");
}

TEST(ServerExtensions, NeedTheirConditions) {
    const std::string hello = "EHLO x\r\n";
    EXPECT_EQ(run_server(hello + "MAIL FROM:<a@b.org> HOLDFOR=60\r\n", everything(), 100).codes(),
              "220 250 530");
    EXPECT_EQ(run_server(hello + "MAIL FROM:<a@b.org> REQUIRETLS\r\n", everything(), 100).codes(),
              "220 250 555");
    EXPECT_EQ(run_server(hello + "MAIL FROM:<a@b.org>\r\nRCPT TO:<\xC3\xA4@example.org>\r\n", everything(), 100)
                  .codes(),
              "220 250 250 553");
    EXPECT_EQ(run_server("HELO x\r\nMAIL FROM:<a@b.org>\r\nRCPT TO:<a@example.org> NOTIFY=NEVER\r\n",
                         everything(), 100)
                  .codes(),
              "220 250 250 555");
}

TEST(ServerExtensions, SubmissionNeedsALogin) {
    ServerOptions options = server_options();
    options.login_required = true;
    const ServerLog log =
        run_server("EHLO x\r\nMAIL FROM:<a@b.org>\r\n" + kLogin + "MAIL FROM:<a@b.org>\r\n", options, 100);
    EXPECT_EQ(log.codes(), "220 250 530 235 250");
}

TEST(ServerExtensions, VrfyAndExpnAreForWhoHasLoggedIn) {
    const ServerLog stranger =
        run_server("EHLO x\r\nVRFY alice\r\nVRFY nobody\r\nEXPN list\r\n", server_options(), 100);
    EXPECT_EQ(stranger.codes(), "220 250 252 252 502");
    EXPECT_TRUE(stranger.events.empty());
    const ServerLog known =
        run_server("EHLO x\r\n" + kLogin + "VRFY alice\r\nEXPN list\r\nNOOP\r\n", server_options(), 1);
    EXPECT_EQ(known.codes(), "220 250 235 250 250 250");
    EXPECT_EQ(known.events, (std::vector<std::string>{"auth alice/secret", "vrfy alice", "expn list"}));
}

}  // namespace
}  // namespace mailpipe::smtp::test
