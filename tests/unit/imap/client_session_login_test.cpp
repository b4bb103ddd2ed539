#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

ClientOptions options_for(TlsUse tls, bool plaintext) {
    ClientOptions options = test::plain_options();
    options.tls = tls;
    options.allow_plaintext_auth = plaintext;
    return options;
}

constexpr const char* kPlainResponse = "AGFsaWNlAHNlY3JldA==";  // NUL alice NUL secret

TEST(ImapLogin, AuthenticatePlainWithInitialResponse) {
    EXPECT_EQ(
        play_split(options_for(TlsUse::implicit, false), {},
                   {server("* OK ready"), client("A1 CAPABILITY"),
                    server("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN"), server("A1 OK done"),
                    client(std::string("A2 AUTHENTICATE PLAIN ") + kPlainResponse), server("A2 OK in"),
                    client("A3 CAPABILITY"), server("* CAPABILITY IMAP4rev1 UIDPLUS"), server("A3 OK done")}),
        Events{"ready IMAP4REV1 UIDPLUS"});
}

TEST(ImapLogin, AuthenticatePlainWithContinuation) {
    EXPECT_EQ(
        play_split(options_for(TlsUse::implicit, false), {},
                   {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"), client("A1 AUTHENTICATE PLAIN"),
                    server("+ "), client(kPlainResponse), server("A1 OK [CAPABILITY IMAP4rev1 X] in")}),
        Events{"ready IMAP4REV1 X"});
}

// Once: what is refused then is the password.
TEST(ImapLogin, OtherChannelBindingOfTheServer) {
    ClientOptions options = options_for(TlsUse::implicit, false);
    options.channel_binding = std::string(32, 'b');
    const std::string offer = "* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN] ready";
    EXPECT_EQ(play_split(options, {},
                         {server(offer), client("A1 AUTHENTICATE SCRAM-SHA-256-PLUS"),
                          server("A1 NO bad protocol / cancel"), client("A2 AUTHENTICATE PLAIN"), server("+ "),
                          client(kPlainResponse), server("A2 NO bad protocol / cancel")}),
              Events{"failed auth: login refused: bad protocol / cancel"});
    EXPECT_EQ(play_split(options, {},
                         {server(offer), client("A1 AUTHENTICATE SCRAM-SHA-256-PLUS"),
                          server("A1 NO authentication failure")}),
              Events{"failed auth: login refused: authentication failure"});
}

TEST(ImapLogin, LoginQuotes) {
    ClientOptions options = test::plain_options();
    options.user = "a\"b";
    options.password = Secret("c\\d e");
    EXPECT_EQ(
        play_split(options, {},
                   {server("* OK [CAPABILITY IMAP4rev1] ready"), client("A1 LOGIN \"a\\\"b\" \"c\\\\d e\""),
                    server("* CAPABILITY IMAP4rev1 LATE"), server("A1 OK in"), client("A2 CAPABILITY"),
                    server("* CAPABILITY IMAP4rev1 ASKED"), server("A2 OK done")}),
        Events{"ready IMAP4REV1 ASKED"});
}

// threats.md: CR, LF, NUL in addresses, names, options, JSON
TEST(ImapLogin, LineEndInThePasswordGoesAsLiteral) {
    ClientOptions options = test::plain_options();
    options.password = Secret("x\r\nA9 DELETE INBOX");
    EXPECT_EQ(play_split(options, {},
                         {server("* OK [CAPABILITY IMAP4rev1] ready"), client("A1 LOGIN \"alice\" {18}"),
                          server("+ go"), client("x\r\nA9 DELETE INBOX"), server("A1 OK [CAPABILITY X] in")}),
              Events{"ready X"});
    options.password = Secret(std::string("x\0y", 3));
    EXPECT_EQ(play_split(options, {}, {server("* OK [CAPABILITY IMAP4rev1] ready")}),
              Events{"failed usage: a NUL cannot be sent in an IMAP command"});
}

TEST(ImapLogin, StartTls) {
    EXPECT_EQ(play_split(options_for(TlsUse::starttls, false), {},
                         {server("* OK [ALERT] forged"), client("A1 CAPABILITY"),
                          server("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=X"), server("A1 OK done"),
                          client("A2 STARTTLS"), server("A2 OK go"), test::tls(), client("A3 CAPABILITY"),
                          server("* CAPABILITY IMAP4rev1"), server("* OK [ALERT] true"), server("A3 OK done"),
                          client("A4 LOGIN \"alice\" \"secret\""), server("A4 OK [CAPABILITY Y] in")}),
              (Events{"start tls", "alert true", "ready Y"}));
}

// threats.md: responses before the handshake used after it (curl CVE-2021-22947)
TEST(ImapLogin, ResponsesBehindStartTlsFail) {
    const Lines offer = {server("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready"), client("A1 STARTTLS")};
    const ClientOptions options = options_for(TlsUse::starttls, false);
    for (const char* injected : {"A1 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "A1 OK go\r\nx"}) {
        for (const std::size_t split : {test::kWhole, test::kEveryByte}) {
            Lines lines = offer;
            lines.push_back({false, false, injected});
            const Events events = test::Dialogue(options, {}, split).play(lines);
            EXPECT_EQ(events.back(),
                      "failed protocol: octets behind the reply to STARTTLS before the TLS handshake");
        }
    }
}

// threats.md: PREAUTH or a missing offer skips required TLS (mutt CVE-2020-14093, fetchmail CVE-2021-39272)
TEST(ImapLogin, PreauthDoesNotSkipTls) {
    ClientOptions nobody = options_for(TlsUse::starttls, true);
    nobody.user.clear();
    EXPECT_EQ(play_split(nobody, {}, {server("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] in")}),
              Events{"failed unsupported: PREAUTH greeting: STARTTLS is required and not possible any more"});
    EXPECT_EQ(play_split(options_for(TlsUse::implicit, false), {}, {server("* PREAUTH in")}),
              Events{"failed auth: PREAUTH greeting: the server has logged us in as somebody, not as alice"});
    nobody.tls = TlsUse::implicit;
    EXPECT_EQ(play_split(nobody, {}, {server("* PREAUTH [CAPABILITY IMAP4rev1] in")}),
              Events{"ready IMAP4REV1"});
    EXPECT_EQ(
        test::Dialogue(test::plain_options(), {}).play(test::logged_in() + Lines{server("* PREAUTH x")}).back(),
        "failed protocol: PREAUTH behind the greeting");
}

TEST(ImapLogin, MissingOfferDoesNotSkipTls) {
    EXPECT_EQ(play_split(options_for(TlsUse::starttls, true), {},
                         {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x")}),
              Events{"failed unsupported: STARTTLS is not offered by the server"});
    EXPECT_EQ(
        play_split(options_for(TlsUse::starttls, true), {},
                   {server("* OK [CAPABILITY STARTTLS] x"), client("A1 STARTTLS"), server("A1 BAD what")}),
        Events{"failed protocol: STARTTLS refused: what"});
}

TEST(ImapLogin, NoCredentialInTheClear) {
    EXPECT_EQ(
        play_split(options_for(TlsUse::none, false), {}, {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x")}),
        Events{"failed auth: the password is not sent without TLS, and the server offers no other login"});
}

TEST(ImapLogin, LoginDisabled) {
    EXPECT_EQ(play_split(test::plain_options(), {}, {server("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x")}),
              Events{"failed auth: LOGIN is disabled by the server, and it offers no mechanism that we know"});
}

TEST(ImapLogin, Refusals) {
    struct Case {
        const char* reply;
        const char* event;
    };
    const Case cases[] = {
        {"A1 NO [AUTHENTICATIONFAILED] Authentication failed.",
         "failed auth: login refused: [AUTHENTICATIONFAILED] Authentication failed."},
        {"A1 NO wrong", "failed auth: login refused: wrong"},
        {"A1 NO [UNAVAILABLE] later", "failed temporary: login refused: [UNAVAILABLE] later"},
        {"A1 NO [INUSE] locked", "failed temporary: login refused: [INUSE] locked"},
        {"A1 BAD what", "failed protocol: login refused: what"},
        {"A1 BAD LOGIN alice secret?", "failed protocol: login refused: LOGIN alice ***?"},
        {"* BYE shutting down", "failed temporary: the server ends the connection: shutting down"},
        {"A7 OK in", "failed protocol: response to a command that was not sent: \"A7 OK in\""},
        {"A1 MAYBE", "failed protocol: malformed response: \"A1 MAYBE\""},
        {"+ go", "failed protocol: unexpected continuation request"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.reply);
        EXPECT_EQ(play_split(test::plain_options(), {},
                             {server("* OK [CAPABILITY IMAP4rev1] x"), client("A1 LOGIN \"alice\" \"secret\""),
                              server(c.reply)}),
                  Events{c.event});
    }
}

TEST(ImapLogin, Greetings) {
    struct Case {
        const char* greeting;
        const char* event;
    };
    const Case cases[] = {
        {"* BYE no", "failed unavailable: the server refuses the connection: no"},
        {"* BYE [UNAVAILABLE] later",
         "failed temporary: the server refuses the connection: [UNAVAILABLE] later"},
        {"* NO x", "failed protocol: malformed greeting: OK, PREAUTH or BYE expected"},
        {"220 smtp.example.org ESMTP",
         "failed protocol: not the greeting of an IMAP server: \"220 smtp.example.org ESMTP\""},
        {"+OK POP3", "failed protocol: not the greeting of an IMAP server: \"+OK POP3\""},
        {"* SEARCH 1", "failed protocol: not the greeting of an IMAP server"},
        {"", "failed protocol: not the greeting of an IMAP server: \"\""},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(play_split(test::plain_options(), {}, {server(c.greeting)}), Events{c.event});
    }
}

// threats.md: hostile SASL: bad base64, abort
TEST(ImapLogin, HostileSasl) {
    const ClientOptions options = options_for(TlsUse::implicit, false);
    const Lines begin = {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x"), client("A1 AUTHENTICATE PLAIN")};
    EXPECT_EQ(play_split(options, {}, begin + Lines{server("+ !!"), client("*"), server("A1 BAD cancelled")}),
              Events{"failed protocol: malformed challenge: base64 expected"});
    EXPECT_EQ(
        play_split(options, {}, begin + Lines{server("+ !!"), client("*"), server("+ "), server("A1 OK in")}),
        Events{"failed protocol: malformed challenge: base64 expected"});
    EXPECT_EQ(play_split(options, {}, begin + Lines{server("A1 OK in")}),
              Events{"failed protocol: the server reports a login before the exchange was complete"});
    EXPECT_EQ(play_split(options, {},
                         begin + Lines{server("+ "), client(kPlainResponse), server("+ "), client("*"),
                                       server("A1 NO x")}),
              Events{"failed protocol: PLAIN: the server sent a challenge"});
    const auto huge =
        test::Dialogue(options, {})
            .play(begin + Lines{server("+ " + std::string(100'000, 'A')), client("*"), server("A1 BAD x")});
    EXPECT_NE(huge.back().find("kSaslMessage"), std::string::npos);
}

TEST(ImapLogin, CapabilityWithoutList) {
    EXPECT_EQ(play_split(test::plain_options(), {},
                         {server("* OK x"), client("A1 CAPABILITY"), server("A1 OK done")}),
              Events{"failed protocol: CAPABILITY was answered without a list of capabilities"});
    std::string many = "* CAPABILITY";
    for (int i = 0; i < 1001; ++i)
        many += " X";
    EXPECT_NE(test::Dialogue(test::plain_options(), {})
                  .play({server("* OK x"), client("A1 CAPABILITY"), server(many)})
                  .back()
                  .find("kCapabilities"),
              std::string::npos);
}

TEST(ImapLogin, AChallengeBehindTheAbortEndsIt) {
    EXPECT_EQ(play_split(options_for(TlsUse::implicit, false), {},
                         {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x"), client("A1 AUTHENTICATE PLAIN"),
                          server("+ YWJj"), client("*"), server("+ ")}),
              Events{"failed protocol: PLAIN: the server sent a challenge"});
}

TEST(ImapLogin, TraceHidesCredentials) {
    struct Recorder : Trace {
        std::string all;
        void client_line(std::string_view line) override { all += "C: " + std::string(line) + "\n"; }
        void server_line(std::string_view line) override { all += "S: " + std::string(line) + "\n"; }
    };
    for (const char* capabilities : {"IMAP4rev1", "IMAP4rev1 AUTH=PLAIN", "IMAP4rev1 AUTH=PLAIN SASL-IR"}) {
        Recorder trace;
        ClientOptions options = test::plain_options();
        options.trace = &trace;
        ClientSession session(options);
        const auto drain = [&session] {
            while (!std::holds_alternative<wire::NeedInput>(session.next())) {
            }
        };
        session.feed("* OK [CAPABILITY " + std::string(capabilities) + "] x\r\n");
        drain();
        if (trace.all.find("PLAIN\n") != std::string::npos) session.feed("+ \r\n");
        drain();
        session.feed("* BAD what is LOGIN alice secret\r\nA1 OK [CAPABILITY IMAP4rev1] in\r\n");
        drain();
        EXPECT_NE(trace.all.find("***"), std::string::npos) << trace.all;
        EXPECT_EQ(trace.all.find("secret"), std::string::npos) << trace.all;
        EXPECT_EQ(trace.all.find("AGFs"), std::string::npos) << trace.all;
    }
}

}  // namespace
}  // namespace mailpipe::imap
