#include <gtest/gtest.h>

#include <cstdlib>

#include "mailpipe/sasl/mechanism.hpp"

// libgssapi_krb5 keeps 16 octets of its own after a failure.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libgssapi_krb5";
}

// What a ticket leads to is in tests/e2e/fetch/gssapi_test.py.
namespace mailpipe::sasl {
namespace {

Credentials with_ticket(const std::string& password = "") {
    Credentials credentials{"alice", Secret(password)};
    credentials.kerberos_host = "mail.example.org";
    credentials.service = "imap";
    return credentials;
}

TEST(Gssapi, IsForThoseWhoWantIt) {
    EXPECT_EQ(choose_client({"PLAIN", "GSSAPI"}, with_ticket("secret"), true)->name(), "GSSAPI");
    EXPECT_EQ(choose_client({"PLAIN"}, with_ticket("secret"), true)->name(), "PLAIN");
    EXPECT_EQ(choose_client({"PLAIN", "SCRAM-SHA-1"}, with_ticket(), true), nullptr);
    EXPECT_EQ(choose_client({"PLAIN", "GSSAPI"}, {"alice", Secret("secret")}, true)->name(), "PLAIN");
    // A certificate goes first.
    Credentials both = with_ticket();
    both.has_certificate = true;
    EXPECT_EQ(choose_client({"GSSAPI", "EXTERNAL"}, both, true)->name(), "EXTERNAL");
}

TEST(Gssapi, NoTicket) {
    ::setenv("KRB5CCNAME", "FILE:/nonexistent/tickets", 1);
    ::setenv("KRB5_CONFIG", "/dev/null", 1);
    const auto client = choose_client({"GSSAPI"}, with_ticket(), true);
    const auto answer = client->respond("");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Errc::auth);
    EXPECT_NE(answer.error().message.find("no ticket for imap/mail.example.org"), std::string::npos);
    EXPECT_FALSE(client->complete());
}

}  // namespace
}  // namespace mailpipe::sasl
