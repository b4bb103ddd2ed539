#include "mailpipe/app/diagnostics.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

std::string error_line(std::string_view where, const Error& error) {
    testing::internal::CaptureStderr();
    Diagnostics("mail-x").error(where, error);
    return testing::internal::GetCapturedStderr();
}

TEST(Diagnostics, OneLine) {
    EXPECT_EQ(error_line("imap://h", Error{Errc::auth, "LOGIN refused"}), "mail-x: imap://h: LOGIN refused\n");
    EXPECT_EQ(error_line("", Error{Errc::usage, "no"}), "mail-x: no\n");
}

TEST(Diagnostics, ReplyIsAddedOnce) {
    const ServerReply reply{550, "5.1.1", "no such user"};
    EXPECT_EQ(error_line("a@b", Error{Errc::no_user, "RCPT refused", reply}),
              "mail-x: a@b: RCPT refused: 550 5.1.1 no such user\n");
    EXPECT_EQ(error_line("a@b", Error{Errc::no_user, "550 no such user", reply}),
              "mail-x: a@b: 550 no such user\n");
    const ServerReply quoted{550, "5.1.1", "5.1.1 no such user"};
    EXPECT_EQ(error_line("a@b", Error{Errc::no_user, "refused", quoted}),
              "mail-x: a@b: refused: 550 5.1.1 no such user\n");
}

TEST(Diagnostics, TerminalEscapes) {
    const std::string line = error_line("x\r\ny", Error{Errc::protocol,
                                                        "a\x1B[31mb\x07\xC2\x9B"
                                                        "c\xE2\x80\xAE%s%n\n"});
    EXPECT_EQ(line.find_first_of("\x1B\x07\r"), std::string::npos);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find("\xE2\x80\xAE"), std::string::npos);
    EXPECT_NE(line.find("%s%n"), std::string::npos);
}

TEST(Diagnostics, OverlongDataIsCut) {
    const std::string line = error_line("", Error{Errc::protocol, std::string(1'000'000, 'x')});
    EXPECT_EQ(line.size(), limits::kDiagnosticLine + std::string("mail-x: ...\n").size());
    EXPECT_TRUE(line.ends_with("x...\n"));
}

TEST(Diagnostics, NoPasswordOfAUrl) {
    EXPECT_EQ(error_line("imaps://a:geheim@h", Error{Errc::usage, "no"}), "mail-x: imaps://a:***@h: no\n");
}

TEST(Diagnostics, Color) {
    CommonOptions options;
    testing::internal::CaptureStderr();
    Diagnostics("mail-x", options).error("a", Error{Errc::data, "one"});
    options.color = When::always;
    Diagnostics("mail-x", options).error("a", Error{Errc::data, "two"});
    options.color = When::never;
    Diagnostics("mail-x", options).error("a", Error{Errc::data, "three"});
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "mail-x: a: one\n\x1b[31mmail-x: \x1b[0ma: two\nmail-x: a: three\n");
}

TEST(Diagnostics, ExitStatusAddsUp) {
    testing::internal::CaptureStderr();
    Diagnostics diagnostics("mail-x", true);
    EXPECT_EQ(diagnostics.exit_status(), 0);
    diagnostics.note("a", "not said when quiet");
    diagnostics.error("a", Error{Errc::temporary, "one"});
    EXPECT_EQ(diagnostics.exit_status(), 75);
    diagnostics.error("b", Error{Errc::auth, "two"});
    EXPECT_EQ(diagnostics.exit_status(), 77);
    diagnostics.error("c", Error{Errc::data, "three"});
    EXPECT_EQ(diagnostics.exit_status(), 77);
    diagnostics.error("d", Error{Errc::io, "stdout: " + std::string(kPipeClosed)});
    EXPECT_EQ(diagnostics.exit_status(), 74);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "mail-x: a: one\nmail-x: b: two\nmail-x: c: three\n");
}

TEST(Diagnostics, Trace) {
    testing::internal::CaptureStderr();
    StderrTrace trace;
    trace.client_line("CAPA");
    trace.server_line("+OK \x1B]0;title\x07");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "C: CAPA\nS: +OK \xEF\xBF\xBD]0;title\xEF\xBF\xBD\n");
}

}  // namespace
}  // namespace mailpipe::app
