#include <gtest/gtest.h>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using Events = std::vector<std::string>;

const std::string kPlain = encode_base64(std::string("\0alice\0secret", 13));

TEST(ServerLogin, Authenticates) {
    Driver server;
    EXPECT_EQ(server.talk("a AUTHENTICATE PLAIN\r\n"), "+ \r\n");
    EXPECT_TRUE(server.talk(kPlain + "\r\n").starts_with("a OK [CAPABILITY "));
    EXPECT_EQ(server.events, Events{"login alice"});
    Driver at_once;
    EXPECT_TRUE(at_once.talk("a authenticate plain " + kPlain + "\r\n").starts_with("a OK [CAPABILITY "));
    Driver login;
    EXPECT_EQ(login.talk("a AUTHENTICATE LOGIN\r\n").substr(0, 2), "+ ");
    EXPECT_EQ(login.talk("*\r\n"), "a BAD Authentication is cancelled\r\n");
    EXPECT_EQ(login.talk("a NOOP\r\n"), "a OK Nothing is done\r\n");
}

TEST(ServerLogin, RefusesWhatIsMalformed) {
    struct Row {
        std::string input;
        std::string output;
    };
    for (const Row& row : {
             Row{"AUTHENTICATE", "t BAD SP expected at octet 14\r\n"},
             {"AUTHENTICATE X-NONE", "t NO Mechanism is not known\r\n"},
             {"AUTHENTICATE PLAIN  ", "t BAD Initial response is not base64\r\n"},
             {"AUTHENTICATE PLAIN !!", "t BAD Initial response is not base64\r\n"},
             {"AUTHENTICATE PLAIN =", "t BAD Response is malformed\r\n"},
             {"AUTHENTICATE PLAIN YQ==", "t BAD Response is malformed\r\n"},
             {"AUTHENTICATE PLAIN\r\n!!", "+ \r\nt BAD Response is not base64\r\n"},
             {"LOGIN", "t BAD SP expected at octet 7\r\n"},
             {"LOGIN alice", "t BAD SP expected at octet 13\r\n"},
             {"LOGIN alice secret x", "t BAD end of the command expected at octet 20\r\n"},
             {"LOGIN \"\" secret", "t NO [AUTHENTICATIONFAILED] User name or password is wrong\r\n"},
             {"LOGIN {1+}\r\n\xFC secret", "t NO [AUTHENTICATIONFAILED] User name or password is wrong\r\n"},
             {"LOGIN {3+}\r\na\nb secret", "t NO [AUTHENTICATIONFAILED] User name or password is wrong\r\n"},
             {std::string("LOGIN {3+}\r\na\0b secret", 22), "t BAD userid without NUL expected at octet 8\r\n"},
             {"LOGIN alice wrong", "t NO [AUTHENTICATIONFAILED] User name or password is wrong\r\n"},
         }) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
            Driver server;
            server.output.clear();
            server.feed("t " + row.input + "\r\n", piece);
            EXPECT_EQ(server.output, row.output) << row.input;
            EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Nothing is done\r\n");
        }
    }
}

TEST(ServerLogin, WithoutInitialResponses) {
    Options options = loopback_options();
    options.without = {"SASL-IR", "AUTH=LOGIN"};
    Driver server(options);
    EXPECT_EQ(server.talk("a AUTHENTICATE PLAIN " + kPlain + "\r\n"),
              "a BAD end of the command expected at octet 20\r\n");
    EXPECT_EQ(server.talk("a AUTHENTICATE LOGIN\r\n"), "a NO Mechanism is not known\r\n");
}

TEST(ServerLogin, NotWithoutTls) {
    Options options = loopback_options();
    options.login_without_tls = false;
    options.tls_available = true;
    Driver server(options);
    const std::string refusal = "a NO [PRIVACYREQUIRED] Login is possible under TLS only\r\n";
    EXPECT_EQ(server.talk("a LOGIN alice secret\r\n"), refusal);
    // The password is not asked for.
    EXPECT_EQ(server.talk("a LOGIN alice {6}\r\n"), refusal);
    EXPECT_EQ(server.talk("a LOGIN alice {6+}\r\nsecret\r\n"), refusal);
    EXPECT_EQ(server.talk("a AUTHENTICATE PLAIN\r\n"), refusal);
    EXPECT_EQ(server.events, Events{});
    EXPECT_EQ(server.talk("a STARTTLS\r\n"), "a OK Begin TLS\r\n");
    EXPECT_EQ(server.events, Events{"tls"});
    server.session.tls_started();
    EXPECT_EQ(server.talk("a STARTTLS\r\n"), "a BAD TLS is active already\r\n");
    EXPECT_EQ(server.talk("b CAPABILITY\r\n"),
              "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID SASL-IR AUTH=PLAIN AUTH=LOGIN\r\nb OK That "
              "is all\r\n");
    EXPECT_TRUE(server.talk("c LOGIN alice secret\r\n").starts_with("c OK "));
}

// threats.md: octets in the clear behind STARTTLS (Dovecot CVE-2021-33515).
TEST(ServerLogin, NothingBetweenStartTlsAndTheHandshake) {
    Options options = loopback_options();
    options.tls_available = true;
    for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
        Driver server(options);
        server.output.clear();
        server.feed("a STARTTLS\r\nb LOGIN alice secret\r\n", piece);
        EXPECT_TRUE(server.over);
        EXPECT_EQ(server.output.find("b "), std::string::npos);
        EXPECT_TRUE(server.events.back().starts_with("failed the client sent octets ")) << server.events.back();
    }
    Driver none;
    EXPECT_EQ(none.talk("a STARTTLS\r\n"), "a NO TLS is not available\r\n");
}

TEST(ServerLogin, EndsAfterTooManyFailures) {
    Driver server;
    std::string said;
    for (std::size_t i = 0; i < limits::kAuthFailures; ++i)
        said = server.talk("a LOGIN alice wrong\r\n");
    EXPECT_TRUE(said.ends_with("* BYE Too many failed logins\r\n")) << said;
    EXPECT_TRUE(server.over);
}

TEST(ServerLogin, EndsAfterTooManyCommands) {
    Driver server;
    for (std::size_t i = 0; i < limits::kCommandsBeforeLogin; ++i)
        EXPECT_EQ(server.talk("a NOOP\r\n"), "a OK Nothing is done\r\n");
    EXPECT_EQ(server.talk("a NOOP\r\n"), "* BYE Too many commands before login\r\n");
    EXPECT_TRUE(server.over);
}

class Lines : public Trace {
 public:
    void client_line(std::string_view line) override { all += "C: " + std::string(line) + "\n"; }
    void server_line(std::string_view line) override { all += "S: " + std::string(line) + "\n"; }
    std::string all;
};

TEST(ServerLogin, TracesNoSecrets) {
    for (const std::string& login :
         {std::string("a LOGIN alice secret\r\n"), std::string("a login {5+}\r\nalice {6+}\r\nsecret\r\n"),
          "a AUTHENTICATE PLAIN " + kPlain + "\r\n", "a AUTHENTICATE PLAIN\r\n" + kPlain + "\r\n",
          std::string("a LOGIN alice secret x\r\n"), std::string("a LOGIN {5}\r\n")}) {
        Lines trace;
        Options options = loopback_options();
        options.trace = &trace;
        Driver server(options);
        server.feed(login);
        server.feed("b NOOP\r\nc SEARCH {3+}\r\nabc\r\n");
        EXPECT_EQ(trace.all.find("secret"), std::string::npos) << trace.all;
        EXPECT_EQ(trace.all.find(kPlain), std::string::npos) << trace.all;
        EXPECT_EQ(trace.all.find("alice"), std::string::npos) << trace.all;
        EXPECT_NE(trace.all.find("***"), std::string::npos) << trace.all;
    }
}

TEST(ServerLogin, TracesNoTokensOfUrls) {
    Lines trace;
    Options options = loopback_options();
    options.trace = &trace;
    Driver server(options);
    server.login();
    trace.all.clear();
    server.on_command = [&server](const Command&) {
        server.session.respond("* GENURLAUTH \"imap://a/;urlauth=anonymous:internal:91354a473744909d\"\r\n");
        server.session.complete(Completion::ok, "", "Done");
    };
    server.feed("a URLFETCH \"imap://a/;urlauth=anonymous:INTERNAL:91354a\" x\r\n");
    EXPECT_EQ(trace.all,
              "C: a URLFETCH \"imap://a/;urlauth=anonymous:INTERNAL:***\" x\n"
              "S: * GENURLAUTH \"imap://a/;urlauth=anonymous:internal:***\"\nS: a OK Done\n");
}

TEST(ServerLogin, TracesLiteralsBySize) {
    Lines trace;
    Options options = loopback_options();
    options.trace = &trace;
    Driver server(options);
    server.login();
    trace.all.clear();
    server.on_command = [&server](const Command&) {
        server.session.respond("* 1 FETCH (BODY[] {6}\r\nab");
        server.session.respond("\r\ncd FLAGS ())\r\n* 2 EXISTS\r\n");
        server.session.complete(Completion::ok, "", "Done");
    };
    server.feed("a NOOP\r\nb APPEND x {3+}\r\nabc\r\n");
    EXPECT_EQ(trace.all,
              "C: a NOOP\nS: * 1 FETCH (BODY[] {6}[6 octets]\nS:  FLAGS ())\nS: * 2 EXISTS\nS: a OK Done\n"
              "C: b APPEND x {3+}\nC: [3 octets]\nC: \nS: b OK [APPENDUID 1 2] Appended\n");
}

}  // namespace
}  // namespace mailpipe::imap::server::test
