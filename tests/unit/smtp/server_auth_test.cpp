#include <gtest/gtest.h>

#include <string>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

const std::string kHello = "EHLO client.example.org\r\n";

std::string plain(const std::string& authorization, const std::string& user, const std::string& password) {
    return encode_base64(authorization + '\0' + user + '\0' + password);
}

struct Row {
    std::string input;
    std::string codes;
};

class ServerAuth : public testing::TestWithParam<Row> {};

TEST_P(ServerAuth, Replies) {
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        const ServerLog log = run_server(kHello + GetParam().input + "NOOP\r\n", server_options(), piece);
        EXPECT_EQ(log.codes(), "220 250 " + GetParam().codes) << log.output;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ServerAuth,
    testing::Values(Row{"AUTH PLAIN " + plain("", "alice", "secret") + "\r\n", "235 250"},
                    Row{"auth plain " + plain("alice", "alice", "secret") + "\r\n", "235 250"},
                    Row{"AUTH PLAIN\r\n" + plain("", "alice", "secret") + "\r\n", "334 235 250"},
                    Row{"AUTH PLAIN " + plain("", "alice", "wrong") + "\r\n", "535 250"},
                    Row{"AUTH PLAIN " + plain("", "later", "secret") + "\r\n", "454 250"},
                    Row{"AUTH LOGIN YWxpY2U=\r\nc2VjcmV0\r\n", "334 235 250"}, Row{"AUTH\r\n", "501 250"},
                    Row{"AUTH GSSAPI\r\n", "504 250"}, Row{"AUTH PLAIN a b\r\n", "501 250"},
                    Row{"AUTH PLAIN =\r\n", "501 250"}, Row{"AUTH PLAIN AAAA\r\n", "501 250"}));

// threats.md: hostile SASL: bad base64, abort
INSTANTIATE_TEST_SUITE_P(HostileSasl, ServerAuth,
                         testing::Values(Row{"AUTH PLAIN\r\n*\r\n", "334 501 250"},
                                         Row{"AUTH LOGIN\r\nYWxpY2U=\r\n*\r\n", "334 334 501 250"},
                                         Row{"AUTH PLAIN a\r\n", "501 250"},
                                         Row{"AUTH PLAIN ab$=\r\n", "501 250"},
                                         Row{"AUTH PLAIN\r\nnot base64\r\n", "334 501 250"},
                                         Row{"AUTH PLAIN\r\n" + std::string(9000, 'A') + "\r\n", "334 500 250"},
                                         Row{"AUTH PLAIN " + std::string(9000, 'A') + "\r\n", "500 250"}));

// threats.md: authorisation identity taken for authentication identity
INSTANTIATE_TEST_SUITE_P(
    AuthorisationIdentity, ServerAuth,
    testing::Values(Row{"AUTH PLAIN " + plain("root", "alice", "secret") + "\r\n", "535 250"},
                    Row{"AUTH PLAIN " + plain("Alice", "alice", "secret") + "\r\n", "535 250"}));

TEST(ServerAuth, OnlyWhereItIsOffered) {
    const std::string auth = "AUTH PLAIN " + plain("", "alice", "secret") + "\r\n";
    auto options = server_options();
    options.auth_without_tls = false;
    EXPECT_EQ(run_server(kHello + auth, options, std::string::npos).codes(), "220 250 538");
    const ServerLog tls = run_server(kHello + "STARTTLS\r\n", options, std::string::npos);
    EXPECT_EQ(tls.codes(), "220 250 220");
    ServerRun run(options);
    run.feed(kHello + "STARTTLS\r\n");
    run.feed(auth + kHello + auth);
    EXPECT_EQ(run.log.codes(), "220 250 220 503 250 235") << run.log.output;
    options.auth_available = false;
    EXPECT_EQ(run_server(kHello + auth, options, std::string::npos).codes(), "220 250 502");
    EXPECT_EQ(run_server("HELO x\r\n" + auth, server_options(), std::string::npos).codes(), "220 250 503");
    EXPECT_EQ(run_server(kHello + "MAIL FROM:<>\r\n" + auth, server_options(), std::string::npos).codes(),
              "220 250 250 503");
}

TEST(ServerAuth, FailuresAreLimited) {
    ServerRun run(server_options());
    run.feed(kHello);
    for (std::size_t i = 0; i < limits::kAuthFailures; ++i) {
        run.feed("AUTH PLAIN " + plain(i == 0 ? "root" : "", "alice", "wrong") + "\r\n");
    }
    EXPECT_EQ(run.log.codes(), "220 250 535 535 535 421");
    EXPECT_NE(run.log.error.find("kAuthFailures"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::smtp::test
