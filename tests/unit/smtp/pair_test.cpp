#include <gtest/gtest.h>

#include <string>

#include "tests/unit/smtp/client_run.hpp"
#include "tests/unit/smtp/server_run.hpp"

// The client and the server of this project, face to face in memory.
namespace mailpipe::smtp::test {
namespace {

struct Pair {
    std::string name;
    Protocol protocol = Protocol::smtp;
    TlsUse tls = TlsUse::none;
    std::string user;
    std::string events;  // of the client
};

class ClientServer : public testing::TestWithParam<Pair> {};

std::string body_of(std::size_t lines) {
    std::string body = "Subject: pair\r\n\r\n";
    for (std::size_t i = 0; i < lines; ++i)
        body += std::string(i % 4, '.') + "line " + std::to_string(i) + "\r\n";
    return body;
}

TEST_P(ClientServer, CarriesTheMessage) {
    const auto& row = GetParam();
    const std::string body = body_of(200);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::string::npos}) {
        ClientOptions options = client_options(row.tls);
        options.protocol = row.protocol;
        options.user = row.user;
        options.password = Secret("secret");
        options.allow_plaintext_auth = true;
        ClientRun client(
            options, {submission({"x@y.org", "nobody@y.org", "z@y.org"}, body), submission({"x@y.org"}, body)});
        ServerRun server(
            server_options(row.protocol == Protocol::lmtp ? ServerProtocol::lmtp : ServerProtocol::smtp));
        while (!server.log.output.empty()) {
            const std::string to_client = std::exchange(server.log.output, {});
            client.feed(to_client, piece);
            const std::string to_server = std::exchange(client.log.output, {});
            server.feed(to_server, piece);
        }
        std::string events;
        for (const auto& event : client.log.events)
            events += (events.empty() ? "" : "|") + event;
        EXPECT_EQ(events, row.events);
        EXPECT_FALSE(client.log.error.has_value()) << client.log.error->message;
        EXPECT_EQ(server.log.events.back(), "quit");
        EXPECT_EQ(server.log.body, body + body);
    }
}

const std::string kDelivered = "ready|finished 250+ 550- 250+|finished 250+|closed";

INSTANTIATE_TEST_SUITE_P(
    Table, ClientServer,
    testing::Values(Pair{"smtp", Protocol::smtp, TlsUse::none, "", kDelivered},
                    Pair{"smtp_starttls", Protocol::smtp, TlsUse::starttls, "", "tls|" + kDelivered},
                    Pair{"smtp_starttls_auth", Protocol::smtp, TlsUse::starttls, "alice", "tls|" + kDelivered},
                    Pair{"smtp_auth", Protocol::smtp, TlsUse::none, "alice", kDelivered},
                    Pair{"lmtp", Protocol::lmtp, TlsUse::none, "", kDelivered},
                    Pair{"lmtp_starttls", Protocol::lmtp, TlsUse::starttls, "", "tls|" + kDelivered}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace mailpipe::smtp::test
