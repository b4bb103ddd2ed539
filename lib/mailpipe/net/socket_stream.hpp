#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/net/socket.hpp"
#include "mailpipe/net/stream.hpp"

namespace mailpipe::net {

// A Stream over a connected socket, which it makes non-blocking.
class SocketStream : public Stream {
 public:
    // `close_socket` ends the descriptor; with libcurl the easy handle owns it.
    SocketStream(int descriptor, std::function<void()> close_socket, SocketPeer peer, ConnectOptions options);
    ~SocketStream() override;
    SocketStream(const SocketStream&) = delete;
    SocketStream& operator=(const SocketStream&) = delete;

    Result<std::string_view> read() override;
    Result<std::optional<std::string_view>> try_read() override;
    int descriptor() const { return descriptor_; }
    bool has_read_ahead() const { return !ahead_.empty(); }
    Result<void> write(std::string_view octets) override;
    Result<TlsInfo> start_tls(const TlsClientOptions& options) override;
    bool peer_is_loopback() const override { return peer_.loopback; }
    std::string peer_name() const override { return peer_.name; }
    void close() override;

 private:
    enum class Received { octets, nothing_yet, end };

    Result<Received> receive();
    Result<void> decrypt();
    Result<void> send_all(std::string_view octets);
    Result<void> send_ciphertext(bool wait);
    Result<void> wait_to_send(Deadline& deadline);
    bool peer_left_octets();
    Result<void> shake_hands(TlsEngine& engine);
    void take_what_is_there();
    Result<TlsInfo> begin_tls(const TlsClientOptions& options);

    int descriptor_;
    std::function<void()> close_socket_;
    SocketPeer peer_;
    ConnectOptions options_;
    std::unique_ptr<TlsEngine> tls_;
    std::vector<char> buffer_;  // what recv() filled last
    std::string_view fresh_;    // of buffer_, plain only
    std::string ahead_;         // plaintext that no read() has returned yet
    std::string current_;       // what the last read() returned, where it is not fresh_
    std::optional<Error> read_error_;
    std::optional<Error> tls_failure_;
    bool end_ = false;  // the peer will send nothing more
    bool used_ = false;
    bool write_broken_ = false;
};

}  // namespace mailpipe::net
