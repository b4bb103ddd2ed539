#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/sasl/server.hpp"

namespace mailpipe::sasl {
namespace {

using namespace std::string_literals;

const ServerSettings kPasswords;

ServerSettings all_settings() {
    ServerSettings settings;
    settings.scram_sha1 = settings.scram_sha256 = settings.cram_md5 = settings.tokens = true;
    settings.has_certificate = true;
    settings.channel_binding = std::string(32, 'b');
    settings.nonce = [] { return std::string("3rfcNHYJY1ZVvWVs7j"); };
    return settings;
}

TEST(ServerMechanisms, AreMadeWhereTheyAreOffered) {
    const ServerSettings all = all_settings();
    const auto names = offered_mechanisms(all);
    EXPECT_EQ(names.size(), 10U);
    for (std::string_view name : names)
        EXPECT_TRUE(make_server(name, all)) << name;
    EXPECT_EQ(offered_mechanisms(kPasswords), (std::vector<std::string_view>{"PLAIN", "LOGIN"}));
    for (const char* name : {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "EXTERNAL", "XOAUTH2", "OAUTHBEARER"})
        EXPECT_FALSE(make_server(name, kPasswords)) << name;
}

TEST(ServerMechanisms, AreMadeByNameWithoutCase) {
    EXPECT_TRUE(make_server("plain", kPasswords));
    EXPECT_FALSE(make_server("CRAM-MD5", kPasswords));
    EXPECT_FALSE(make_server("", kPasswords));
}

struct PlainRow {
    std::string message;
    std::optional<Errc> error;
    std::string user;
    std::string password;
};

TEST(PlainServer, ReadsTheMessage) {
    const PlainRow rows[] = {
        {"\0tim\0tanstaaftanstaaf"s, {}, "tim", "tanstaaftanstaaf"},
        {"tim\0tim\0tanstaaf"s, {}, "tim", "tanstaaf"},
        {"\0t\xc3\xad"
         "m\0p\xc3\xa4ss w\xc3\xb6rd"s,
         {},
         "t\xc3\xad"
         "m",
         "p\xc3\xa4ss w\xc3\xb6rd"},
        {"", Errc::protocol, "", ""},
        {"tim", Errc::protocol, "", ""},
        {"\0tim"s, Errc::protocol, "", ""},
        {"\0\0secret"s, Errc::protocol, "", ""},
        {"\0tim\0"s, Errc::protocol, "", ""},
        {"\0tim\0sec\0ret"s, Errc::protocol, "", ""},
        {"\0ti\rm\0secret"s, Errc::protocol, "", ""},
        {"\0tim\0sec\nret"s, Errc::protocol, "", ""},
        {"\0ti\xffm\0secret"s, Errc::protocol, "", ""},
        {"\0"s + std::string(limits::kSaslMessage, 'a') + "\0b"s, Errc::limit, "", ""},
    };
    for (const PlainRow& row : rows) {
        const auto server = make_server("PLAIN", kPasswords);
        const auto step = server->step(row.message);
        if (row.error) {
            ASSERT_FALSE(step);
            EXPECT_EQ(step.error().kind, *row.error) << step.error().message;
            continue;
        }
        ASSERT_TRUE(step) << step.error().message;
        EXPECT_TRUE(step->done());
        EXPECT_EQ(step->request.user, row.user);
        EXPECT_EQ(step->request.password.reveal(), row.password);
    }
}

// maddy CVE-2023-27582.
TEST(Threats, AuthorizationIdentityOtherThanTheUserIsRefused) {
    for (const std::string& message : {"root\0tim\0secret"s, "Tim\0tim\0secret"s, " \0tim\0secret"s}) {
        const auto step = make_server("PLAIN", kPasswords)->step(message);
        ASSERT_FALSE(step);
        EXPECT_EQ(step.error().kind, Errc::auth);
    }
}

TEST(PlainServer, ChallengesWithNothingWithoutInitialResponse) {
    const auto server = make_server("PLAIN", kPasswords);
    const auto step = server->step(std::nullopt);
    ASSERT_TRUE(step);
    EXPECT_FALSE(step->done());
    EXPECT_EQ(step->challenge, "");
    EXPECT_TRUE(server->step("\0tim\0secret"s).value().done());
}

TEST(LoginServer, AsksTwice) {
    for (const bool initial : {false, true}) {
        const auto server = make_server("LOGIN", kPasswords);
        if (!initial) {
            EXPECT_EQ(server->step(std::nullopt).value().challenge, "Username:");
        }
        EXPECT_EQ(server->step("tim").value().challenge, "Password:");
        const auto step = server->step("secret");
        ASSERT_TRUE(step);
        EXPECT_TRUE(step->done());
        EXPECT_EQ(step->request.user, "tim");
        EXPECT_EQ(step->request.password.reveal(), "secret");
    }
}

TEST(LoginServer, RefusesWhatIsNoUserOrPassword) {
    for (const std::string& user : {""s, "ti\0m"s, "tim\r\n"s, "\xff"s}) {
        EXPECT_EQ(make_server("LOGIN", kPasswords)->step(user).error().kind, Errc::protocol);
    }
    for (const std::string& password : {""s, "sec\0ret"s, "secret\n"s}) {
        const auto server = make_server("LOGIN", kPasswords);
        ASSERT_TRUE(server->step("tim"));
        EXPECT_EQ(server->step(password).error().kind, Errc::protocol);
    }
    EXPECT_EQ(make_server("LOGIN", kPasswords)->step(std::string(limits::kSaslMessage + 1, 'a')).error().kind,
              Errc::limit);
}

TEST(Sasl, ClientAndServerAgree) {
    for (const char* name : {"PLAIN", "LOGIN"}) {
        const auto client = choose_client({name}, {"j\xc3\xbcrgen", Secret("a b\tc")}, true);
        const auto server = make_server(name, kPasswords);
        auto step =
            client->initial_response() ? server->step(client->respond("").value()) : server->step(std::nullopt);
        while (step && !step->done())
            step = server->step(client->respond(step->challenge).value());
        ASSERT_TRUE(step) << name << step.error().message;
        EXPECT_TRUE(client->complete());
        EXPECT_EQ(step->request.user, "j\xc3\xbcrgen");
        EXPECT_EQ(step->request.password.reveal(), "a b\tc");
    }
}

}  // namespace
}  // namespace mailpipe::sasl
