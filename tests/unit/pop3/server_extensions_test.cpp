#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/pop3/server_language.hpp"
#include "mailpipe/sasl/scram_keys.hpp"
#include "tests/unit/pop3/support.hpp"

namespace mailpipe::pop3::test {
namespace {

ServerOptions options_of_loopback() {
    ServerOptions options;
    options.host_name = "pop.example.org";
    options.login_without_tls = true;
    return options;
}

std::string answers(const std::string& input, ServerOptions options = options_of_loopback()) {
    std::string whole;
    for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
        ServerDriver server(options, {"Subject: one\r\n\r\nfirst\r\n"});
        server.drain();
        server.output.clear();
        server.feed(input, piece);
        if (!whole.empty()) {
            EXPECT_EQ(server.output, whole);
        }
        whole = server.output;
    }
    return whole;
}

// RFC 6856 section 3
TEST(ServerLanguage, Lang) {
    const std::pair<const char*, const char*> rows[] = {
        {"LANG\r\n", "+OK Language listing follows\r\nen English\r\nde Deutsch\r\n.\r\n"},
        {"LANG de\r\n", "+OK de Sprache ist Deutsch\r\n"},
        {"LANG de-AT\r\nLANG *\r\n", "+OK de Sprache ist Deutsch\r\n+OK en Language is English\r\n"},
        {"LANG fr\r\n", "-ERR Unknown language\r\n"},
        {"LANG DE\r\nLANG fr\r\n", "+OK de Sprache ist Deutsch\r\n-ERR Unbekannte Sprache\r\n"},
        {"LANG de\r\nUSER alice\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nRETR 1\r\nLANG en\r\nQUIT\r\n",
         "+OK de Sprache ist Deutsch\r\n+OK\r\n+OK 1 Nachrichten (23 Oktette)\r\n+OK 1 23\r\n+OK 23 Oktette\r\n"
         "Subject: one\r\n\r\nfirst\r\n.\r\n+OK Nachricht ist als entfernt vermerkt\r\n"
         "-ERR Diese Nachricht ist als entfernt vermerkt\r\n+OK en Language is English\r\n+OK Bye\r\n"},
        {"LANG de\r\nUSER alice\r\nPASS wrong\r\n",
         "+OK de Sprache ist Deutsch\r\n+OK\r\n-ERR [AUTH] Anmeldung abgewiesen\r\n"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(answers(row.first), row.second) << row.first;
}

TEST(ServerLanguage, WhatHasNoTranslationStays) {
    for (const char* line :
         {"", "+OK", "-ERR", "+OK ", "+OK 1 20", "-ERR [X", "-ERR [X] ", "1 Bye", "+OK 1 uid-1"})
        EXPECT_EQ(translate_status(Language::german, line), line);
    EXPECT_EQ(translate_status(Language::german, "-ERR [LOGIN-DELAY] Wait 60 s between logins"),
              "-ERR [LOGIN-DELAY] Zwischen zwei Anmeldungen liegen 60 s");
    EXPECT_EQ(translate_status(Language::english, "+OK Bye"), "+OK Bye");
}

// What the session says is found in its source: nobody can forget to translate a new reply.
TEST(ServerLanguage, EveryReplyHasATranslation) {
    const std::regex reply(R"re("((?:\+OK|-ERR) [^"]*[A-Za-z0-9])")re");
    int found = 0;
    for (const char* name : {"server_commands", "server_login", "server_session"}) {
        std::ifstream file(std::string(MAILPIPE_SOURCE_DIR "/lib/mailpipe/pop3/") + name + ".cpp");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        for (std::sregex_iterator at(text.begin(), text.end(), reply), end; at != end; ++at, ++found) {
            const std::string line = (*at)[1];
            EXPECT_NE(translate_status(Language::german, line), line);
        }
    }
    EXPECT_GT(found, 30);
}

// RFC 6856 section 2
TEST(ServerExtensions, Utf8) {
    EXPECT_EQ(answers("UTF8\r\n"), "+OK UTF8 enabled\r\n");
    EXPECT_EQ(answers("UTF8 x\r\n").substr(0, 4), "-ERR");
    EXPECT_EQ(answers("USER j\xc3\xbcrgen\r\n"), "+OK\r\n");
    EXPECT_EQ(answers("USER j\xfcrgen\r\n").substr(0, 4), "-ERR");
    EXPECT_NE(answers("USER alice\r\nPASS secret\r\nUTF8\r\n").find("-ERR Unknown command, or not after login"),
              std::string::npos);
}

TEST(ServerExtensions, Capabilities) {
    ServerOptions options = options_of_loopback();
    options.sasl.scram_sha256 = true;
    options.expire_days = 30;
    options.login_delay = 60;
    const std::string all = answers("CAPA\r\n", options);
    for (const char* line :
         {"UTF8 USER", "LANG", "EXPIRE 30", "LOGIN-DELAY 60", "SASL SCRAM-SHA-256 PLAIN LOGIN"})
        EXPECT_NE(all.find("\r\n" + std::string(line) + "\r\n"), std::string::npos) << line;
    const std::string few = answers("CAPA\r\n");
    EXPECT_NE(few.find("\r\nEXPIRE NEVER\r\n"), std::string::npos);
    EXPECT_EQ(few.find("LOGIN-DELAY"), std::string::npos);
}

TEST(ServerExtensions, LoginDelayAndInUseHaveTheirCodes) {
    for (const auto& [why, code] : {std::pair{LoginFailure::too_soon, "-ERR [LOGIN-DELAY] "},
                                    std::pair{LoginFailure::in_use, "-ERR [IN-USE] "},
                                    std::pair{LoginFailure::temporary, "-ERR [SYS/TEMP] "}}) {
        ServerDriver server(options_of_loopback(), {});
        server.refusal = why;
        server.feed("USER alice\r\nPASS secret\r\n");
        EXPECT_NE(server.output.find(code), std::string::npos) << server.output;
    }
}

ServerOptions sasl_options() {
    ServerOptions options = options_of_loopback();
    options.sasl.scram_sha256 = options.sasl.tokens = true;
    options.sasl.nonce = [] { return std::string("3rfcNHYJY1ZVvWVs7j"); };
    return options;
}

// The keys are asked for in the middle of AUTH, and whoever gives them may take its time.
TEST(ServerAuth, ScramAsksForKeys) {
    ServerDriver server(sasl_options(), {});
    server.answer = false;
    server.drain();
    server.output.clear();
    server.feed("AUTH SCRAM-SHA-256 " + encode_base64("n,,n=alice,r=abc") + "\r\n");
    EXPECT_EQ(server.output, "");
    server.session.login_keys(
        sasl::make_scram_keys(sasl::ScramHash::sha256, Secret("secret"), "salt", 4096).value());
    server.drain();
    EXPECT_EQ(server.output, "+ " + encode_base64("r=abc3rfcNHYJY1ZVvWVs7j,s=c2FsdA==,i=4096") + "\r\n");
    server.feed("*\r\nNOOP\r\n");
    EXPECT_NE(server.output.find("-ERR Authentication cancelled"), std::string::npos) << server.output;
}

// RFC 7628 section 3.2.3: the client acknowledges the reason before it is refused.
TEST(ServerAuth, ATokenIsRefusedInTwoSteps) {
    ServerDriver server(sasl_options(), {});
    server.drain();
    server.output.clear();
    server.feed("AUTH OAUTHBEARER " + encode_base64("n,a=bob,\1auth=Bearer abc\1\1") + "\r\n");
    EXPECT_EQ(server.output, "+ " + encode_base64(R"({"status":"invalid_token"})") + "\r\n");
    server.output.clear();
    server.feed("AQ==\r\nNOOP\r\n");
    EXPECT_EQ(server.output.substr(0, 11), "-ERR [AUTH]") << server.output;
}

}  // namespace
}  // namespace mailpipe::pop3::test
