#include "mailpipe/app/connection.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

namespace mailpipe::app {
namespace {

// A socket that listens and never accepts; the kernel completes the connect.
class Backlog {
 public:
    Backlog() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd_, generic, length) == 0 && ::listen(fd_, 5) == 0 &&
            ::getsockname(fd_, generic, &length) == 0) {
            port_ = ntohs(address.sin_port);
        }
    }
    ~Backlog() { ::close(fd_); }
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;
    std::string port() const { return std::to_string(port_); }

 private:
    int fd_;
    std::uint16_t port_ = 0;
};

TEST(Connection, TlsMode) {
    const struct {
        const char* url;
        std::optional<TlsMode> asked;
        std::optional<TlsMode> used;  // nullopt: usage
    } rows[] = {
        {"imap://h", std::nullopt, TlsMode::starttls},
        {"pop3://h", std::nullopt, TlsMode::starttls},
        {"smtp://h", std::nullopt, TlsMode::starttls},
        {"lmtp://h:24", std::nullopt, TlsMode::starttls},
        {"imaps://h", std::nullopt, TlsMode::implicit},
        {"pop3s://h", std::nullopt, TlsMode::implicit},
        {"smtps://h", std::nullopt, TlsMode::implicit},
        {"lmtp:/run/x", std::nullopt, TlsMode::none},
        {"imap://h", TlsMode::none, TlsMode::none},
        {"imap://h:993", TlsMode::implicit, TlsMode::implicit},
        {"imaps://h", TlsMode::implicit, TlsMode::implicit},
        {"imaps://h", TlsMode::none, std::nullopt},
        {"pop3s://h", TlsMode::none, std::nullopt},
        {"smtps://h", TlsMode::starttls, std::nullopt},
        {"lmtp:/run/x", TlsMode::none, TlsMode::none},
        {"lmtp:/run/x", TlsMode::starttls, std::nullopt},
    };
    for (const auto& row : rows) {
        ClientOptions options;
        options.tls = row.asked;
        const auto mode = tls_mode(parse_location(row.url).value(), options);
        if (row.used) {
            ASSERT_TRUE(mode) << row.url;
            EXPECT_EQ(*mode, *row.used) << row.url;
        } else {
            ASSERT_FALSE(mode) << row.url;
            EXPECT_EQ(mode.error().kind, Errc::usage) << row.url;
        }
    }
}

TEST(Connection, NotAServer) {
    for (const char* text : {"-", "maildir:/x", "smtp://127.0.0.1:0", "smtp://*:2525"}) {
        const auto connection = open_connection(parse_location(text).value(), {});
        ASSERT_FALSE(connection) << text;
        EXPECT_EQ(connection.error().kind, Errc::usage) << text;
    }
}

// PREAUTH or a missing offer skips required TLS: clear-text logins are for loopback, and only when asked for.
TEST(Connection, PlaintextAuthIsForLoopbackWithoutTlsOnly) {
    const Backlog server;
    const Location location = parse_location("imap://127.0.0.1:" + server.port()).value();
    ClientOptions options;
    auto connection = open_connection(location, options);
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_EQ(connection->tls, TlsMode::starttls);
    EXPECT_FALSE(connection->allow_plaintext_auth);
    options.tls = TlsMode::none;
    connection = open_connection(location, options);
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_TRUE(connection->allow_plaintext_auth);
}

// The grace of net::Deadline: 2 s, and not the timeout.
TEST(Connection, StopEndsTheReadOfASilentServer) {
    const Backlog server;
    const auto location = parse_location("imap://127.0.0.1:" + server.port()).value();
    bool stop = false;
    auto connection = open_connection(location, {}, [&stop] { return stop; });
    ASSERT_TRUE(connection) << connection.error().message;
    stop = true;
    const auto begin = std::chrono::steady_clock::now();
    const auto octets = connection->stream->read();
    ASSERT_FALSE(octets);
    EXPECT_EQ(octets.error().kind, Errc::temporary);
    EXPECT_EQ(octets.error().message, "interrupted");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

struct FakeStream : net::Stream {
    Result<std::string_view> read() override {
        std::this_thread::sleep_for(pause);
        return std::string_view("x");
    }
    Result<std::optional<std::string_view>> try_read() override { return std::nullopt; }
    std::chrono::milliseconds pause{0};
    Result<void> write(std::string_view) override { return {}; }
    Result<net::TlsInfo> start_tls(const net::TlsClientOptions&) override { return net::TlsInfo{}; }
    bool peer_is_loopback() const override { return true; }
    std::string peer_name() const override { return "fake"; }
    void close() override {}
};

struct EndlessSession {
    struct Done {};
    std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, Done> next() {
        if (octets < 100'000) return wire::NeedInput{};
        return Done{};
    }
    void feed(std::string_view more) { octets += more.size(); }
    void feed_eof() {}
    void tls_started(const std::string&) {}
    std::size_t octets = 0;
};

// fetchmail CVE-2011-1947: each read ends in time, and the login never does.
TEST(Connection, ALoginHasADeadlineAsAWhole) {
    const Backlog server;
    ClientOptions options;
    options.timeout = std::chrono::seconds(5);
    const auto opened = open_connection(parse_location("imap://127.0.0.1:" + server.port()).value(), options);
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_TRUE(opened->login_due);
    EXPECT_LE(*opened->login_due, std::chrono::steady_clock::now() + std::chrono::seconds(20));
    EXPECT_GT(*opened->login_due, std::chrono::steady_clock::now() + std::chrono::seconds(10));

    Connection connection;
    connection.stream = std::make_unique<FakeStream>();
    connection.patience = std::chrono::seconds(20);
    EndlessSession patient;
    EXPECT_TRUE(drive(patient, connection));
    connection.login_due = std::chrono::steady_clock::now();
    EndlessSession session;
    const auto step = drive(session, connection);
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().kind, Errc::temporary);
    EXPECT_EQ(step.error().message, "timed out, the login was not done within 20 s");
    EXPECT_EQ(session.octets, 0U);
}

TEST(Connection, ADripIsSilence) {
    Connection connection;
    auto stream = std::make_unique<FakeStream>();
    FakeStream& slow = *stream;
    connection.stream = std::move(stream);
    slow.pause = std::chrono::milliseconds(2);
    connection.patience = std::chrono::milliseconds(10);
    EndlessSession session;
    const auto step = drive(session, connection);
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().kind, Errc::temporary);
    EXPECT_TRUE(step.error().message.starts_with("timed out, only ")) << step.error().message;
    EXPECT_LT(session.octets, 32U);

    // What the peer did not make us wait for does not count, nor what came before a write.
    connection.patience = std::chrono::hours(1);
    for (int i = 0; i < 31; ++i)
        ASSERT_TRUE(read_from(connection));
    connection.waited = std::chrono::hours(2);
    ASSERT_TRUE(write_to(connection, "x"));
    EXPECT_TRUE(read_from(connection));
    connection.waited = std::chrono::hours(2);
    connection.octets = 31;
    EXPECT_TRUE(read_from(connection));
    EXPECT_EQ(connection.octets, 0U);
}

TEST(Connection, NobodyListens) {
    std::string port;
    {
        const Backlog server;
        port = server.port();
    }
    const auto connection = open_connection(parse_location("imap://127.0.0.1:" + port).value(), {});
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().kind, Errc::temporary) << connection.error().message;
}

}  // namespace
}  // namespace mailpipe::app
