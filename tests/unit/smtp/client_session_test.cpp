#include "mailpipe/smtp/client_session.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/smtp/client_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

ClientOptions with_user(TlsUse tls, bool allow_plaintext = false) {
    ClientOptions options = client_options(tls);
    options.user = "alice";
    options.password = Secret("secret");
    options.allow_plaintext_auth = allow_plaintext;
    return options;
}

struct Row {
    std::string name;
    ClientOptions options;
    Lines server;
    std::string output;
    Lines events;
    std::optional<Errc> error;
};

class ClientLogin : public testing::TestWithParam<Row> {};

TEST_P(ClientLogin, WholeAndByteByByte) {
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        ClientRun run(GetParam().options, {});
        const ClientLog log = run.run(GetParam().server, piece);
        EXPECT_EQ(log.output, GetParam().output);
        EXPECT_EQ(log.events, GetParam().events);
        ASSERT_EQ(log.error.has_value(), GetParam().error.has_value()) << (log.error ? log.error->message : "");
        if (log.error) {
            EXPECT_EQ(log.error->kind, *GetParam().error) << log.error->message;
        }
    }
}

const auto kName = [](const auto& param) { return param.param.name; };
const std::string kEhlo = "EHLO me.org\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, ClientLogin,
    testing::Values(
        Row{"plain",
            client_options(),
            {"220 x", "250 x", "221 bye"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"multi_line_greeting",
            client_options(),
            {"220-x", "220 y", "250-x", "250 SIZE", "221 bye"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"codes_without_text",
            client_options(),
            {"220", "250", "221"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"helo",
            client_options(),
            {"220 x", "500 what", "250 x", "221 x"},
            kEhlo + "HELO me.org\r\nQUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"no_helo_when_tls_is_wanted",
            client_options(TlsUse::starttls),
            {"220 x", "500 what"},
            kEhlo,
            {},
            Errc::permanent},
        Row{"ehlo_later", client_options(), {"220 x", "451 later"}, kEhlo, {}, Errc::temporary},
        Row{"end_instead_of_221",
            client_options(),
            {"220 x", "250 x", "EOF"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"refused", client_options(), {"554 no service"}, "", {}, Errc::unavailable},
        Row{"busy", client_options(), {"421 busy"}, "", {}, Errc::temporary},
        Row{"greeting_250", client_options(), {"250 x"}, "", {}, Errc::protocol},
        Row{"imap", client_options(), {"* OK IMAP4rev1"}, "", {}, Errc::protocol},
        Row{"eof", client_options(), {"EOF"}, "", {}, Errc::protocol},
        Row{"eof_in_reply", client_options(), {"220 x", "250-x", "EOF"}, kEhlo, {}, Errc::protocol},
        Row{"starttls",
            client_options(TlsUse::starttls),
            {"220 x", "250-x", "250 STARTTLS", "220 go", "250 x", "221 x"},
            kEhlo + "STARTTLS\r\n" + kEhlo + "QUIT\r\n",
            {"tls", "ready", "closed"},
            {}},
        Row{"starttls_refused",
            client_options(TlsUse::starttls),
            {"220 x", "250-x", "250 STARTTLS", "502 no"},
            kEhlo + "STARTTLS\r\n",
            {},
            Errc::unsupported},
        Row{"starttls_later",
            client_options(TlsUse::starttls),
            {"220 x", "250-x", "250 STARTTLS", "454 no"},
            kEhlo + "STARTTLS\r\n",
            {},
            Errc::temporary},
        Row{"tls_may_be_there",
            client_options(TlsUse::may),
            {"220 x", "250-x", "250 STARTTLS", "220 go", "250-x", "250 STARTTLS", "221 x"},
            kEhlo + "STARTTLS\r\n" + kEhlo + "QUIT\r\n",
            {"tls", "ready", "closed"},
            {}},
        Row{"tls_may_be_missing",
            client_options(TlsUse::may),
            {"220 x", "250 x", "221 x"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"tls_may_be_refused",
            client_options(TlsUse::may),
            {"220 x", "250-x", "250 STARTTLS", "454 not now", "221 x"},
            kEhlo + "STARTTLS\r\nQUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"no_login_where_tls_may_be_missing",
            with_user(TlsUse::may, true),
            {"220 x", "250-x", "250 AUTH PLAIN", "221 x"},
            kEhlo + "QUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"auth_plain",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH LOGIN PLAIN", "235 ok", "221 x"},
            kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nQUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"auth_login",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok", "221 x"},
            kEhlo + "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\nQUIT\r\n",
            {"ready", "closed"},
            {}},
        Row{"success_before_the_exchange_is_complete",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH LOGIN", "235 ok"},
            kEhlo + "AUTH LOGIN\r\n",
            {},
            Errc::protocol},
        Row{"auth_refused",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH PLAIN", "535 5.7.8 no"},
            kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
            {},
            Errc::auth},
        Row{"auth_later",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH PLAIN", "454 4.7.0 no"},
            kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
            {},
            Errc::temporary},
        Row{"auth_not_offered", with_user(TlsUse::implicit), {"220 x", "250 x"}, kEhlo, {}, Errc::unsupported},
        Row{"auth_unknown",
            with_user(TlsUse::implicit),
            {"220 x", "250-x", "250 AUTH X-FOO"},
            kEhlo,
            {},
            Errc::unsupported},
        Row{"auth_on_loopback",
            with_user(TlsUse::none, true),
            {"220 x", "250-x", "250 AUTH PLAIN", "235 ok", "221 x"},
            kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nQUIT\r\n",
            {"ready", "closed"},
            {}}),
    kName);

// Cyrus SASL behind Postfix: the mechanism without PLUS is tried, once.
TEST(ClientAuth, OtherChannelBindingOfTheServer) {
    ClientOptions options = with_user(TlsUse::implicit);
    options.channel_binding = std::string(32, 'b');
    ClientRun run(options, {});
    const std::string refusal = "535 5.7.8 Error: authentication failed: bad protocol / cancel";
    const ClientLog log = run.run({"220 x", "250-x", "250 AUTH SCRAM-SHA-1-PLUS PLAIN", refusal, refusal});
    EXPECT_NE(log.output.find("AUTH SCRAM-SHA-1-PLUS "), std::string::npos);
    EXPECT_TRUE(log.output.ends_with("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n")) << log.output;
    ASSERT_TRUE(log.error);
    EXPECT_EQ(log.error->kind, Errc::auth);
}

// threats.md: PREAUTH or a missing offer skips required TLS; refused before any credential.
INSTANTIATE_TEST_SUITE_P(MissingOfferSkipsRequiredTls, ClientLogin,
                         testing::Values(Row{"not_offered",
                                             with_user(TlsUse::starttls),
                                             {"220 x", "250-x", "250 AUTH PLAIN"},
                                             kEhlo,
                                             {},
                                             Errc::unsupported},
                                         Row{"no_password_without_tls",
                                             with_user(TlsUse::none),
                                             {"220 x", "250-x", "250 AUTH PLAIN LOGIN"},
                                             kEhlo,
                                             {},
                                             Errc::auth}),
                         kName);

// threats.md: hostile SASL: bad base64, endless, abort at any step.
INSTANTIATE_TEST_SUITE_P(HostileSasl, ClientLogin,
                         testing::Values(Row{"bad_base64",
                                             with_user(TlsUse::implicit),
                                             {"220 x", "250-x", "250 AUTH LOGIN", "334 ???", "501 aborted"},
                                             kEhlo + "AUTH LOGIN\r\n*\r\n",
                                             {},
                                             Errc::protocol},
                                         Row{"no_challenge_expected",
                                             with_user(TlsUse::implicit),
                                             {"220 x", "250-x", "250 AUTH PLAIN", "334 AAAA", "501 aborted"},
                                             kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n*\r\n",
                                             {},
                                             Errc::protocol},
                                         Row{"wrong_code",
                                             with_user(TlsUse::implicit),
                                             {"220 x", "250-x", "250 AUTH PLAIN", "354 go"},
                                             kEhlo + "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
                                             {},
                                             Errc::protocol}),
                         kName);

// threats.md: responses before the handshake used after it.
TEST(ClientThreats, ResponsesBeforeTheHandshakeUsedAfterIt) {
    ClientRun behind(client_options(TlsUse::starttls), {});
    behind.feed("220 x\r\n");
    behind.feed("250-x\r\n250 STARTTLS\r\n");
    behind.feed("220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n");
    ASSERT_TRUE(behind.log.error.has_value());
    EXPECT_EQ(behind.log.error->kind, Errc::protocol);
    EXPECT_TRUE(behind.log.events.empty());

    ClientRun early(client_options(TlsUse::starttls), {});
    early.feed("220 x\r\n");
    early.feed("250-x\r\n250 STARTTLS\r\n220 go\r\n250 x\r\n");
    ASSERT_TRUE(early.log.error.has_value());
    EXPECT_EQ(early.log.error->kind, Errc::protocol);
    EXPECT_EQ(early.log.output, kEhlo);

    ClientSession later(client_options(TlsUse::starttls));
    for (const char* text : {"220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"}) {
        while (!std::holds_alternative<wire::NeedInput>(later.next())) {
        }
        later.feed(text);
    }
    while (!std::holds_alternative<wire::StartTls>(later.next())) {
    }
    later.feed("250 x\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::Failed>(later.next()));
}

TEST(ClientThreats, CapabilitiesAreAskedAgainAfterTls) {
    ClientRun run(client_options(TlsUse::starttls), {submission({"x@y.org"})});
    run.run({"220 x", "250-x", "250-PIPELINING", "250 STARTTLS", "220 go", "250 x"});
    EXPECT_EQ(run.log.output.substr(run.log.output.rfind("EHLO")), kEhlo + "MAIL FROM:<a@b.org>\r\n");
}

TEST(ClientThreats, SmtpRepliesOverlong) {
    ClientRun line(client_options(), {});
    line.feed("220 " + std::string(limits::kReplyLine, 'x'));
    ASSERT_TRUE(line.log.error.has_value());
    EXPECT_EQ(line.log.error->kind, Errc::limit);
    EXPECT_NE(line.log.error->message.find("kReplyLine"), std::string::npos);
    ClientRun lines(client_options(), {});
    for (std::size_t i = 0; i <= limits::kReplyLines; ++i)
        lines.feed("220-x\r\n");
    ASSERT_TRUE(lines.log.error.has_value());
    EXPECT_NE(lines.log.error->message.find("kReplyLines"), std::string::npos);
}

TEST(ClientThreats, SmtpRepliesUnasked) {
    ClientRun run(client_options(), {submission({"x@y.org"})});
    run.run({"220 x", "250 x", "250 mail", "250 rcpt", "354 go", "250 done"});
    run.feed("250 more\r\n");
    EXPECT_EQ(run.log.events.back(), "closed");  // it is what QUIT gets

    ClientSession idle(client_options());
    idle.feed("220 x\r\n");
    while (!std::holds_alternative<wire::NeedInput>(idle.next())) {
    }
    idle.feed("250 x\r\n");
    while (!std::holds_alternative<Ready>(idle.next())) {
    }
    idle.feed("421 idle for too long\r\n");
    auto step = idle.next();
    ASSERT_TRUE(std::holds_alternative<wire::Failed>(step));
    EXPECT_EQ(std::get<wire::Failed>(step).error.kind, Errc::temporary);
    EXPECT_EQ(std::get<wire::Failed>(step).error.reply->code, 421);
}

TEST(ClientThreats, CrLfNulInNames) {
    for (const std::string& name : {"a\r\nQUIT"s, "a b"s, ""s, "a\0b"s}) {
        ClientOptions options = client_options();
        options.helo_name = name;
        ClientRun run(options, {});
        run.run({"220 x"});
        ASSERT_TRUE(run.log.error.has_value()) << name;
        EXPECT_EQ(run.log.output, "");
    }
}

TEST(ClientSession, LongCredentialsGoAfterAnEmptyChallenge) {
    ClientOptions options = with_user(TlsUse::implicit);
    options.password = Secret(std::string(600, 'p'));
    ClientRun run(options, {});
    run.run({"220 x", "250-x", "250 AUTH PLAIN", "334 ", "235 ok"});
    EXPECT_EQ(run.log.output.substr(0, kEhlo.size() + 12), kEhlo + "AUTH PLAIN\r\n");
    EXPECT_EQ(run.log.events.front(), "ready");
}

class Recorder : public Trace {
 public:
    void client_line(std::string_view line) override { text += "C: " + std::string(line) + "\n"; }
    void server_line(std::string_view line) override { text += "S: " + std::string(line) + "\n"; }
    std::string text;
};

TEST(ClientSession, TraceHidesCredentials) {
    Recorder trace;
    ClientOptions options = with_user(TlsUse::implicit);
    options.trace = &trace;
    ClientRun(options, {submission({"x@y.org"}, "hello\r\n")})
        .run({"220 x", "250-x", "250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok", "250 m",
              "250 r", "354 d", "250 done", "221 bye"});
    EXPECT_EQ(trace.text.find("c2VjcmV0"), std::string::npos);
    EXPECT_NE(trace.text.find("C: ***\n"), std::string::npos) << trace.text;
    EXPECT_NE(trace.text.find("C: [7 octets]\n"), std::string::npos);
    EXPECT_NE(trace.text.find("S: 354 d\n"), std::string::npos);
}

TEST(ClientThreats, EchoedSecretsStayHere) {
    const std::vector<std::string> logged_in{"220 x", "250-x", "250 AUTH PLAIN", "235 secret"};
    const std::vector<std::vector<std::string>> rows = {
        {"554 secret"},
        {"220 x", "550 SECRET"},
        {"220 x", "250-x", "250 AUTH PLAIN", "535 5.7.8 AGFsaWNlAHNlY3JldA=="},
        {"220 x", "250-x", "250 AUTH PLAIN", "535-5.7.8 no", "535 5.7.8 c2VjcmV0 is not right"},
        {"220 x", "250-x", "250 AUTH LOGIN", "334 secret", "501 no"},
        {"220 x", "250-x", "250 AUTH PLAIN", std::string(56, 'x') + "secret"},
        {"220 x", "250-x", "250 AUTH PLAIN", "535 " + std::string(296, 'x') + "secret"},
    };
    for (const auto& row : rows) {
        Recorder trace;
        ClientOptions options = with_user(TlsUse::implicit);
        options.trace = &trace;
        const ClientLog log = ClientRun(options, {submission({"x@y.org"})}).run(row);
        ASSERT_TRUE(log.error) << row.back();
        std::string said = log.error->message + trace.text;
        if (log.error->reply) said += log.error->reply->text;
        EXPECT_NE(said.find("***"), std::string::npos) << said;
        for (const char* word : {"secre", "SECRE", "AGFs", "c2Vj"})
            EXPECT_EQ(said.find(word), std::string::npos) << said;
    }
    for (const char* reply : {"550 5.1.1 secret", "250 2.0.0 queued as c2VjcmV0"}) {
        auto server = logged_in;
        server.insert(server.end(), {"250 m", "250 r", "354 d", reply, "221 bye"});
        const ClientLog log = ClientRun(with_user(TlsUse::implicit), {submission({"x@y.org"})}).run(server);
        ASSERT_EQ(log.finished.size(), 1U);
        EXPECT_NE(log.finished[0].recipients[0].reply.lines[0].find("***"), std::string::npos) << reply;
    }
}

TEST(ClientSession, MembersOutOfTurn) {
    ClientSession session(client_options());
    session.submit(submission({"x@y.org"}).envelope);
    auto step = session.next();
    ASSERT_TRUE(std::holds_alternative<wire::Failed>(step));
    EXPECT_EQ(std::get<wire::Failed>(step).error.kind, Errc::usage);
}

}  // namespace
}  // namespace mailpipe::smtp::test
