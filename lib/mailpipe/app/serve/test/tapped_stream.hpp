#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "mailpipe/app/serve/test/tap.hpp"
#include "mailpipe/net/server_stream.hpp"

namespace mailpipe::app::serve {

// A Tap in front of a connection's stream: as the stream's members of the same name, on the same thread. Once ended()
// they fail, and nothing of that is to be reported.
class TestMode;

class TappedStream {
 public:
    // Both outlive it.
    TappedStream(net::ServerStream& stream, TestMode& mode, FaultProtocol protocol, std::uint64_t connection,
                 std::string_view peer);
    ~TappedStream();
    TappedStream(const TappedStream&) = delete;
    TappedStream& operator=(const TappedStream&) = delete;

    asio::awaitable<Result<void>> accepted();
    // What the session is to be fed.
    asio::awaitable<Result<std::string_view>> read(std::chrono::milliseconds timeout);
    asio::awaitable<Result<void>> write(std::string octets, std::chrono::milliseconds timeout);
    asio::awaitable<Result<net::TlsInfo>> start_tls(std::shared_ptr<net::TlsContext> context,
                                                    std::chrono::milliseconds timeout);
    std::vector<bool> message_ends() { return tap_->message_ends(); }
    // A fault has ended the connection.
    bool ended() const { return ended_; }

 private:
    asio::awaitable<Result<void>> perform(Tap::Effect effect, std::chrono::milliseconds timeout);
    asio::awaitable<bool> pause(std::chrono::milliseconds time);
    asio::awaitable<void> wait_for_end();

    net::ServerStream& stream_;
    TestMode& mode_;
    std::unique_ptr<Tap> tap_;
    std::string fed_;  // what read() returned
    std::chrono::milliseconds write_timeout_{60'000};
    bool ended_ = false;
};

}  // namespace mailpipe::app::serve
