#include <gtest/gtest.h>

#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::sasl {
namespace {

using namespace std::string_literals;

std::unique_ptr<Client> choose(const std::vector<std::string>& offered, const std::string& user,
                               const std::string& token) {
    return choose_client(offered, {user, Secret(token), true}, true);
}

// RFC 7628 section 4.1, without host and port, which it leaves to the client.
TEST(OauthClient, Messages) {
    const auto bearer =
        choose({"XOAUTH2", "OAUTHBEARER", "PLAIN"}, "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRh==");
    ASSERT_TRUE(bearer);
    EXPECT_EQ(bearer->name(), "OAUTHBEARER");
    EXPECT_EQ(*bearer->respond(""), "n,a=user@example.com,\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRh==\1\1"s);
    EXPECT_TRUE(bearer->complete());
    const auto google = choose({"XOAUTH2"}, "user@example.com", "vF9d");
    EXPECT_EQ(*google->respond(""), "user=user@example.com\1auth=Bearer vF9d\1\1"s);
    EXPECT_EQ(*choose({"OAUTHBEARER"}, "a=b,c", "t")->respond(""), "n,a=a=3Db=2Cc,\1auth=Bearer t\1\1"s);
}

// RFC 7628 section 3.2.3: the server says why, wants an answer, and then refuses.
TEST(OauthClient, AnswersTheReasonOfARefusal) {
    for (const auto& [name, answer] : {std::pair{"OAUTHBEARER"s, "\1"s}, std::pair{"XOAUTH2"s, ""s}}) {
        const auto client = choose({name}, "alice", "t");
        ASSERT_TRUE(client->respond(""));
        EXPECT_EQ(*client->respond(R"({"status":"invalid_token"})"), answer);
        EXPECT_FALSE(client->complete()) << "a success now would be forged";
        EXPECT_EQ(client->respond("more").error().kind, Errc::protocol);
    }
}

TEST(OauthClient, ATokenIsNoPassword) {
    EXPECT_FALSE(choose({"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"}, "alice", "t"));
    EXPECT_FALSE(choose_client({"OAUTHBEARER", "XOAUTH2"}, {"alice", Secret("secret")}, true));
    EXPECT_FALSE(choose_client({"OAUTHBEARER"}, {"alice", Secret("t"), true}, false)) << "without TLS";
}

// threats.md: CR, LF, NUL in values.
TEST(OauthClient, NothingThatEndsTheField) {
    for (const std::string& token : {""s, "a\1auth=Bearer b"s, "a b"s, "a\r\nb"s, "a\0b"s, "\xc3\xa9"s})
        EXPECT_EQ(choose({"OAUTHBEARER"}, "alice", token)->respond("").error().kind, Errc::auth);
    EXPECT_EQ(choose({"XOAUTH2"}, "alice\1x", "t")->respond("").error().kind, Errc::auth);
}

}  // namespace
}  // namespace mailpipe::sasl
