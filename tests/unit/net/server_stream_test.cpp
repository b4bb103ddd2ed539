#include "mailpipe/net/server_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "mailpipe/net/listener.hpp"
#include "tests/unit/net/peer.hpp"
// Behind the configuration.
#include <asio/post.hpp>

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::PeerConnection;
using test::TemporaryDirectory;

constexpr milliseconds kPatience{20'000};

using Handler = std::function<asio::awaitable<void>(ServerStream&)>;

asio::awaitable<void> serve_one(Listener& listener, const Handler& handler, std::string& problem) {
    Result<Accepted> accepted = co_await listener.accept();
    if (!accepted) {
        problem = accepted.error().message;
        co_return;
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    ServerStream stream(executor, accepted->socket.release(), accepted->peer);
    co_await handler(stream);
}

int connect_to(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return descriptor;
}

// Runs a server for one connection on this thread and the client in another.
class Server {
 public:
    Server() {
        auto listener = Listener::tcp(io_.get_executor(), "127.0.0.1", 0);
        EXPECT_TRUE(listener) << listener.error().message;
        listener_ = std::move(*listener);
    }

    void run(const Handler& handler, const std::function<void(PeerConnection&)>& client) {
        std::thread thread([&] {
            sigset_t pipe_only{};
            sigemptyset(&pipe_only);
            sigaddset(&pipe_only, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
            PeerConnection connection(connect_to(listener_->port()));
            client(connection);
        });
        std::string problem;
        asio::co_spawn(io_, serve_one(*listener_, handler, problem), asio::detached);
        io_.run();
        thread.join();
        EXPECT_EQ(problem, "");
    }

    asio::io_context& io() { return io_; }

 private:
    asio::io_context io_;
    std::unique_ptr<Listener> listener_;
};

asio::awaitable<std::string> read_to_end(ServerStream& stream, Error& error) {
    std::string octets;
    while (true) {
        Result<std::string_view> part = co_await stream.read(kPatience);
        if (!part) {
            error = part.error();
            co_return octets;
        }
        if (part->empty()) co_return octets;
        octets.append(*part);
    }
}

std::string pattern(std::size_t size) {
    std::string octets(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        octets[i] = static_cast<char>((i * 31 + i / 251) & 0xFF);
    return octets;
}

TEST(ServerStreamTest, ReadsWritesAndCloses) {
    Server server;
    std::string heard;
    Peer peer;
    std::string answer;
    Error error;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            peer = stream.peer();
            Result<void> written = co_await stream.write("220 ready\r\n", kPatience);
            EXPECT_TRUE(written);
            heard = co_await read_to_end(stream, error);
            co_await stream.close();
            Result<void> late = co_await stream.write("more", kPatience);
            EXPECT_FALSE(late);
        },
        [&](PeerConnection& connection) {
            answer = connection.receive(11);
            connection.send("QUIT\r\n");
            ::shutdown(connection.descriptor(), SHUT_WR);
            EXPECT_EQ(connection.receive(1), "");
        });
    EXPECT_EQ(answer, "220 ready\r\n");
    EXPECT_EQ(heard, "QUIT\r\n");
    EXPECT_EQ(error.message, "");
    EXPECT_TRUE(peer.loopback);
    EXPECT_EQ(peer.address, "127.0.0.1");
    EXPECT_TRUE(peer.name.starts_with("127.0.0.1:"));
}

TEST(ServerStreamTest, SpeaksTlsBothWaysWithMuchData) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    const std::string up = pattern(5U << 20);
    const std::string down = pattern(7U << 20);
    std::string heard;
    std::string answer;
    TlsInfo info;
    Error error;
    bool clean = false;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            const std::shared_ptr<TlsContext> context = self_signed->context;
            Result<TlsInfo> started = co_await stream.start_tls(context, kPatience);
            EXPECT_TRUE(started) << started.error().message;
            if (!started) co_return;
            info = *started;
            EXPECT_TRUE(stream.tls_active());
            heard = co_await read_to_end(stream, error);
            Result<void> written = co_await stream.write(down, kPatience);
            EXPECT_TRUE(written) << written.error().message;
            co_await stream.close();
        },
        [&](PeerConnection& connection) {
            ASSERT_TRUE(connection.connect_tls());
            connection.send(up);
            connection.close_notify();
            answer = connection.receive(down.size() + 1);
            clean = connection.close_notify_came();
        });
    EXPECT_TRUE(heard == up);
    EXPECT_TRUE(answer == down);
    EXPECT_TRUE(clean);
    EXPECT_EQ(error.message, "");
    EXPECT_EQ(info.version, "TLSv1.3");
    EXPECT_EQ(info.pin_sha256, "");
}

TEST(ServerStreamTest, TruncatedTlsIsAnError) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    Error error;
    std::string heard;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            const std::shared_ptr<TlsContext> context = self_signed->context;
            Result<TlsInfo> started = co_await stream.start_tls(context, kPatience);
            EXPECT_TRUE(started);
            heard = co_await read_to_end(stream, error);
        },
        [&](PeerConnection& connection) {
            connection.connect_tls();
            connection.send("DATA");
            ::shutdown(connection.descriptor(), SHUT_WR);
            connection.wait_for_end();
        });
    EXPECT_EQ(heard, "DATA");
    EXPECT_EQ(error.kind, Errc::tls);
    EXPECT_NE(error.message.find("truncated"), std::string::npos) << error.message;
}

TEST(ServerStreamTest, PlainTextInsteadOfAHandshakeIsAnError) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    for (const char* octets :
         {"EHLO client.example\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n\r\n\r\n", "\x16\x03"}) {
        SCOPED_TRACE(octets);
        Result<TlsInfo> started;
        Server server;
        server.run(
            [&](ServerStream& stream) -> asio::awaitable<void> {
                const std::shared_ptr<TlsContext> context = self_signed->context;
                started = co_await stream.start_tls(context, kPatience);
            },
            [&](PeerConnection& connection) {
                connection.send(octets);
                ::shutdown(connection.descriptor(), SHUT_WR);
                connection.wait_for_end();
            });
        ASSERT_FALSE(started);
        EXPECT_EQ(started.error().kind, Errc::tls) << started.error().message;
    }
}

TEST(ServerStreamTest, OctetsThatCameWithTheHandshakeAreRead) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    std::string heard;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            const std::shared_ptr<TlsContext> context = self_signed->context;
            Result<TlsInfo> started = co_await stream.start_tls(context, kPatience);
            EXPECT_TRUE(started);
            Result<std::string_view> first = co_await stream.read(kPatience);
            EXPECT_TRUE(first);
            if (first) heard = *first;
        },
        [&](PeerConnection& connection) {
            TlsClientOptions options;
            options.pin_sha256 = {self_signed->pin_sha256};
            auto context = make_client_context(options);
            ASSERT_TRUE(context);
            auto engine = TlsEngine::client(*context, options);
            ASSERT_TRUE(engine);
            while (true) {
                auto done = (*engine)->handshake();
                ASSERT_TRUE(done) << done.error().message;
                if (*done) break;
                const std::string octets = (*engine)->take_ciphertext();
                connection.send(octets);
                std::string some(65536, '\0');
                const ssize_t count = ::recv(connection.descriptor(), some.data(), some.size(), 0);
                ASSERT_GT(count, 0);
                (*engine)->put_ciphertext(std::string_view(some).substr(0, static_cast<std::size_t>(count)));
            }
            // Finished and data leave in one piece.
            ASSERT_TRUE((*engine)->write("EHLO client.example\r\n"));
            connection.send((*engine)->take_ciphertext());
            connection.wait_for_end();
        });
    EXPECT_EQ(heard, "EHLO client.example\r\n");
}

// The class "a handshake or read that never ends".
TEST(ServerStreamTest, ASilentPeerMeetsTheDeadline) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    Error read_error;
    Error handshake_error;
    Error write_error;
    const auto start = steady_clock::now();
    std::promise<void> over;
    const std::string much = pattern(64U << 20);
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            Result<std::string_view> nothing = co_await stream.read(milliseconds(100));
            if (!nothing) read_error = nothing.error();
            Result<void> written = co_await stream.write(much, milliseconds(200));
            if (!written) write_error = written.error();
            const std::shared_ptr<TlsContext> context = self_signed->context;
            Result<TlsInfo> started = co_await stream.start_tls(context, milliseconds(100));
            if (!started) handshake_error = started.error();
            over.set_value();
            stream.abort();
        },
        [&](PeerConnection&) { over.get_future().wait(); });
    EXPECT_EQ(read_error.kind, Errc::temporary);
    EXPECT_EQ(read_error.message, "timed out, no octet for 0.1 s");
    EXPECT_EQ(write_error.kind, Errc::temporary);
    EXPECT_EQ(handshake_error.kind, Errc::temporary) << handshake_error.message;
    EXPECT_EQ(handshake_error.message, "TLS handshake: timed out, no octet for 0.1 s");
    EXPECT_LT(steady_clock::now() - start, seconds(10));
}

TEST(ServerStreamTest, AHandshakeThatNeverEndsMeetsTheDeadline) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    Result<TlsInfo> started;
    std::atomic<bool> over = false;
    const auto start = steady_clock::now();
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            const std::shared_ptr<TlsContext> context = self_signed->context;
            started = co_await stream.start_tls(context, milliseconds(300));
            over = true;
        },
        [&](PeerConnection& connection) {
            connection.send(std::string_view("\x16\x03\x01\x3E\x80\x01\x00\x3E\x7C\x03\x03", 11));
            while (!over) {
                connection.send(std::string_view("\0", 1));
                std::this_thread::sleep_for(milliseconds(10));
            }
        });
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, Errc::temporary) << started.error().message;
    EXPECT_LT(steady_clock::now() - start, seconds(10));
}

TEST(ServerStreamTest, CancelEndsReadsAndLeavesWrites) {
    Error error;
    std::string answer;
    Server server;
    ServerStream* waiting = nullptr;
    asio::steady_timer timer(server.io());
    timer.expires_after(milliseconds(50));
    timer.async_wait([&](const asio::error_code&) {
        if (waiting != nullptr) waiting->cancel();
    });
    const auto start = steady_clock::now();
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            waiting = &stream;
            Result<std::string_view> nothing = co_await stream.read(kPatience);
            if (!nothing) error = nothing.error();
            Result<std::string_view> again = co_await stream.read(kPatience);
            EXPECT_FALSE(again);
            EXPECT_TRUE(stream.cancelled());
            Result<void> written = co_await stream.write("421 bye\r\n", kPatience);
            EXPECT_TRUE(written);
            co_await stream.close();
        },
        [&](PeerConnection& connection) { answer = connection.receive(100); });
    EXPECT_EQ(error.kind, Errc::temporary);
    EXPECT_EQ(error.message, "shutting down");
    EXPECT_EQ(answer, "421 bye\r\n");
    EXPECT_LT(steady_clock::now() - start, seconds(10));
}

TEST(ServerStreamTest, AbortEndsAPendingRead) {
    Error error;
    Server server;
    ServerStream* waiting = nullptr;
    asio::steady_timer timer(server.io());
    timer.expires_after(milliseconds(50));
    timer.async_wait([&](const asio::error_code&) {
        if (waiting != nullptr) waiting->abort();
    });
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            waiting = &stream;
            Result<std::string_view> nothing = co_await stream.read(kPatience);
            if (!nothing) error = nothing.error();
        },
        [&](PeerConnection& connection) { connection.wait_for_end(); });
    EXPECT_EQ(error.kind, Errc::io);
}

// A client that pipelines behind QUIT must still receive the last reply: no reset.
TEST(ServerStreamTest, CloseDoesNotResetTheLastReply) {
    std::string answer;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            Result<std::string_view> first = co_await stream.read(kPatience);
            EXPECT_TRUE(first);
            Result<void> written = co_await stream.write("221 bye\r\n", kPatience);
            EXPECT_TRUE(written);
            co_await stream.close();
        },
        [&](PeerConnection& connection) {
            connection.send("QUIT\r\n");
            connection.send(pattern(300U << 10));
            answer = connection.receive(9);
        });
    EXPECT_EQ(answer, "221 bye\r\n");
}

// What await_input() says, in turn, and what read_now() has then.
struct Awaited {
    std::vector<std::string> told;
    std::string heard;
};

asio::awaitable<void> await_inputs(ServerStream& stream, int times, milliseconds timeout, Awaited& awaited) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    for (int i = 0; i < times; ++i) {
        asio::steady_timer done(executor, asio::steady_timer::time_point::max());
        stream.await_input(timeout, [&](Result<void> result) {
            awaited.told.push_back(result ? "" : result.error().message);
            done.cancel();
        });
        asio::error_code ignored;
        co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        Result<std::optional<std::string_view>> octets = stream.read_now();
        if (octets && *octets) awaited.heard += (*octets)->empty() ? "<end>" : std::string(**octets);
    }
}

TEST(ServerStreamTest, AwaitsInputWithoutACoroutine) {
    Awaited awaited;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            Result<std::optional<std::string_view>> octets = stream.read_now();
            EXPECT_TRUE(octets && !*octets);
            Result<void> written = stream.write_now("220\r\n");
            EXPECT_TRUE(written && !stream.unsent());
            co_await await_inputs(stream, 2, kPatience, awaited);
        },
        [&](PeerConnection& connection) {
            EXPECT_EQ(connection.receive(5), "220\r\n");
            connection.send("NOOP\r\n");
            ::shutdown(connection.descriptor(), SHUT_WR);
            connection.wait_for_end();
        });
    EXPECT_EQ(awaited.told, (std::vector<std::string>{"", ""}));
    EXPECT_EQ(awaited.heard, "NOOP\r\n<end>");
}

TEST(ServerStreamTest, AwaitingInputEndsByTheClockAndByWord) {
    Awaited awaited;
    Server server;
    server.run(
        [&](ServerStream& stream) -> asio::awaitable<void> {
            co_await await_inputs(stream, 1, milliseconds(30), awaited);
            asio::post(stream.executor(), [&stream] { stream.interrupt(); });
            co_await await_inputs(stream, 1, kPatience, awaited);
            asio::post(stream.executor(), [&stream] { stream.cancel(); });
            co_await await_inputs(stream, 2, kPatience, awaited);
            asio::post(stream.executor(), [&stream] { stream.abort(); });
            co_await await_inputs(stream, 1, kPatience, awaited);
        },
        [&](PeerConnection& connection) { connection.wait_for_end(); });
    ASSERT_EQ(awaited.told.size(), 5U);
    EXPECT_TRUE(awaited.told[0].starts_with("timed out")) << awaited.told[0];
    EXPECT_EQ(awaited.told[1], "interrupted");
    EXPECT_EQ(awaited.told[2], "shutting down");
    EXPECT_EQ(awaited.told[3], "shutting down");
    EXPECT_EQ(awaited.heard, "");
}

TEST(ServerStreamTest, WhatDoesNotGoAtOnceGoesLater) {
    auto self_signed = make_self_signed_context({"localhost"});
    ASSERT_TRUE(self_signed);
    const std::string much = pattern(8U << 20);
    for (const bool tls : {false, true}) {
        std::string heard;
        std::promise<void> full;
        Server server;
        server.run(
            [&](ServerStream& stream) -> asio::awaitable<void> {
                if (tls) {
                    Result<TlsInfo> started = co_await stream.start_tls(self_signed->context, kPatience);
                    EXPECT_TRUE(started);
                }
                Result<void> written = stream.write_now(much);
                EXPECT_TRUE(written && stream.unsent());
                written = stream.write_now("end");
                EXPECT_TRUE(written);
                Result<std::optional<std::string_view>> octets = stream.read_now();
                EXPECT_TRUE(octets && !*octets);
                full.set_value();
                written = co_await stream.write_unsent(kPatience);
                EXPECT_TRUE(written && !stream.unsent());
                co_await stream.close();
            },
            [&](PeerConnection& connection) {
                const bool ready = !tls || connection.connect_tls();
                EXPECT_TRUE(ready);
                full.get_future().wait();
                heard = connection.receive(much.size() + 3);
            });
        EXPECT_TRUE(heard == much + "end") << heard.size();
    }
}

}  // namespace
}  // namespace mailpipe::net
MAILPIPE_COROUTINES_END
