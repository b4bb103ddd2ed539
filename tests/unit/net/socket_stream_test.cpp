#include "mailpipe/net/socket_stream.hpp"

#include <csignal>

#include <atomic>
#include <future>

#include "mailpipe/net/pollable.hpp"
#include "tests/unit/net/peer.hpp"

namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::Authority;
using test::CertificateFiles;
using test::CertificateRequest;
using test::Peer;
using test::PeerConnection;
using test::TemporaryDirectory;

const std::string kGreeting = "+OK ready\r\n";

std::string pattern(std::size_t size) {
    std::string octets(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        octets[i] = static_cast<char>((i * 31 + i / 251) & 0xFF);
    return octets;
}

class SocketStreamTest : public testing::Test {
 protected:
    TemporaryDirectory directory_;
    Authority authority_{directory_, "test-ca"};
    CertificateFiles localhost_ =
        authority_.issue("localhost", {"localhost", "DNS:localhost,IP:127.0.0.1", -3600, 86400});

    TlsClientOptions trusting(const std::string& host) const {
        TlsClientOptions options;
        options.host = host;
        options.ca_file = authority_.file();
        return options;
    }
};

TEST_F(SocketStreamTest, ReadsAndWritesPlainText) {
    std::string heard;
    {
        Peer peer([&](PeerConnection& connection) {
            connection.send(kGreeting);
            heard = connection.receive(6);
        });
        auto stream = peer.connect();
        ASSERT_TRUE(stream);
        EXPECT_TRUE(stream->peer_is_loopback());
        EXPECT_EQ(stream->peer_name(), "127.0.0.1:" + std::to_string(peer.port()));
        auto greeting = stream->read();
        ASSERT_TRUE(greeting);
        EXPECT_EQ(*greeting, kGreeting);
        ASSERT_TRUE(stream->write("QUIT\r\n"));
        auto end = stream->read();
        ASSERT_TRUE(end) << end.error().message;
        EXPECT_EQ(*end, "");
    }
    EXPECT_EQ(heard, "QUIT\r\n");
}

struct CertificateCase {
    const char* name;
    CertificateRequest request;
    const char* host;
    const char* error;  // a part of the message; empty: accepted
};

// The class "wrong host name, CN beside SAN, trust result unchecked".
TEST_F(SocketStreamTest, TriesToReadWithoutAWait) {
    Peer peer([](PeerConnection& connection) {
        connection.receive(2);
        connection.send("ok");
    });
    auto stream = peer.connect();
    ASSERT_TRUE(stream);
    const auto nothing = stream->try_read();
    ASSERT_TRUE(nothing) << nothing.error().message;
    EXPECT_FALSE(*nothing);
    ASSERT_TRUE(stream->write("go"));
    std::string heard;
    while (true) {
        pollfd waiting{descriptor_of(*stream), POLLIN, 0};
        ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
        const auto octets = stream->try_read();
        ASSERT_TRUE(octets) << octets.error().message;
        ASSERT_TRUE(*octets);
        if ((*octets)->empty()) break;
        heard += **octets;
    }
    EXPECT_EQ(heard, "ok");
}

TEST_F(SocketStreamTest, ChecksTheNameOfTheCertificate) {
    const CertificateCase cases[] = {
        {"name", {"x", "DNS:mail.example.org"}, "mail.example.org", ""},
        {"case", {"x", "DNS:MAIL.example.org"}, "mail.EXAMPLE.org", ""},
        {"trailing dot", {"x", "DNS:mail.example.org"}, "mail.example.org.", ""},
        {"wildcard", {"x", "DNS:*.example.org"}, "mail.example.org", ""},
        {"wildcard covers one label", {"x", "DNS:*.example.org"}, "a.b.example.org", "not for a.b.example.org"},
        {"partial wildcard", {"x", "DNS:m*.example.org"}, "mail.example.org", "not for mail.example.org"},
        {"address", {"x", "IP:127.0.0.1"}, "127.0.0.1", ""},
        {"address 6", {"x", "IP:::1"}, "::1", ""},
        {"address as a name", {"x", "DNS:127.0.0.1"}, "127.0.0.1", "is for 127.0.0.1, not for 127.0.0.1"},
        {"wrong name",
         {"x", "DNS:a.example,DNS:b.example,IP:192.0.2.1"},
         "mail.example.org",
         "the certificate is for a.example, b.example, 192.0.2.1, not for mail.example.org"},
        {"many names",
         {"x", "DNS:a.a,DNS:b.b,DNS:c.c,DNS:d.d,DNS:e.e,DNS:f.f,DNS:g.g"},
         "h.h",
         "a.a, b.b, c.c, d.d, e.e and 2 more"},
        {"common name only",
         {"mail.example.org", ""},
         "mail.example.org",
         "no subject alternative name, so it is not valid for mail.example.org"},
        {"common name beside others",
         {"mail.example.org", "DNS:other.example"},
         "mail.example.org",
         "is for other.example, not for mail.example.org"},
        {"common name beside an e-mail address",
         {"mail.example.org", "email:a@mail.example.org"},
         "mail.example.org",
         "no subject alternative name"},
        {"expired",
         {"x", "DNS:mail.example.org", -7200, -3600},
         "mail.example.org",
         "the certificate expired on 20"},
        {"too early", {"x", "DNS:mail.example.org", 3600, 7200}, "mail.example.org", "not valid before 20"},
        {"no name asked", {"x", "DNS:mail.example.org"}, "", "no host name to check"},
    };
    int number = 0;
    for (const CertificateCase& one : cases) {
        SCOPED_TRACE(one.name);
        const CertificateFiles files = authority_.issue("case" + std::to_string(++number), one.request);
        std::string heard;
        {
            Peer peer([&](PeerConnection& connection) {
                if (connection.accept_tls(files)) heard = connection.receive(4096);
            });
            auto stream = peer.connect();
            ASSERT_TRUE(stream);
            auto info = stream->start_tls(trusting(one.host));
            if (*one.error == '\0') {
                ASSERT_TRUE(info) << info.error().message;
                EXPECT_EQ(info->version, "TLSv1.3");
                EXPECT_EQ(info->pin_sha256, files.pin_sha256);
                EXPECT_NE(info->cipher, "");
                ASSERT_TRUE(stream->write("secret"));
            } else {
                ASSERT_FALSE(info);
                EXPECT_EQ(info.error().kind, Errc::tls);
                EXPECT_NE(info.error().message.find(one.error), std::string::npos) << info.error().message;
                EXPECT_FALSE(stream->write("secret")) << "octets were accepted without TLS";
            }
        }
        EXPECT_EQ(heard, *one.error == '\0' ? "secret" : "");
    }
}

TEST_F(SocketStreamTest, RefusesAnUnknownCa) {
    const Authority other(directory_, "Other CA");
    const CertificateFiles files = other.issue("foreign", {"localhost", "DNS:localhost"});
    Peer peer([&](PeerConnection& connection) { connection.accept_tls(files); });
    auto stream = peer.connect();
    auto info = stream->start_tls(trusting("localhost"));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, Errc::tls);
    EXPECT_EQ(
        info.error().message,
        "the certificate is signed by an unknown CA (Other CA); to trust it, give its CA with --tls-ca or "
        "--pin-sha256 " +
            files.pin_sha256);
}

TEST_F(SocketStreamTest, PinsReplaceChainAndName) {
    const Authority other(directory_, "Other CA");
    const CertificateFiles files = other.issue("pinned", {"elsewhere", "DNS:elsewhere", -7200, -3600});
    const CertificateFiles second = other.issue("second", {"elsewhere", "DNS:elsewhere"});
    const std::string hex = encode_hex(*decode_base64(files.pin_sha256));
    struct PinCase {
        std::vector<std::string> pins;
        bool accepted;
    };
    const PinCase cases[] = {{{files.pin_sha256}, true},
                             {{hex}, true},
                             {{"sha256//" + files.pin_sha256}, true},
                             {{second.pin_sha256, files.pin_sha256}, true},
                             {{second.pin_sha256}, false}};
    for (const PinCase& one : cases) {
        SCOPED_TRACE(one.pins.front());
        Peer peer([&](PeerConnection& connection) {
            if (connection.accept_tls(files)) connection.wait_for_end();
        });
        auto stream = peer.connect();
        TlsClientOptions options = trusting("localhost");
        options.pin_sha256 = one.pins;
        auto info = stream->start_tls(options);
        ASSERT_EQ(info.has_value(), one.accepted);
        if (info) continue;
        EXPECT_EQ(info.error().kind, Errc::tls);
        EXPECT_EQ(info.error().message,
                  "the server's key is not the pinned one: its SHA-256 is " + files.pin_sha256);
    }
}

TEST_F(SocketStreamTest, RefusesTlsBelow12) {
    Peer peer([&](PeerConnection& connection) { connection.accept_tls(localhost_, TLS1_1_VERSION); });
    auto stream = peer.connect();
    auto info = stream->start_tls(trusting("localhost"));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, Errc::tls);
    EXPECT_NE(info.error().message.find("no TLS version from 1.2 on"), std::string::npos)
        << info.error().message;
}

// The class "responses before the handshake used after it".
TEST_F(SocketStreamTest, OctetsBehindTheStarttlsReplyAreAnError) {
    std::promise<void> sent;
    Peer peer([&](PeerConnection& connection) {
        connection.receive(6);
        connection.send("+OK begin\r\n");
        connection.receive(1);
        connection.send("+OK injected\r\n");
        sent.set_value();
        connection.wait_for_end();
    });
    auto stream = peer.connect();
    ASSERT_TRUE(stream->write("STLS\r\n"));
    ASSERT_TRUE(stream->read());
    ASSERT_TRUE(stream->write("x"));
    sent.get_future().wait();
    auto info = stream->start_tls(trusting("localhost"));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, Errc::protocol);
    EXPECT_EQ(info.error().message, "the server sent octets behind its STARTTLS reply");
}

TEST_F(SocketStreamTest, AServerThatGreetsInPlainTextIsNotTls) {
    for (const bool at_once : {true, false}) {
        std::promise<void> sent;
        Peer peer([&](PeerConnection& connection) {
            if (!at_once) connection.receive(1);
            connection.send("* OK IMAP4rev1 ready\r\n");
            sent.set_value();
            connection.wait_for_end();
        });
        auto stream = peer.connect();
        if (at_once) sent.get_future().wait();
        auto info = stream->start_tls(trusting("localhost"));
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().kind, Errc::tls);
        EXPECT_NE(info.error().message.find(at_once ? "it greets in plain text" : "does not speak TLS here"),
                  std::string::npos)
            << info.error().message;
    }
}

TEST_F(SocketStreamTest, TruncationIsAnErrorAndCloseNotifyIsNot) {
    for (const bool clean : {true, false}) {
        Peer peer([&](PeerConnection& connection) {
            if (!connection.accept_tls(localhost_)) return;
            connection.send("last words\r\n");
            if (clean) connection.close_notify();
        });
        auto stream = peer.connect();
        ASSERT_TRUE(stream->start_tls(trusting("localhost")));
        Error error;
        EXPECT_EQ(test::read_all(*stream, &error), "last words\r\n");
        if (clean) {
            EXPECT_EQ(error.message, "");
        } else {
            EXPECT_EQ(error.kind, Errc::tls);
            EXPECT_NE(error.message.find("truncated"), std::string::npos) << error.message;
        }
    }
}

TEST_F(SocketStreamTest, CloseSendsCloseNotify) {
    std::atomic<bool> notified = false;
    {
        Peer peer([&](PeerConnection& connection) {
            if (!connection.accept_tls(localhost_)) return;
            connection.wait_for_end();
            notified = connection.close_notify_came();
        });
        auto stream = peer.connect();
        ASSERT_TRUE(stream->start_tls(trusting("localhost")));
        stream->close();
    }
    EXPECT_TRUE(notified);
}

// The class "a handshake or read that never ends".
TEST_F(SocketStreamTest, ASilentPeerMeetsTheDeadline) {
    for (const bool handshake : {false, true}) {
        Peer peer([](PeerConnection& connection) { connection.wait_for_end(); });
        auto stream = peer.connect(milliseconds(300));
        const auto start = steady_clock::now();
        const Error error =
            handshake ? stream->start_tls(trusting("localhost")).error() : stream->read().error();
        EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
        EXPECT_EQ(error.kind, Errc::temporary);
        EXPECT_EQ(error.message,
                  handshake ? "TLS handshake: timed out, no reply for 0.3 s" : "timed out, no reply for 0.3 s");
        stream->close();
    }
}

// A peer that keeps a handshake alive with one octet at a time does not extend its deadline.
TEST_F(SocketStreamTest, AHandshakeThatNeverEndsMeetsTheDeadline) {
    std::atomic<bool> over = false;
    Peer peer([&](PeerConnection& connection) {
        connection.receive(1);
        // The head of a handshake record of 16,000 octets, then drops.
        connection.send(std::string_view("\x16\x03\x03\x3E\x80\x02\x00\x3E\x7C\x03\x03", 11));
        while (!over) {
            connection.send(std::string_view("\0", 1));
            std::this_thread::sleep_for(milliseconds(20));
        }
    });
    auto stream = peer.connect(milliseconds(500));
    const auto start = steady_clock::now();
    auto info = stream->start_tls(trusting("localhost"));
    over = true;
    ASSERT_FALSE(info);
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(SocketStreamTest, BothSidesWriteWithoutBlockingEachOther) {
    // More than the socket buffers of both sides, less than what write() reads ahead together with them.
    const std::string ours = pattern(12U << 20);
    const std::string theirs = pattern(900U << 10);
    for (const bool tls : {false, true}) {
        SCOPED_TRACE(tls ? "TLS" : "plain");
        std::string heard;
        {
            Peer peer([&](PeerConnection& connection) {
                const int small = 4096;
                ::setsockopt(connection.descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
                if (tls && !connection.accept_tls(localhost_)) return;
                connection.send(theirs);
                heard = connection.receive(ours.size());
                if (tls) connection.close_notify();
            });
            auto stream = peer.connect();
            if (tls) {
                ASSERT_TRUE(stream->start_tls(trusting("localhost")));
            }
            auto written = stream->write(ours);
            ASSERT_TRUE(written) << written.error().message;
            Error error;
            EXPECT_TRUE(test::read_all(*stream, &error) == theirs);
            EXPECT_EQ(error.message, "");
        }
        EXPECT_TRUE(heard == ours);
    }
}

TEST_F(SocketStreamTest, TheReadAheadIsBounded) {
    Peer peer([&](PeerConnection& connection) { connection.send(pattern(64U << 20)); });
    auto stream = peer.connect(milliseconds(1000));
    const std::string ours = pattern(64U << 20);
    auto written = stream->write(ours);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, Errc::temporary);
    auto first = stream->read();
    ASSERT_TRUE(first);
    EXPECT_GE(first->size(), 1U << 20);
    EXPECT_LE(first->size(), (1U << 20) + (64U << 10));
}

TEST_F(SocketStreamTest, TheLastWordsOfAPeerThatHasClosedAreRead) {
    std::promise<void> closed;
    {
        Peer peer([&](PeerConnection& connection) {
            connection.send("421 too busy\r\n");
            connection.receive(1);
            ::shutdown(connection.descriptor(), SHUT_RDWR);
            closed.set_value();
        });
        auto stream = peer.connect();
        ASSERT_TRUE(stream->write("E"));
        closed.get_future().wait();
        // The first write is answered by a reset, one after it fails.
        Result<void> written;
        for (int i = 0; i < 100 && written; ++i) {
            written = stream->write("HLO client.example\r\n");
            std::this_thread::sleep_for(milliseconds(1));
        }
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().kind, Errc::temporary);
        auto words = stream->read();
        ASSERT_TRUE(words) << words.error().message;
        EXPECT_EQ(*words, "421 too busy\r\n");
    }
}

std::atomic<int> signals = 0;

TEST_F(SocketStreamTest, AStopRequestEndsAWait) {
    Peer peer([](PeerConnection& connection) { connection.wait_for_end(); });
    ConnectOptions options;
    std::atomic<bool> stop = false;
    options.stop_requested = [&] { return stop.load(); };
    auto stream = connect_tcp("127.0.0.1", peer.port(), options);
    ASSERT_TRUE(stream);
    std::thread stopper([&] {
        std::this_thread::sleep_for(milliseconds(100));
        stop = true;
    });
    const auto start = steady_clock::now();
    auto nothing = (*stream)->read();
    stopper.join();
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().kind, Errc::temporary);
    EXPECT_EQ(nothing.error().message, "interrupted");
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
    (*stream)->close();
}

TEST_F(SocketStreamTest, ASignalDoesNotEndAWait) {
    struct sigaction action {};
    action.sa_handler = [](int) { ++signals; };
    struct sigaction before {};
    ::sigaction(SIGUSR1, &action, &before);
    const pthread_t reader = ::pthread_self();
    Peer peer([&](PeerConnection& connection) {
        for (int i = 0; i < 5; ++i) {
            ::pthread_kill(reader, SIGUSR1);
            std::this_thread::sleep_for(milliseconds(5));
        }
        connection.send(kGreeting);
    });
    auto stream = peer.connect();
    auto greeting = stream->read();
    ::sigaction(SIGUSR1, &before, nullptr);
    ASSERT_TRUE(greeting) << greeting.error().message;
    EXPECT_EQ(*greeting, kGreeting);
    EXPECT_GT(signals.load(), 0);
}

}  // namespace
}  // namespace mailpipe::net
