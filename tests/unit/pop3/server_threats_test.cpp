#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/pop3/support.hpp"

// The classes of threats.md that a malicious POP3 client can try on the server.
namespace mailpipe::pop3::test {
namespace {

using namespace std::string_literals;
using Events = std::vector<std::string>;

ServerOptions tls_options() {
    ServerOptions options;
    options.host_name = "pop.example.org";
    options.tls_available = true;
    options.login_without_tls = true;
    return options;
}

TEST(Threats, CommandsBeforeStarttlsKeptAfterIt) {
    ServerDriver same_read(tls_options());
    same_read.feed("STLS\r\nUSER alice\r\n");
    EXPECT_EQ(same_read.events, Events{"Failed protocol"});
    EXPECT_EQ(same_read.output.find("Begin TLS"), std::string::npos);

    ServerDriver half_line(tls_options());
    half_line.feed("STLS\r\nU");
    EXPECT_EQ(half_line.events, Events{"Failed protocol"});

    ServerDriver next_read(tls_options());
    next_read.feed("STLS\r\n");
    EXPECT_EQ(next_read.events, Events{"StartTls"});
    next_read.feed("USER alice\r\n");
    EXPECT_EQ(next_read.events, (Events{"StartTls", "Failed protocol"}));

    ServerDriver user_before(tls_options());
    user_before.feed("USER alice\r\n");
    user_before.feed("STLS\r\n");
    user_before.session.tls_started();
    user_before.output.clear();
    user_before.feed("PASS secret\r\n");
    EXPECT_EQ(user_before.output, "-ERR USER first\r\n") << "what was said in the clear is forgotten";

    ServerDriver closed(tls_options());
    closed.feed("STLS\r\n");
    closed.eof();
    EXPECT_EQ(closed.events, (Events{"StartTls", "Failed protocol"}));
}

TEST(Threats, CrLfNulInCommands) {
    for (const std::string& line :
         {"USER al\0ice"s, "USER a\nPASS b"s, "USER a\rb"s, "USER \x1b[2J"s, "USER a\x7f"s}) {
        ServerDriver server(tls_options());
        server.drain();
        server.output.clear();
        server.feed(line + "\r\n");
        EXPECT_EQ(server.output, "-ERR Control character in command\r\n");
        EXPECT_TRUE(server.events.empty());
    }
    ServerDriver bare_lf(tls_options());
    bare_lf.feed("USER alice\nPASS secret\n");
    EXPECT_TRUE(bare_lf.events.empty()) << "a bare LF ends no command";
}

TEST(Threats, OverlongLinesMeetTheLimitOfTheState) {
    ServerDriver before(tls_options());
    before.feed("USER " + std::string(limits::kCommandLineBeforeLogin, 'a'), 1000);
    EXPECT_EQ(before.events, Events{"Failed limit"});
    EXPECT_NE(before.error->message.find("kCommandLineBeforeLogin"), std::string::npos);
    EXPECT_NE(before.output.find("-ERR Line too long"), std::string::npos);

    ServerDriver after(tls_options());
    after.feed("USER alice\r\nPASS secret\r\n");
    after.feed("NOOP " + std::string(limits::kCommandLineBeforeLogin, ' ') + "\r\n");
    EXPECT_FALSE(after.over);
    after.feed(std::string(limits::kCommandLine + 1, 'a'), 1000);
    EXPECT_EQ(after.events.back(), "Failed limit");
}

TEST(Threats, BadCommandsEndTheConnection) {
    ServerDriver server(tls_options());
    for (std::size_t i = 1; i < limits::kHardErrors; ++i)
        server.feed("XYZZY\r\n");
    EXPECT_FALSE(server.over);
    server.feed("XYZZY\r\nUSER alice\r\nPASS secret\r\n");
    EXPECT_EQ(server.events, Events{"Failed limit"});
    EXPECT_NE(server.error->message.find("kHardErrors"), std::string::npos);
    EXPECT_NE(server.output.find("-ERR Too many bad commands"), std::string::npos);
}

TEST(Threats, PasswordsCannotBeGuessedForEver) {
    ServerDriver server(tls_options());
    for (std::size_t i = 0; i < limits::kAuthFailures + 3; ++i)
        server.feed("USER alice\r\nPASS no\r\n");
    EXPECT_EQ(server.events, (Events{"Login alice", "Login alice", "Login alice", "Failed limit"}));
    EXPECT_NE(server.error->message.find("kAuthFailures"), std::string::npos);

    ServerDriver authzid(tls_options());
    for (std::size_t i = 0; i < limits::kAuthFailures; ++i)
        authzid.feed("AUTH PLAIN Ym9iAGFsaWNlAHNlY3JldA==\r\n");
    EXPECT_EQ(authzid.events, Events{"Failed limit"}) << "the store is not even asked";
}

TEST(Threats, HostileSaslAbortsAtAnyStep) {
    for (const char* input :
         {"AUTH PLAIN\r\n*\r\n", "AUTH LOGIN\r\n*\r\n", "AUTH LOGIN\r\nYWxpY2U=\r\n*\r\n"}) {
        ServerDriver server(tls_options());
        server.feed(input);
        EXPECT_TRUE(server.events.empty());
        server.output.clear();
        server.feed("USER alice\r\nPASS secret\r\n");
        EXPECT_EQ(server.events, Events{"Login alice"}) << "the session is whole";
    }
    ServerDriver cut(tls_options());
    cut.feed("AUTH LOGIN\r\nYWxpY2U=\r\n");
    cut.eof();
    EXPECT_EQ(cut.events, Events{"Failed protocol"});
}

TEST(Threats, AListingOfAHugeMaildropComesInPieces) {
    ServerDriver server(tls_options());
    server.answer = false;
    server.feed("USER alice\r\nPASS secret\r\n");
    server.session.login_accepted(std::vector<MaildropEntry>(100'000, MaildropEntry{10, "u"}));
    server.drain();
    server.output.clear();
    server.session.feed("LIST\r\n");
    std::size_t largest = 0;
    std::size_t total = 0;
    while (true) {
        auto step = server.session.next();
        const auto* out = std::get_if<wire::Output>(&step);
        if (out == nullptr) break;
        largest = std::max(largest, out->octets.size());
        total += out->octets.size();
    }
    EXPECT_LT(largest, 70'000U);
    EXPECT_GT(total, 800'000U);
}

TEST(Threats, LateAnswersAfterTheEndAreHarmless) {
    ServerDriver server(tls_options());
    server.answer = false;
    server.feed("USER alice\r\nPASS secret\r\n");
    server.session.login_accepted({{3, "u"}});
    server.feed("RETR 1\r\n");
    server.session.message_data("a");
    server.session.message_failed("gone");
    server.session.message_data("b");
    server.session.message_end();
    server.session.commit_done(true);
    server.session.login_refused(LoginFailure::temporary);
    server.drain();
    EXPECT_EQ(server.events.back(), "Failed io");
    EXPECT_EQ(server.output.find("ab"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::pop3::test
