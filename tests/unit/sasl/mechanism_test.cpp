#include "mailpipe/sasl/mechanism.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::sasl {
namespace {

struct ChoiceRow {
    std::vector<std::string> offered;
    bool plaintext_allowed;
    std::string chosen;  // empty: none
};

TEST(ChooseClient, TakesTheBestThatIsAllowed) {
    const ChoiceRow rows[] = {
        {{}, true, ""},
        {{"PLAIN"}, true, "PLAIN"},
        {{"PLAIN"}, false, ""},
        {{"LOGIN", "PLAIN"}, true, "PLAIN"},
        {{"LOGIN"}, true, "LOGIN"},
        {{"LOGIN"}, false, ""},
        {{"login"}, true, "LOGIN"},
        {{"CRAM-MD5", "PLAIN"}, true, "PLAIN"},
        {{"CRAM-MD5", "PLAIN"}, false, "CRAM-MD5"},
        {{"CRAM-MD5", "SCRAM-SHA-1"}, false, "SCRAM-SHA-1"},
        {{"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}, true, "SCRAM-SHA-256"},
        {{"SCRAM-SHA-256-PLUS", "XOAUTH2", "GSSAPI", ""}, true, ""},
    };
    for (const ChoiceRow& row : rows) {
        const auto client = choose_client(row.offered, {"alice", Secret("secret")}, row.plaintext_allowed);
        EXPECT_EQ(client ? std::string(client->name()) : "", row.chosen);
    }
}

struct CredentialRow {
    std::string user;
    std::string password;
    Errc kind;
};

// Threat "CR, LF, NUL in addresses, names, options": no mechanism builds a message from such a value.
TEST(Threats, CrLfNulInUserOrPasswordIsImpossibleToSend) {
    using namespace std::string_literals;
    const CredentialRow rows[] = {
        {"", "secret", Errc::auth},
        {"alice", "", Errc::auth},
        {"alice\0bob"s, "secret", Errc::auth},
        {"alice\r\nDELE 1", "secret", Errc::auth},
        {"alice\x7f", "secret", Errc::auth},
        {"alice\t", "secret", Errc::auth},
        {"alice", "sec\0ret"s, Errc::auth},
        {"alice", "sec\rret", Errc::auth},
        {"alice", "sec\nret", Errc::auth},
        {"al\xffice", "secret", Errc::auth},
        {"alice", "\xc0\x80", Errc::auth},
        {std::string(limits::kSaslMessage, 'a'), "secret", Errc::limit},
    };
    for (const CredentialRow& row : rows) {
        for (const char* name : {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}) {
            const auto client = choose_client({name}, {row.user, Secret(row.password)}, true);
            ASSERT_TRUE(client);
            const auto answer = client->respond("");
            ASSERT_FALSE(answer) << name;
            EXPECT_EQ(answer.error().kind, row.kind) << name << ": " << answer.error().message;
            EXPECT_FALSE(client->complete());
        }
    }
}

TEST(PlainClient, SendsOneMessage) {
    const auto client = choose_client({"PLAIN"}, {"tim", Secret("tanstaaftanstaaf")}, true);
    EXPECT_TRUE(client->initial_response());
    EXPECT_FALSE(client->complete());
    const auto answer = client->respond("");
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, std::string("\0tim\0tanstaaftanstaaf", 21));  // RFC 4616 section 4
    EXPECT_TRUE(client->complete());
    EXPECT_EQ(client->respond("").error().kind, Errc::protocol);
}

TEST(LoginClient, AnswersTwoChallengesWhateverTheySay) {
    const auto client = choose_client({"LOGIN"}, {"alice", Secret("secret")}, true);
    EXPECT_FALSE(client->initial_response());
    EXPECT_EQ(client->respond("Username:").value(), "alice");
    EXPECT_FALSE(client->complete());
    EXPECT_EQ(client->respond("what else").value(), "secret");
    EXPECT_TRUE(client->complete());
    EXPECT_EQ(client->respond("again").error().kind, Errc::protocol);
}

TEST(CramMd5Client, AnswersTheChallengeOfRfc2195) {
    const auto client = choose_client({"CRAM-MD5"}, {"tim", Secret("tanstaaftanstaaf")}, false);
    EXPECT_FALSE(client->initial_response());
    const auto answer = client->respond("<1896.697170952@postoffice.reston.mci.net>");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, "tim b913a602c7eda7a495b4e6e7334d3890");
    EXPECT_TRUE(client->complete());
}

// The nonce that libgsasl made, out of "n,,n=alice,r=NONCE".
std::string nonce_of(const std::string& first) {
    return first.substr(first.find("r=") + 2);
}

TEST(ScramClient, SpeaksFirstAndProvesThePassword) {
    const auto client = choose_client({"SCRAM-SHA-256"}, {"alice", Secret("secret")}, false);
    EXPECT_TRUE(client->initial_response());
    const auto first = client->respond("");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->substr(0, 12), "n,,n=alice,r");
    const auto second = client->respond("r=" + nonce_of(*first) + "server,s=QSXCR+Q6sek8bf92,i=4096");
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_NE(second->find(",p="), std::string::npos);
    EXPECT_FALSE(client->complete()) << "the server has proved nothing yet";
    EXPECT_FALSE(client->respond("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    EXPECT_FALSE(client->complete());
}

struct ScramRow {
    std::string challenge;  // NONCE stands for the client's
    Errc kind;
};

TEST(Threats, HostileSaslScramIterationsAndGarbage) {
    const ScramRow rows[] = {
        {"r=NONCEx,s=QSXCR+Q6sek8bf92,i=1000001", Errc::limit},
        {"r=NONCEx,s=QSXCR+Q6sek8bf92,i=18446744073709551616", Errc::protocol},
        {"r=NONCEx,s=QSXCR+Q6sek8bf92,i=4096,i=4000000000", Errc::limit},
        {"m=x,r=NONCEx,s=QSXCR+Q6sek8bf92,i=4000000000", Errc::limit},
        {"r=NONCEx,s=QSXCR+Q6sek8bf92,i=1", Errc::protocol},
        {"r=NONCEx,s=QSXCR+Q6sek8bf92", Errc::protocol},
        {"r=NONCE,s=QSXCR+Q6sek8bf92,i=4096", Errc::protocol},
        {"m=x,r=NONCE,s=QSXCR+Q6sek8bf92,i=4096", Errc::protocol},
        {"r=another,s=QSXCR+Q6sek8bf92,i=4096", Errc::auth},
        {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Errc::protocol},
        {"garbage", Errc::protocol},
        {std::string(limits::kSaslMessage + 1, 'r'), Errc::limit},
    };
    for (const char* name : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
        for (ScramRow row : rows) {
            const auto client = choose_client({name}, {"alice", Secret("secret")}, false);
            const std::string nonce = nonce_of(client->respond("").value());
            if (const auto at = row.challenge.find("NONCE"); at != std::string::npos) {
                row.challenge.replace(at, 5, nonce);
            }
            const auto answer = client->respond(row.challenge);
            ASSERT_FALSE(answer) << row.challenge;
            // libgsasl itself calls some malformed messages protocol, others auth; a limit is never anything
            // else.
            const bool either = row.kind != Errc::limit && answer.error().kind == Errc::protocol;
            EXPECT_TRUE(answer.error().kind == row.kind || either)
                << row.challenge.substr(0, 80) << ": " << answer.error().message;
            EXPECT_FALSE(client->complete());
        }
    }
}

TEST(Threats, ScramServerThatAddsNothingToTheNonce) {
    for (const char* name : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
        const auto client = choose_client({name}, {"ali,r=ce", Secret("secret")}, false);
        const std::string first = client->respond("").value();
        const std::string nonce = first.substr(first.rfind("r=") + 2);
        const auto answer = client->respond("r=" + nonce + ",s=QSXCR+Q6sek8bf92,i=4096");
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().kind, Errc::protocol);
        EXPECT_EQ(answer.error().message, "SCRAM: the server added nothing to the nonce");
    }
}

TEST(ApopDigest, IsThatOfRfc1939) {
    EXPECT_EQ(apop_digest("<1896.697170952@dbc.mtview.ca.us>", Secret("tanstaaf")),
              "c4c9334bac560ecc979e58001b3e22fb");
}

}  // namespace
}  // namespace mailpipe::sasl
