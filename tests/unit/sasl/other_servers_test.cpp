#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/sasl/server.hpp"

namespace mailpipe::sasl {
namespace {

using namespace std::string_literals;
using Kind = ServerRequest::Kind;

ServerSettings settings() {
    ServerSettings settings;
    settings.cram_md5 = settings.tokens = settings.has_certificate = true;
    settings.host_name = "postoffice.example.net";
    settings.nonce = [] { return "1896.697170952"s; };
    return settings;
}

const ServerSettings kSettings = settings();

struct Row {
    const char* mechanism;
    std::string message;
    std::optional<Errc> error;
    std::string user;
    std::string secret;  // token or digest
};

TEST(OtherServers, ReadTheMessage) {
    const Row rows[] = {
        // RFC 2195 section 2, with our challenge
        {"CRAM-MD5", "tim b913a602c7eda7a495b4e6e7334d3890", {}, "tim", "b913a602c7eda7a495b4e6e7334d3890"},
        {"CRAM-MD5", "tim o B913A602C7EDA7A495B4E6E7334D3890", {}, "tim o", "b913a602c7eda7a495b4e6e7334d3890"},
        {"CRAM-MD5", "tim", Errc::protocol, "", ""},
        {"CRAM-MD5", "tim b913", Errc::protocol, "", ""},
        {"CRAM-MD5", " b913a602c7eda7a495b4e6e7334d3890", Errc::protocol, "", ""},
        {"CRAM-MD5", "ti\0m b913a602c7eda7a495b4e6e7334d3890"s, Errc::protocol, "", ""},
        {"CRAM-MD5", std::string(limits::kSaslMessage + 1, 'a'), Errc::limit, "", ""},
        {"EXTERNAL", "", {}, "", ""},
        {"EXTERNAL", "alice", {}, "alice", ""},
        {"EXTERNAL", "al\nice", Errc::protocol, "", ""},
        {"EXTERNAL", "al\xffice", Errc::protocol, "", ""},
        // RFC 7628 section 4.1
        {"OAUTHBEARER",
         "n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer "
         "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1",
         {},
         "user@example.com",
         "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="},
        {"OAUTHBEARER", "n,,\1auth=bearer abc\1\1", {}, "", "abc"},
        {"OAUTHBEARER", "n,a=a=2Cb=3D,\1auth=Bearer abc\1\1", {}, "a,b=", "abc"},
        {"OAUTHBEARER", "n,a=a=2Gb,\1auth=Bearer abc\1\1", Errc::protocol, "", ""},
        {"OAUTHBEARER", "p=tls-exporter,,\1auth=Bearer abc\1\1", Errc::protocol, "", ""},
        {"OAUTHBEARER", "n,,\1auth=Basic abc\1\1", Errc::protocol, "", ""},
        {"OAUTHBEARER", "n,,\1auth=Bearer abc\1", Errc::protocol, "", ""},
        {"OAUTHBEARER", "\1", Errc::protocol, "", ""},
        {"OAUTHBEARER", "", Errc::protocol, "", ""},
        {"XOAUTH2", "user=alice\1auth=Bearer abc\1\1", {}, "alice", "abc"},
        {"XOAUTH2", "user=\1auth=Bearer abc\1\1", Errc::protocol, "", ""},
        {"XOAUTH2", "user=al\nice\1auth=Bearer abc\1\1", Errc::protocol, "", ""},
        {"XOAUTH2", "user=alice\1auth=Bearer \1\1", Errc::protocol, "", ""},
    };
    for (const Row& row : rows) {
        const auto step = make_server(row.mechanism, kSettings)->step(row.message);
        if (row.error) {
            ASSERT_FALSE(step) << row.message;
            EXPECT_EQ(step.error().kind, *row.error) << row.message;
            continue;
        }
        ASSERT_TRUE(step) << row.message << ": " << step.error().message;
        ASSERT_TRUE(step->done());
        EXPECT_EQ(step->request.user, row.user);
        const std::string secret(step->request.password.reveal());
        EXPECT_EQ(secret.empty() ? step->request.digest : secret, row.secret);
    }
}

TEST(OtherServers, AgreeWithTheClients) {
    for (const char* name : {"CRAM-MD5", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"}) {
        Credentials credentials{"tim", Secret("tanstaaftanstaaf")};
        credentials.is_token = std::string(name).find("OAUTH") == 0 || name == "XOAUTH2"s;
        credentials.has_certificate = name == "EXTERNAL"s;
        const auto client = choose_client({name}, credentials, true);
        ASSERT_TRUE(client) << name;
        const auto server = make_server(name, kSettings);
        auto step =
            client->initial_response() ? server->step(client->respond("").value()) : server->step(std::nullopt);
        if (step && !step->asks) step = server->step(client->respond(step->challenge).value());
        ASSERT_TRUE(step && step->done()) << name;
        EXPECT_EQ(step->request.user, "tim") << name;
        if (step->request.kind == Kind::cram_md5) {
            EXPECT_EQ(step->request.challenge, "<1896.697170952@postoffice.example.net>");
            EXPECT_EQ(step->request.digest,
                      cram_md5_digest(step->request.challenge, Secret("tanstaaftanstaaf")));
        }
    }
    // RFC 2195 section 2
    EXPECT_EQ(cram_md5_digest("<1896.697170952@postoffice.reston.mci.net>", Secret("tanstaaftanstaaf")),
              "b913a602c7eda7a495b4e6e7334d3890");
}

TEST(OtherServers, TokensAreRefusedInJson) {
    EXPECT_EQ(make_server("OAUTHBEARER", kSettings)->refusal(), R"({"status":"invalid_token"})");
    EXPECT_TRUE(make_server("XOAUTH2", kSettings)->refusal());
    EXPECT_FALSE(make_server("PLAIN", kSettings)->refusal());
}

}  // namespace
}  // namespace mailpipe::sasl
