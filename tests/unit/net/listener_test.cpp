#include "mailpipe/net/listener.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "mailpipe/net/socket.hpp"
#include "tests/unit/net/peer.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::net {
namespace {

using test::TemporaryDirectory;

class ListenerTest : public testing::Test {
 protected:
    asio::io_context io_;
    TemporaryDirectory directory_;

    Result<std::unique_ptr<Listener>> tcp(const std::string& host, std::uint16_t port) {
        return Listener::tcp(io_.get_executor(), host, port);
    }
    Result<std::unique_ptr<Listener>> unix_socket(const std::string& path, mode_t mode = 0600) {
        return Listener::unix_socket(io_.get_executor(), path, mode);
    }
};

// What a server that was killed leaves behind.
void leave_stale_socket(const std::string& path) {
    socklen_t length = 0;
    auto address = unix_address(path, length);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&*address), length), 0);
}

TEST_F(ListenerTest, BindsAFreePort) {
    auto listener = tcp("127.0.0.1", 0);
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_NE((*listener)->port(), 0);
    EXPECT_EQ((*listener)->address(), "127.0.0.1:" + std::to_string((*listener)->port()));
    auto second = tcp("127.0.0.1", (*listener)->port());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::temporary);
    EXPECT_NE(second.error().message.find("Address already in use"), std::string::npos);
}

TEST_F(ListenerTest, TheNameLocalhostIsIpv4AndTheStarIsEverything) {
    auto named = tcp("localhost", 0);
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_TRUE((*named)->address().starts_with("127.0.0.1:"));
    auto all = tcp("*", 0);
    ASSERT_TRUE(all) << all.error().message;
    auto stream = connect_tcp("127.0.0.1", (*all)->port(), {});
    EXPECT_TRUE(stream) << stream.error().message;
}

TEST_F(ListenerTest, AForeignAddressIsUnavailable) {
    auto listener = tcp("192.0.2.1", 0);
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().kind, Errc::unavailable) << listener.error().message;
}

asio::awaitable<void> greet(Listener& listener, int count) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    for (int i = 0; i < count; ++i) {
        Result<Accepted> accepted = co_await listener.accept();
        EXPECT_TRUE(accepted);
        if (!accepted) co_return;
        EXPECT_TRUE(accepted->peer.loopback);
        ServerStream stream(executor, accepted->socket.release(), accepted->peer);
        Result<void> written = co_await stream.write("hello", std::chrono::seconds(20));
        EXPECT_TRUE(written);
        co_await stream.close();
    }
}

TEST_F(ListenerTest, AcceptsOverAUnixSocketWithItsMode) {
    const std::string path = directory_.file("lmtp");
    {
        auto listener = unix_socket(path, 0666);
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_EQ((*listener)->address(), path);
        EXPECT_EQ((*listener)->port(), 0);
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0666U);
        std::thread client([&] {
            for (int i = 0; i < 3; ++i) {
                auto stream = connect_unix(path, {});
                ASSERT_TRUE(stream) << stream.error().message;
                EXPECT_EQ(test::read_all(**stream), "hello");
            }
        });
        asio::co_spawn(io_, greet(**listener, 3), asio::detached);
        io_.run();
        client.join();
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "the socket file was left behind";
}

TEST_F(ListenerTest, ReplacesOnlyAStaleSocket) {
    const std::string stale = directory_.file("stale");
    leave_stale_socket(stale);
    auto replaced = unix_socket(stale);
    ASSERT_TRUE(replaced) << replaced.error().message;
    auto second = unix_socket(stale);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::temporary);
    EXPECT_NE(second.error().message.find("another server answers"), std::string::npos);

    const std::string file = directory_.file("file");
    std::ofstream(file) << "precious";
    auto over_file = unix_socket(file);
    ASSERT_FALSE(over_file);
    EXPECT_EQ(over_file.error().kind, Errc::cannot_create);
    EXPECT_EQ(std::filesystem::file_size(file), 8U);

    const std::string link = directory_.file("link");
    std::filesystem::create_symlink(file, link);
    EXPECT_FALSE(unix_socket(link));
    EXPECT_TRUE(std::filesystem::exists(file));

    auto nowhere = unix_socket(directory_.file("no/such/socket"));
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().kind, Errc::cannot_create);

    auto too_long = unix_socket("/tmp/" + std::string(120, 'x'));
    ASSERT_FALSE(too_long);
    EXPECT_EQ(too_long.error().kind, Errc::usage);
}

TEST_F(ListenerTest, ASuccessorsSocketFileIsNotRemoved) {
    const std::string path = directory_.file("socket");
    auto first = unix_socket(path);
    ASSERT_TRUE(first);
    std::filesystem::remove(path);
    auto second = unix_socket(path);
    ASSERT_TRUE(second);
    first->reset();
    EXPECT_TRUE(std::filesystem::exists(path));
}

asio::awaitable<void> accept_once(Listener& listener, Error& error) {
    Result<Accepted> accepted = co_await listener.accept();
    if (!accepted) error = accepted.error();
}

TEST_F(ListenerTest, CloseEndsAPendingAccept) {
    auto listener = tcp("127.0.0.1", 0);
    ASSERT_TRUE(listener);
    Error error;
    asio::co_spawn(io_, accept_once(**listener, error), asio::detached);
    asio::steady_timer timer(io_);
    timer.expires_after(std::chrono::milliseconds(20));
    timer.async_wait([&](const asio::error_code&) { (*listener)->close(); });
    io_.run();
    EXPECT_EQ(error.kind, Errc::temporary);
    EXPECT_EQ(error.message, "shutting down");
}

}  // namespace
}  // namespace mailpipe::net
MAILPIPE_COROUTINES_END
