#include <gtest/gtest.h>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/sasl/server.hpp"

namespace mailpipe::sasl {
namespace {

using Kind = ServerRequest::Kind;

const std::string kBinding(32, 'b');

ServerSettings settings(const std::string& nonce = "3rfcNHYJY1ZVvWVs7j",
                        const std::string& binding = kBinding) {
    ServerSettings settings;
    settings.scram_sha1 = settings.scram_sha256 = true;
    settings.channel_binding = binding;
    settings.nonce = [nonce] { return nonce; };
    return settings;
}

// The request at the end; nullopt: the client did not believe the server.
std::optional<ServerRequest> converse(const std::string& name, const std::string& password,
                                      const ServerSettings& given,
                                      const std::string& client_binding = kBinding) {
    Credentials credentials{"j\xc3\xbcrgen,=", Secret(password)};
    if (name.ends_with("-PLUS")) credentials.channel_binding = client_binding;
    const auto client = choose_client({name}, credentials, false);
    const auto server = make_server(name, given);
    auto step = server->step(client->respond("").value());
    EXPECT_TRUE(step && step->asks && step->request.kind == Kind::keys);
    EXPECT_EQ(step->request.user, "j\xc3\xbcrgen,=");
    step = server->keys(make_scram_keys(step->request.hash, Secret("pencil"), "salt of it", 4096).value());
    while (step && !step->asks) {
        const auto answer = client->respond(step->challenge);
        if (!answer) return std::nullopt;
        step = server->step(*answer);
    }
    EXPECT_TRUE(step) << step.error().message;
    if (step && step->request.proved) {
        EXPECT_TRUE(client->complete());
    }
    return step ? std::optional(step->request) : std::nullopt;
}

TEST(ScramServer, AgreesWithTheClient) {
    for (const char* name : {"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}) {
        const auto given = settings();
        const auto right = converse(name, "pencil", given);
        ASSERT_TRUE(right) << name;
        EXPECT_TRUE(right->proved) << name;
        EXPECT_EQ(right->kind, Kind::proof);
        EXPECT_EQ(right->mechanism, name);
        const auto wrong = converse(name, "Pencil", given);
        ASSERT_TRUE(wrong) << name;
        EXPECT_FALSE(wrong->proved) << name;
    }
}

// A login that somebody in the middle hands on is bound to another channel.
TEST(Threats, ScramPlusOfAnotherChannel) {
    const auto given = settings();
    const auto request = converse("SCRAM-SHA-256-PLUS", "pencil", given, std::string(32, 'c'));
    ASSERT_TRUE(request);
    EXPECT_FALSE(request->proved);
}

ScramKeys pencil() {
    return make_scram_keys(ScramHash::sha256, Secret("pencil"), *decode_base64("W22ZaJ0SNY7soEsUEjb6gQ=="),
                           4096)
        .value();
}

// RFC 7677 section 3
TEST(ScramServer, ExampleOfTheRfc) {
    const auto given = settings("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "");
    const auto server = make_server("SCRAM-SHA-256", given);
    ASSERT_TRUE(server->step("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    EXPECT_EQ(server->keys(pencil()).challenge,
              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const auto told = server->step(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(told->challenge, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    const auto done = server->step("");
    ASSERT_TRUE(done && done->done());
    EXPECT_TRUE(done->request.proved);
}

struct Row {
    const char* name;
    std::string message;
    Errc error;
};

TEST(Threats, HostileScram) {
    const auto given = settings();
    const Row first[] = {
        {"SCRAM-SHA-256", "", Errc::protocol},
        {"SCRAM-SHA-256", "n", Errc::protocol},
        {"SCRAM-SHA-256", "n,,", Errc::protocol},
        {"SCRAM-SHA-256", "x,,n=user,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,,n=,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,,n=user,r=", Errc::protocol},
        {"SCRAM-SHA-256", "n,,n=us=er,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,,n=us\ner,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,,n=\xff,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,,m=ext,n=user,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "n,b=root,n=user,r=abc", Errc::protocol},
        {"SCRAM-SHA-256", "p=tls-exporter,,n=user,r=abc", Errc::protocol},
        // maddy CVE-2023-27582
        {"SCRAM-SHA-256", "n,a=root,n=user,r=abc", Errc::auth},
        // -PLUS was taken out of the list
        {"SCRAM-SHA-256", "y,,n=user,r=abc", Errc::auth},
        {"SCRAM-SHA-256-PLUS", "n,,n=user,r=abc", Errc::protocol},
        {"SCRAM-SHA-256-PLUS", "p=tls-unique,,n=user,r=abc", Errc::auth},
        {"SCRAM-SHA-256", std::string(limits::kSaslMessage + 1, 'n'), Errc::limit},
    };
    for (const Row& row : first) {
        const auto step = make_server(row.name, given)->step(row.message);
        ASSERT_FALSE(step) << row.message;
        EXPECT_EQ(step.error().kind, row.error) << row.message;
    }
    const std::string proof = ",p=" + encode_base64(std::string(32, 'p'));
    const std::string nonce = "abc3rfcNHYJY1ZVvWVs7j";
    for (const std::string& message :
         {std::string(), "c=biws,r=" + nonce, "c=biws" + proof, "c=biws,r=" + nonce + ",p=AAAA",
          "r=" + nonce + ",c=biws" + proof, "c=biws,r=" + nonce + ",p=!"}) {
        const auto server = make_server("SCRAM-SHA-256", given);
        ASSERT_TRUE(server->step("n,,n=user,r=abc"));
        server->keys(pencil());
        const auto step = server->step(message);
        ASSERT_FALSE(step) << message;
        EXPECT_EQ(step.error().kind, Errc::protocol) << message;
    }
    // Well-formed, but of another dialogue: no more than a wrong password.
    for (const std::string& message :
         {"c=biws,r=abc" + proof, "c=eSws,r=" + nonce + proof, "c=biws,r=" + nonce + proof}) {
        const auto server = make_server("SCRAM-SHA-256", given);
        ASSERT_TRUE(server->step("n,,n=user,r=abc"));
        server->keys(pencil());
        const auto step = server->step(message);
        ASSERT_TRUE(step && step->done()) << message;
        EXPECT_FALSE(step->request.proved);
    }
}

TEST(ScramKeys, RoundTrip) {
    const NamedScramKeys named{ScramHash::sha256, pencil()};
    const auto parsed = parse_scram_keys(encode(named));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->keys.stored_key, named.keys.stored_key);
    EXPECT_EQ(parsed->keys.server_key, named.keys.server_key);
    EXPECT_EQ(parsed->keys.salt, named.keys.salt);
    EXPECT_EQ(parsed->keys.iterations, 4096U);
    EXPECT_TRUE(matches(parsed->keys, ScramHash::sha256, Secret("pencil")));
    EXPECT_FALSE(matches(parsed->keys, ScramHash::sha256, Secret("pencils")));
    for (const char* text : {"", "SCRAM-SHA-512$4096:YQ==$YQ==:YQ==", "SCRAM-SHA-256$4096:YQ==$YQ==:YQ==",
                             "SCRAM-SHA-256$1:YQ==$YQ==:YQ==", "SCRAM-SHA-256$99999999:YQ==$YQ==:YQ=="}) {
        EXPECT_FALSE(parse_scram_keys(text)) << text;
    }
}

}  // namespace
}  // namespace mailpipe::sasl
