#include <sys/un.h>

#include <array>
#include <filesystem>

#include "mailpipe/net/pollable.hpp"
#include "mailpipe/net/socket.hpp"
#include "tests/unit/net/peer.hpp"

namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using test::Peer;
using test::PeerConnection;
using test::TemporaryDirectory;

std::uint16_t unused_port() {
    const Peer peer([](PeerConnection&) {});
    return peer.port();
}

TEST(ConnectTest, RefusedIsTemporaryAndSaysWhere) {
    const std::uint16_t port = unused_port();
    auto stream = connect_tcp("127.0.0.1", port, {});
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().kind, Errc::temporary);
    EXPECT_EQ(stream.error().message,
              "cannot connect to 127.0.0.1 port " + std::to_string(port) + ": Connection refused");
}

TEST(ConnectTest, ConnectsByNameAndFamily) {
    Peer peer([](PeerConnection& connection) { connection.send("hi"); });
    ConnectOptions options;
    options.family = AddressFamily::ipv4;
    auto stream = connect_tcp("localhost", peer.port(), options);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_TRUE((*stream)->peer_is_loopback());
    EXPECT_EQ(test::read_all(**stream), "hi");
}

TEST(ConnectTest, AnAddressOfTheOtherFamilyIsNoHost) {
    ConnectOptions options;
    options.family = AddressFamily::ipv6;
    auto stream = connect_tcp("127.0.0.1", 1, options);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().kind, Errc::no_host) << stream.error().message;
    EXPECT_EQ(stream.error().message, "127.0.0.1 has no IPv6 address");
}

// RFC 6761 section 6.4: no resolver may answer for this name. Without any resolver it is temporary.
TEST(ConnectTest, ANameThatDoesNotExistIsNoHost) {
    ConnectOptions options;
    options.timeout = milliseconds(10'000);
    auto stream = connect_tcp("mail.invalid", 25, options);
    ASSERT_FALSE(stream);
    if (stream.error().kind == Errc::temporary) GTEST_SKIP() << "no resolver here: " << stream.error().message;
    EXPECT_EQ(stream.error().kind, Errc::no_host);
    EXPECT_EQ(stream.error().message, "no such host: mail.invalid");
}

TEST(ConnectTest, WhatIsNoHostNameIsUsage) {
    for (const char* host : {"", "a/b", "a@b", "a?b", "a#b", "a b", "a:b:zz", "a\r\nb", "[", "127.0.0.1:25"}) {
        SCOPED_TRACE(host);
        auto stream = connect_tcp(host, 25, {});
        ASSERT_FALSE(stream);
        EXPECT_EQ(stream.error().kind, Errc::usage) << stream.error().message;
    }
}

TEST(ConnectTest, TheEnvironmentSetsNoProxy) {
    Peer peer([](PeerConnection& connection) { connection.send("direct"); });
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    ::setenv("all_proxy", "http://127.0.0.1:1", 1);
    auto stream = connect_tcp("127.0.0.1", peer.port(), {});
    ::unsetenv("http_proxy");
    ::unsetenv("all_proxy");
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(test::read_all(**stream), "direct");
}

TEST(ConnectTest, BehindAProxyNothingIsLoopback) {
    Peer proxy([](PeerConnection& connection) {
        std::string request;
        while (request.find("\r\n\r\n") == std::string::npos) {
            const std::string octet = connection.receive(1);
            if (octet.empty()) return;
            request += octet;
        }
        EXPECT_TRUE(request.starts_with("CONNECT 127.0.0.1:25 HTTP/1.1\r\n")) << request;
        connection.send("HTTP/1.1 200 go\r\n\r\n220 behind\r\n");
        connection.wait_for_end();
    });
    ConnectOptions options;
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    auto stream = connect_tcp("127.0.0.1", 25, options);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_FALSE((*stream)->peer_is_loopback());
    auto greeting = (*stream)->read();
    ASSERT_TRUE(greeting) << greeting.error().message;
    EXPECT_EQ(*greeting, "220 behind\r\n");
}

TEST(ConnectTest, AProxyThatRefusesIsTemporary) {
    Peer proxy([](PeerConnection& connection) {
        connection.receive(10);
        connection.send("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n");
    });
    ConnectOptions options;
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    auto stream = connect_tcp("127.0.0.1", 25, options);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().kind, Errc::temporary) << stream.error().message;
}

// A full backlog leaves the connect of TCP unanswered.
class BusyPort {
 public:
    BusyPort() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(listener_.get(), 0), 0);
        EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
        for (int i = 0; i < 8; ++i) {
            fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
            (void)::connect(fillers_.back().get(), reinterpret_cast<sockaddr*>(&address), length);
        }
        port_ = ntohs(address.sin_port);
    }
    std::uint16_t port() const { return port_; }

 private:
    Descriptor listener_;
    std::vector<Descriptor> fillers_;
    std::uint16_t port_ = 0;
};

// By libcurl and without it.
constexpr std::array kLoopback = {"127.0.0.1", "localhost"};

TEST(ConnectTest, AConnectThatIsNotAnsweredEnds) {
    const BusyPort busy;
    for (const std::string host : kLoopback) {
        ConnectOptions options;
        options.family = AddressFamily::ipv4;
        options.timeout = milliseconds(400);
        auto stream = connect_tcp(host, busy.port(), options);
        ASSERT_FALSE(stream);
        EXPECT_EQ(stream.error().kind, Errc::temporary);
        EXPECT_EQ(stream.error().message, "timed out, no connection to " + host + " port " +
                                              std::to_string(busy.port()) + " within 0.4 s");
    }
}

TEST(ConnectTest, ASignalEndsAConnect) {
    const BusyPort busy;
    for (const std::string host : kLoopback) {
        const auto due = std::chrono::steady_clock::now() + milliseconds(100);
        ConnectOptions options;
        options.family = AddressFamily::ipv4;
        options.timeout = milliseconds(20'000);
        options.stop_requested = [due] { return std::chrono::steady_clock::now() > due; };
        auto stream = connect_tcp(host, busy.port(), options);
        ASSERT_FALSE(stream);
        EXPECT_EQ(stream.error().message, "interrupted");
        EXPECT_LT(std::chrono::steady_clock::now(), due + milliseconds(10'000));
    }
}

TEST(ConnectTest, AConnectIsTimed) {
    for (const std::string host : kLoopback) {
        Peer peer([](PeerConnection& connection) { connection.wait_for_end(); });
        int told = 0;
        ConnectOptions options;
        options.family = AddressFamily::ipv4;
        options.timed = [&told](std::chrono::microseconds look_up, std::chrono::microseconds connect) {
            ++told;
            EXPECT_GE(look_up.count(), 0);
            EXPECT_GT(connect.count(), 0);
        };
        auto stream = connect_tcp(host, peer.port(), options);
        ASSERT_TRUE(stream) << stream.error().message;
        EXPECT_EQ((*stream)->peer_name(), "127.0.0.1:" + std::to_string(peer.port()));
        EXPECT_EQ(told, 1);
    }
}

TEST(ConnectTest, BindsToASourceAddress) {
    Peer peer([](PeerConnection& connection) { connection.send("hi"); });
    ConnectOptions options;
    options.source_addresses = {"127.0.0.9"};
    auto stream = connect_tcp("127.0.0.1", peer.port(), options);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(local_end_of(descriptor_of(**stream)).address, "127.0.0.9");
}

TEST(ConnectUnixTest, TellsNoSocketFromNobodyListening) {
    const TemporaryDirectory directory;
    auto missing = connect_unix(directory.file("none"), {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, Errc::not_found);

    socklen_t length = 0;
    const std::string path = directory.file("left");
    auto address = unix_address(path, length);
    ASSERT_TRUE(address);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&*address), length), 0);
    auto refused = connect_unix(path, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Errc::temporary);

    ASSERT_EQ(::listen(socket.get(), 1), 0);
    auto stream = connect_unix(path, {});
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_TRUE((*stream)->peer_is_loopback());
    EXPECT_EQ((*stream)->peer_name(), path);

    auto too_long = connect_unix(std::string(108, 'x'), {});
    ASSERT_FALSE(too_long);
    EXPECT_EQ(too_long.error().kind, Errc::usage);
}

}  // namespace
}  // namespace mailpipe::net
