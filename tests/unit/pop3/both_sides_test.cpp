#include <gtest/gtest.h>

#include <random>

#include "tests/unit/pop3/support.hpp"

// The client against the server, in memory.
namespace mailpipe::pop3::test {
namespace {

std::vector<std::string> random_messages(std::size_t count) {
    std::mt19937 random(20261124);
    static constexpr std::string_view kPieces[] = {".",     "\r\n", "..\r\n", "\r\n.\r\n",
                                                   "text ", "\n",   "\r",     "\r\n\r\n"};
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < count; ++i) {
        std::string text = "Subject: " + std::to_string(i) + "\r\n\r\n";
        for (std::size_t n = random() % 40; n > 0; --n)
            text += kPieces[random() % std::size(kPieces)];
        // The last line end is not the transport's to keep when it is missing.
        messages.push_back(text + "\r\n");
    }
    return messages;
}

// Hands octets to and fro until neither side moves.
void converse(ClientDriver& client, ServerDriver& server, std::size_t piece) {
    while (true) {
        client.drain();
        server.drain();
        if (client.output.empty() && server.output.empty()) return;
        server.feed(client.take_output(), piece);
        client.feed(server.take_output(), piece);
    }
}

struct Row {
    TlsUse tls;
    std::size_t window;
    std::size_t piece;
};

TEST(BothSides, FetchAndDelete) {
    const auto messages = random_messages(60);
    const Row rows[] = {
        {TlsUse::none, 64, std::string_view::npos},
        {TlsUse::none, 1, 1},
        {TlsUse::implicit, 7, 3},
        {TlsUse::starttls, 64, 1},
        {TlsUse::none, 64, 13},
    };
    for (const Row& row : rows) {
        ClientOptions options;
        options.tls = row.tls;
        options.user = "alice";
        options.password = Secret("secret");
        options.allow_plaintext_auth = row.tls == TlsUse::none;
        options.window = row.window;
        ServerOptions server_options;
        server_options.host_name = "pop.example.org";
        server_options.tls_available = true;
        server_options.tls_active = row.tls == TlsUse::implicit;
        server_options.login_without_tls = row.tls == TlsUse::none;
        ClientDriver client(options);
        ServerDriver server(server_options, messages);
        converse(client, server, row.piece);
        if (row.tls == TlsUse::starttls) {
            ASSERT_EQ(client.events, std::vector<std::string>{"StartTls"});
            ASSERT_EQ(server.events, std::vector<std::string>{"StartTls"});
            client.session.tls_started();
            server.session.tls_started();
            converse(client, server, row.piece);
        }
        ASSERT_EQ(client.events.back(), "Ready");
        client.session.uidl();
        for (std::uint32_t i = 1; i <= messages.size(); ++i)
            client.session.retr(i);
        for (std::uint32_t i = 1; i <= messages.size(); i += 2)
            client.session.dele(i);
        client.session.quit();
        converse(client, server, row.piece);
        EXPECT_EQ(client.events.back(), "Closed");
        EXPECT_EQ(server.events.back(), "PeerQuit");
        EXPECT_EQ(client.bodies, messages);
        EXPECT_EQ(server.deleted.size(), messages.size() / 2);
    }
}

TEST(BothSides, ApopWithoutPlaintext) {
    ClientOptions options;
    options.tls = TlsUse::none;
    options.user = "alice";
    options.password = Secret("secret");
    ServerOptions server_options;
    server_options.host_name = "pop.example.org";
    server_options.apop_timestamp = "<1.2@pop.example.org>";
    server_options.login_without_tls = true;
    ClientDriver client(options);
    ServerDriver server(server_options);
    converse(client, server, std::string_view::npos);
    EXPECT_EQ(client.events, std::vector<std::string>{"Ready"});
}

}  // namespace
}  // namespace mailpipe::pop3::test
