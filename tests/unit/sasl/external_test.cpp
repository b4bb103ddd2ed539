#include <gtest/gtest.h>

#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::sasl {
namespace {

Credentials with_certificate(const std::string& user, const std::string& password = "") {
    Credentials credentials{user, Secret(password)};
    credentials.has_certificate = true;
    return credentials;
}

// RFC 4422 appendix A.1.
TEST(External, SaysAsWhom) {
    const auto client = choose_client({"PLAIN", "EXTERNAL"}, with_certificate("fred@example.com"), true);
    ASSERT_TRUE(client);
    EXPECT_EQ(client->name(), "EXTERNAL");
    EXPECT_TRUE(client->initial_response());
    EXPECT_FALSE(client->complete());
    EXPECT_EQ(client->respond("").value(), "fred@example.com");
    EXPECT_TRUE(client->complete());
    EXPECT_EQ(client->respond("").error().kind, Errc::protocol);
}

TEST(External, IsForThoseWhoShowACertificate) {
    EXPECT_EQ(choose_client({"PLAIN", "EXTERNAL"}, {"a", Secret("b")}, true)->name(), "PLAIN");
    EXPECT_EQ(choose_client({"EXTERNAL"}, {"a", Secret("b")}, true), nullptr);
    EXPECT_EQ(choose_client({"PLAIN"}, with_certificate("a", "b"), true)->name(), "PLAIN");
    // Without a password no other will do.
    EXPECT_EQ(choose_client({"PLAIN", "SCRAM-SHA-256"}, with_certificate("a"), true), nullptr);
}

TEST(External, NoControlCharacters) {
    const auto client = choose_client({"EXTERNAL"}, with_certificate("a\r\nb"), true);
    EXPECT_EQ(client->respond("").error().kind, Errc::auth);
    EXPECT_FALSE(client->complete());
}

}  // namespace
}  // namespace mailpipe::sasl
